package postgres_test

import (
	"context"
	"testing"

	"roster/localdev/postgrestest"
	"roster/shared/postgres"
)

// A process makes as many connections as it serves requests at a time: one in a
// sandbox. What the URL says goes before that.
func TestConnectionsOfAProcess(t *testing.T) {
	t.Parallel()
	server := postgrestest.Server(t)
	run(t, server, "create role ann login password 'secret'")
	for name, c := range map[string]struct {
		concurrency int32
		query       string
		want        int32
	}{
		"a sandbox":             {0, "", 1},
		"a sandbox, said so":    {1, "", 1},
		"several at a time":     {3, "", 3},
		"the URL says more":     {0, "&pool_max_conns=2", 2},
		"the URL says less":     {3, "&pool_max_conns=1", 1},
		"a number that is none": {-1, "", 1},
	} {
		r := newRelay(t, server)
		source := func(context.Context, bool) (string, error) {
			return "postgres://ann:secret@" + r.address + "/postgres?sslmode=disable" + c.query, nil
		}
		db, err := postgres.OpenSource(t.Context(), source, postgres.Options{Concurrency: c.concurrency})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(db.Close)
		concurrently(12, func(int) {
			if err := db.Exec(t.Context(), "select pg_sleep(0.1)"); err != nil {
				t.Error(err)
			}
		})
		if got := r.made.Load(); got != c.want {
			t.Errorf("%s: %d connections, want %d", name, got, c.want)
		}
		before := r.made.Load()
		if err := db.Ping(t.Context()); err != nil || r.made.Load() != before+1 {
			t.Errorf("%s: Ping made %d connections, %v", name, r.made.Load()-before, err)
		}
	}
}
