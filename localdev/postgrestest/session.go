package postgrestest

import (
	"crypto/rand"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Session creates a session of an account, as a login does while the account has this token_version, and returns the session's id. If the
// account does not exist, it returns a random id.
func Session(t testing.TB, account string, version int64) (id string) {
	t.Helper()
	ctx, cancel := withTimeout()
	defer cancel()
	var hash [32]byte
	_, _ = rand.Read(hash[:])
	if err := pgx.BeginFunc(ctx, Pool(t), func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "set local lock_timeout = 0"); err != nil { // a test of concurrent updates may lock the account for a long time
			return err
		}
		return tx.QueryRow(ctx, sqlSession, account, version, hash[:]).Scan(&id)
	}); err != nil {
		t.Fatal(err)
	}
	return id
}

const sqlSession = `
with begun as (
	insert into sessions (id, user_id, version, generation, hash, method, device_name, user_agent, address, created_at, last_used_at, idle_ends_at, ends_at)
	select gen_random_uuid(), id, $2, 1, $3, 'pwd', '', '', '', now(), now(), now() + interval '1 day', now() + interval '2 days' from (select id from users where uuid = $1 for key share) u
	returning id
)
select coalesce((select id from begun), gen_random_uuid())`
