package postgrestest

import (
	"crypto/rand"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Session begins a session of an account, as its login would while its tokens have that version, and returns the session's id. For
// an account that is gone it is the id of none.
func Session(t testing.TB, account string, version int64) (id string) {
	t.Helper()
	ctx, cancel := withTimeout()
	defer cancel()
	var hash [32]byte
	_, _ = rand.Read(hash[:])
	if err := pgx.BeginFunc(ctx, Pool(t), func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "set local lock_timeout = 0"); err != nil { // a race over the account may hold it for long
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
