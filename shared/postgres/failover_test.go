package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"

	"roster/localdev/pgserver"
	"roster/localdev/postgrestest"
	"roster/shared/fault"
	"roster/shared/postgres"
	"roster/shared/postgres/dburl"
	"roster/shared/postgres/migrations"
	"roster/shared/ratelimit"
)

// failover starts two servers with the same role ann, and opens the first one
// through a relay.
func failover(t *testing.T, query string) (a, b *pgserver.Server, r *relay, db *postgres.DB) {
	t.Helper()
	a, b = postgrestest.Server(t), postgrestest.Server(t)
	for _, s := range []*pgserver.Server{a, b} {
		if _, err := migrations.Up(t.Context(), s.URL("postgres"), dburl.Access{}); err != nil {
			t.Fatal(err)
		}
		run(t, s, "create role ann login superuser password 'secret'")
	}
	r = newRelay(t, a)
	return a, b, r, openAsAnn(t, r.address, query)
}

// openAsAnn opens the server at that address for its role ann.
func openAsAnn(t *testing.T, address, query string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), "postgres://ann:secret@"+address+"/postgres?sslmode=disable"+query)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func run(t *testing.T, s *pgserver.Server, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, sql := range statements {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// makeReadOnly makes it what a demoted primary is: up, and without writes.
func makeReadOnly(t *testing.T, s *pgserver.Server) {
	t.Helper()
	run(t, s, "alter system set default_transaction_read_only = on", "select pg_reload_conf()")
	for end := time.Now().Add(20 * time.Second); ; {
		conn, err := pgx.Connect(t.Context(), s.URL("postgres"))
		if err != nil {
			t.Fatal(err)
		}
		var now string
		err = conn.QueryRow(t.Context(), "show transaction_read_only").Scan(&now)
		_ = conn.Close(context.Background())
		if err != nil || time.Now().After(end) {
			t.Fatalf("it is not read-only: %q, %v", now, err)
		}
		if now == "on" {
			return
		}
	}
}

// write counts one attempt, which is a write.
func write(ctx context.Context, db *postgres.DB, key string) error {
	_, err := db.Consume(ctx, []ratelimit.Budget{{Key: key, Limit: 1000, Window: time.Hour}}, now)
	return err
}

// A pooled connection to a server that became read-only answered 503 to each
// write for as long as it lived. Now the server's first refusal ends it.
func TestFailoverToAnotherServer(t *testing.T) {
	t.Parallel()
	for name, query := range map[string]string{"one connection, as in a sandbox": "", "four connections": "&pool_max_conns=4"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b, r, db := failover(t, query)
			var failed atomic.Int32
			writes := func(what string) {
				concurrently(8, func(i int) {
					for n := range 10 {
						if err := write(t.Context(), db, fmt.Sprint(what, i, n)); err != nil {
							failed.Add(1)
							t.Log(what, err)
						}
					}
				})
			}
			writes("before")
			if failed.Load() > 0 {
				t.Fatal("it does not work to begin with")
			}
			makeReadOnly(t, a)
			if err := db.Ping(t.Context()); !errors.Is(err, fault.Unavailable) {
				t.Errorf("the server takes no writes, and Ping says %v", err)
			}
			if err := write(t.Context(), db, "nowhere to go"); !errors.Is(err, fault.Unavailable) {
				t.Errorf("a write to a server that takes none: %v", err)
			}
			r.move(t, b)
			writes("after")
			if n := failed.Load(); n > 0 { // one would be allowed
				t.Errorf("%d of 80 writes failed after the move", n)
			}
			if err := db.Ping(t.Context()); err != nil {
				t.Errorf("Ping after the move: %v", err)
			}
			run(t, b, "do $$ begin assert (select count(*) from limits) = 80; end $$")
		})
	}
}

// The usual failover: the first server stops, and says goodbye to its
// clients.
func TestFailoverFromAServerThatStops(t *testing.T) {
	t.Parallel()
	a, b, r, db := failover(t, "")
	if err := write(t.Context(), db, "before"); err != nil {
		t.Fatal(err)
	}
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := db.Ping(t.Context()); !errors.Is(err, fault.Unavailable) {
		t.Errorf("while nobody is there Ping says %v", err)
	}
	r.move(t, b)
	failed := 0
	for n := range 50 {
		if err := write(t.Context(), db, fmt.Sprint(n)); err != nil {
			failed++
			t.Log(err)
		}
	}
	if failed > 0 {
		t.Errorf("%d of 50 writes failed after the move", failed)
	}
}

// A server that starts or stops refuses connections; the next one may lead to
// another server. It has done nothing, so one more try is safe.
func TestARefusedConnectionIsTriedOnceMore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code  string
		tries int32
	}{
		"starting":           {"57P03", 2},
		"stopping":           {"57P01", 2},
		"a pooler's word":    {"08P01", 2},
		"no room":            {"53300", 1},
		"no such database":   {"3D000", 1},
		"broken, on its own": {"XX000", 1},
	} {
		var tries atomic.Int32
		url := serve(t, func(conn net.Conn) {
			backend := pgproto3.NewBackend(conn, conn)
			if m, err := backend.ReceiveStartupMessage(); err != nil || isCancel(m) {
				return
			}
			tries.Add(1)
			backend.Send(&pgproto3.ErrorResponse{Severity: "FATAL", SeverityUnlocalized: "FATAL", Code: c.code, Message: "no"})
			_ = backend.Flush()
		})
		db, err := postgres.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(db.Close)
		if err := write(t.Context(), db, "x"); !errors.Is(err, fault.Unavailable) || tries.Load() != c.tries {
			t.Errorf("%s: %v after %d tries, want %d", name, err, tries.Load(), c.tries)
		}
	}
}

// PostgreSQL ends a session that is idle for longer than the role's
// idle_session_timeout. Nobody notices: the end is seen before the next use.
func TestAnIdleSessionEndsUnnoticed(t *testing.T) {
	t.Parallel()
	server := postgrestest.Server(t)
	run(t, server, "create role ann login password 'secret'", "alter role ann set idle_session_timeout = '20ms'")
	db := openAsAnn(t, newRelay(t, server).address, "")
	for range 3 {
		if err := db.Exec(t.Context(), "select 1"); err != nil {
			t.Fatal(err)
		}
		awaitNoSession(t, server)
	}
}
