package postgres_test

import (
	"flag"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
	"roster/shared/user"
)

const day = 24 * time.Hour

func TestPurgeLimits(t *testing.T) {
	t.Parallel()
	db, pool := postgrestest.Open(t), postgrestest.Pool(t)
	u := create(t, db, account("ann"))
	gone := account("gone").UUID
	insert := func(key string, backoff bool, inARow int, account any, age time.Duration) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), "insert into limits (key, backoff, most, taken, in_a_row, account, until) values ($1, $2, 100, 1, $3, $4, $5)",
			[]byte(key), backoff, inARow, account, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	insert("kept: a window that just ended", false, 1, nil, time.Minute)
	insert("a window that ended hours ago", false, 1, nil, 2*time.Hour)
	insert("a window that ended long ago, once used up", false, 100, nil, 300*day)
	insert("kept: few attempts at a name, today", true, 5, nil, 23*time.Hour)
	insert("few attempts at a name, yesterday", true, 5, nil, 25*time.Hour)
	insert("kept: many attempts at a name, this week", true, 6, nil, 6*day)
	insert("kept: all attempts at a name, this week", true, 100, nil, 6*day)
	insert("many attempts at a name, before", true, 6, nil, 8*day)
	insert("all attempts at a name, before", true, 100, nil, 8*day)
	insert("kept: attempts at an account, last month", true, 3, u.UUID, 31*day)
	insert("attempts at an account, long ago", true, 99, u.UUID, 91*day)
	insert("kept: all attempts at an account, long ago", true, 100, u.UUID, 400*day)
	insert("kept: all attempts at an account that is deleted, last month", true, 100, gone, 31*day)
	insert("all attempts at an account that is deleted, long ago", true, 100, gone, 91*day)
	got, err := user.PurgeExpired(t.Context(), db, now)
	if err != nil || got != (user.Purged{Limits: 7}) {
		t.Errorf("%+v, %v", got, err)
	}
	rows, _ := pool.Query(t.Context(), "select convert_from(key, 'UTF8') from limits where convert_from(key, 'UTF8') not like 'kept%'")
	left, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if diff := cmp.Diff([]string{}, left); err != nil || diff != "" {
		t.Errorf("what is left, %v (-want +got):\n%s", err, diff)
	}
}

