package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"roster/localdev/postgrestest"
	"roster/shared/postgres"
)

// F7: a connection that was idle for long, perhaps in a frozen sandbox, is
// checked before it is used. The check is no statement.
func TestIdleConnection(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	broken := func(idle time.Duration) bool {
		return postgres.IsBroken(t.Context(), pgxpool.ShouldPingParams{Conn: conn, IdleDuration: idle})
	}
	if s := postgrestest.Statements(t, func() {
		if broken(time.Hour) || broken(time.Second) {
			t.Error("a working connection is reported as broken")
		}
	}); len(s) > 0 {
		t.Errorf("the check sends %q", s)
	}
	if _, err := conn.Exec(t.Context(), "select 1"); err != nil {
		t.Errorf("after the check: %v", err)
	}
	if _, err := postgrestest.Pool(t).Exec(t.Context(), "select pg_terminate_backend($1)", conn.PgConn().PID()); err != nil {
		t.Fatal(err)
	}
	if !broken(time.Hour) {
		t.Error("a broken connection is reported as working")
	}
	if !conn.IsClosed() {
		t.Error("the broken connection would be used")
	}
}

// While Lambda has a sandbox frozen, the clock by which the pool measures may
// stand still. The wall clock does not.
func TestIdleForByTheWallClock(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	at := time.Now()
	for _, step := range []struct{ measured, later, want time.Duration }{
		{time.Millisecond, 0, time.Millisecond},
		{time.Millisecond, time.Hour, time.Hour},
		{time.Second, time.Millisecond, time.Second},
		{time.Second, -time.Hour, time.Second}, // set back
	} {
		at = at.Add(step.later)
		if got := postgres.IdleTime(conn, step.measured, at); got != step.want {
			t.Errorf("%+v: %v", step, got)
		}
	}
}
