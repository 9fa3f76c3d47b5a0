package postgres_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
	"roster/shared/user"
)

func TestPurgeExpired(t *testing.T) {
	t.Parallel()
	db, pool := postgrestest.Open(t), postgrestest.Pool(t)
	u := create(t, db, account("ann"))
	const day = 24 * time.Hour
	insert := func(key string, backoff bool, inARow int, age time.Duration) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), "insert into limits values ($1, $2, 100, 1, $3, $4)", []byte(key), backoff, inARow, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	insert("a window that just ended", false, 1, time.Minute)
	insert("a window that ended yesterday", false, 1, 25*time.Hour)
	insert("a window that ended long ago, once used up", false, 100, 300*day)
	insert("attempts of last week", true, 3, 7*day)
	insert("attempts of long ago", true, 3, 91*day)
	insert("a password disabled long ago", true, 100, 400*day)
	for token, age := range map[string]time.Duration{"expired": time.Hour, "valid": -time.Hour} {
		if _, err := pool.Exec(t.Context(), "insert into resets (hash, user_id, version, created_at, expires_at) values ($1, $2, 1, $3, $4)",
			hashOf(token), u.ID, now.Add(-2*time.Hour), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	keys := func() []string {
		rows, _ := pool.Query(t.Context(), "select convert_from(key, 'UTF8') from limits order by 1")
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	for i, want := range []user.Purged{{Limits: 1, Resets: 1}, {Limits: 1}, {Limits: 1}, {}} { // a batch of one
		got, err := db.PurgeExpired(t.Context(), now.Add(-day), now.Add(-90*day), now, 1)
		if err != nil || got != want {
			t.Errorf("batch %d: %+v, %v, want %+v", i, got, err, want)
		}
	}
	if diff := cmp.Diff([]string{"a password disabled long ago", "a window that just ended", "attempts of last week"}, keys()); diff != "" {
		t.Errorf("what is left (-want +got):\n%s", diff)
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