func TestPurgeResetsAndDevices(t *testing.T) {
	t.Parallel()
	db, pool := postgrestest.Open(t), postgrestest.Pool(t)
	u := create(t, db, account("ann"))
	for token, age := range map[string]time.Duration{"expired": time.Hour, "valid": -time.Hour} {
		if _, err := pool.Exec(t.Context(), "insert into resets (hash, user_id, version, created_at, expires_at) values ($1, $2, 1, $3, $4)",
			hashOf(token), u.ID, now.Add(-2*time.Hour), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	for token, age := range map[string]time.Duration{"used long ago": 181 * day, "used lately": 179 * day} {
		if _, err := pool.Exec(t.Context(), "insert into devices values ($1, $2, 1, $3, $3), ($4, $2, 0, $3, $3)",
			hashOf(token), u.ID, now.Add(-age), hashOf(token+", for an old password")); err != nil {
			t.Fatal(err)
		}
	}
	got, err := user.PurgeExpired(t.Context(), db, now)
	if err != nil || got != (user.Purged{Resets: 1, Devices: 3}) {
		t.Errorf("%+v, %v", got, err)
	}
	if found, err := db.UserByReset(t.Context(), hashOf("valid"), now); err != nil || found == nil {
		t.Errorf("the valid token: %v, %v", found, err)
	}
}

// It does not wait for a request that has locked a row.
func TestPurgeExpiredSkipsLockedRows(t *testing.T) {
	t.Parallel()
	db, pool := postgrestest.Open(t), postgrestest.Pool(t)
	if _, err := pool.Exec(t.Context(), "insert into limits select convert_to('k' || n, 'UTF8'), false, 1, 1, 1, $1 from generate_series(1, 5) n", now.Add(-48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := tx.Exec(t.Context(), "select from limits where key = 'k3' for update"); err != nil {
		t.Fatal(err)
	}
	got, err := user.PurgeExpired(t.Context(), db, now)
	if err != nil || got != (user.Purged{Limits: 4}) {
		t.Errorf("%+v, %v, want 4 limits", got, err)
	}
}

var purgeRows = flag.Int("purge-rows", 20_000, "rows of TestPurgeKeepsUp")

// What a flood of logins leaves in an hour goes in one run, also beside counters
// of accounts that stay (docs/limits.md has the arithmetic). With -v it prints
// how long that takes.
func TestPurgeKeepsUp(t *testing.T) {
	t.Parallel()
	db, pool := postgrestest.Open(t), postgrestest.Pool(t)
	fill := "insert into limits (key, backoff, most, taken, in_a_row, account, until) select sha256(int8send($5::bigint + n)), $1, 100, 1, 1, $2, $3::timestamptz - n * interval '1 millisecond' from generate_series(1, $4) n"
	for i, c := range []struct {
		backoff bool
		account any
		age     time.Duration
		rows    int
	}{
		{false, nil, 2 * time.Hour, *purgeRows / 2},
		{true, nil, 2 * day, *purgeRows / 2},
		{true, account("x").UUID, 2 * day, *purgeRows / 10}, // these stay
	} {
		if _, err := pool.Exec(t.Context(), fill, c.backoff, c.account, now.Add(-c.age), c.rows, int64(i)<<40); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := pool.Exec(t.Context(), "analyze limits"); err != nil { // as autovacuum does
		t.Fatal(err)
	}
	began := time.Now()
	got, err := user.PurgeExpired(t.Context(), db, now)
	if err != nil || got.Limits != *purgeRows {
		t.Errorf("%+v, %v, want %d limits", got, err, *purgeRows)
	}
	t.Logf("%d rows in %v", got.Limits, time.Since(began))
}

// One statement deletes 100 rows, so that no request waits long for it, and a run
// goes through a table once: what stays is not looked at again for each batch.
func TestPurgeDeletesAHundredRowsAtATime(t *testing.T) {
	t.Parallel()
	db, pool := postgrestest.Open(t), postgrestest.Pool(t)
	u := create(t, db, account("ann"))
	for _, sql := range []string{
		`insert into sessions (id, user_id, version, generation, hash, method, device_name, user_agent, address, created_at, last_used_at, idle_ends_at, ends_at)
			select gen_random_uuid(), $1::bigint, 1, 1, sha256(int4send(n)), 'pwd', '', '', '', $2, $2, case when n % 2 = 0 then $2::timestamptz else $2 + interval '2 days' end, $2 + interval '2 days'
			from generate_series(1, 500) n`,
		`insert into devices select sha256(int4send(n)), $1::bigint, n % 2, $2, $2 from generate_series(1, 500) n`,
		`insert into resets (hash, user_id, version, created_at, expires_at)
			select sha256(int4send(n)), $1::bigint, 1, $2, case when n % 2 = 0 then $2::timestamptz else $2 + interval '2 days' end from generate_series(1, 500) n`,
		`insert into limits select sha256(int4send(n)), n % 2 = 1, 1, 1, 1, $2::timestamptz - n / 4 * interval '1 minute' - (1 - n % 2) * interval '1 day', null
			from generate_series(1, 500) n where $1 > 0::bigint`,
	} {
		if _, err := pool.Exec(t.Context(), sql, u.ID, now); err != nil {
			t.Fatal(err)
		}
	}
	for name, purge := range map[string]func(after string) (user.PurgedBatch, error){
		"sessions": func(after string) (user.PurgedBatch, error) { return db.PurgeSessions(t.Context(), now, after) },
		"devices": func(after string) (user.PurgedBatch, error) {
			return db.PurgeDevices(t.Context(), now.Add(-day), after)
		},
		"limits": func(after string) (user.PurgedBatch, error) {
			return db.PurgeLimits(t.Context(), user.WindowCounter, now.Add(-day/2), after)
		},
		"resets": func(after string) (user.PurgedBatch, error) { return db.PurgeResets(t.Context(), now, after) },
	} {
		var got []int
		for after := ""; len(got) == 0 || after != "" && len(got) < 5; {
			b, err := purge(after)
			if err != nil || b.Last != "" && b.Last <= after {
				t.Fatalf("%s after %q: %+v, %v", name, after, b, err)
			}
			got, after = append(got, b.Rows), b.Last
		}
		if diff := cmp.Diff([]int{100, 100, 50, 0}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if all, err := user.PurgeExpired(t.Context(), db, now); err != nil || all != (user.Purged{}) {
		t.Errorf("%+v, %v", all, err)
	}
}
