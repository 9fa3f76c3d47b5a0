package postgres_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"roster/localdev/postgrestest"
	"roster/shared/fault"
	"roster/shared/postgres"
	"roster/shared/postgres/dburl"
	"roster/shared/postgres/migrations"
	"roster/shared/request"
	"roster/shared/user"
)

// callEveryMethod returns the error of each method.
func callEveryMethod(ctx context.Context, db *postgres.DB) map[string]error {
	u := account("new")
	caller := request.Caller{UUID: u.UUID, Session: account("x").UUID, TokenVersion: 1}
	guard := user.Guard{Caller: caller, TargetUUID: u.UUID, Username: u.Username}
	errs := map[string]error{"Ping": db.Ping(ctx)}
	_, _, errs["CreateUser"] = db.CreateUser(ctx, user.NewAccount{User: u}, event)
	_, errs["UserByUsername"] = db.UserByUsername(ctx, "ann")
	_, errs["UserByEmail"] = db.UserByEmail(ctx, "ann@example.com")
	_, errs["RecordLogin"] = db.RecordLogin(ctx, loginOf(u, now), event)
	_, _, errs["CallerAndTarget"] = db.CallerAndTarget(ctx, caller, "ann")
	_, errs["UpdateUser"] = db.UpdateUser(ctx, guard, user.Edit{At: now}, event)
	_, errs["DeleteUser"] = db.DeleteUser(ctx, guard, nil, event)
	_, _, errs["Renew"] = db.Renew(ctx, user.Renewal{Session: caller.Session, At: now}, event)
	_, errs["Sessions"] = db.Sessions(ctx, u.UUID)
	_, errs["EndSession"] = db.EndSession(ctx, guard, caller.Session, event)
	_, errs["EndOwnSessions"] = db.EndOwnSessions(ctx, caller, user.ScopeAll, event)
	_, errs["CreateReset"] = db.CreateReset(ctx, resetOf("ann", "ann@example.com", "x", now), event)
	_, errs["UserByReset"] = db.UserByReset(ctx, hashOf("x"), now)
	_, errs["UseReset"] = db.UseReset(ctx, user.ResetUse{Hash: hashOf("x"), PasswordHash: "hash", At: now}, event)
	return errs
}

func allUnavailable(t *testing.T, ctx context.Context, db *postgres.DB, within time.Duration) {
	t.Helper()
	began := time.Now()
	for method, err := range callEveryMethod(ctx, db) {
		if !errors.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", method, err)
		}
	}
	if took := time.Since(began); took > within {
		t.Errorf("the errors took %v", took)
	}
}

// F2, F3: while the server is stopped, every method answers Unavailable at once.
// When it is back, the same DB works again.
func TestStoppedServer(t *testing.T) {
	t.Parallel()
	server := postgrestest.Server(t)
	if _, err := migrations.Up(t.Context(), server.URL("postgres"), dburl.Access{}); err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(t.Context(), server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	u := create(t, db, account("ann"))
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	allUnavailable(t, t.Context(), db, 5*time.Second)
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := find(t, db, "ann"); got.UUID != u.UUID {
		t.Errorf("after the restart: %+v", got)
	}

	// A restart between two statements costs nothing: each connection from before
	// has the server's end of the session waiting on it.
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Exec(t.Context(), "select 1"); err != nil {
		t.Error(err)
	}
}

// F16: a server that accepts the connection and sends nothing.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	url := serve(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	db, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	allUnavailable(t, ctx, db, 3*time.Second)
}

// What a server can answer instead of accepting the login.
func TestRefusingServer(t *testing.T) {
	t.Parallel()
	for code, severity := range map[string]string{"53300": "FATAL", "57P03": "FATAL", "57P01": "FATAL", "3D000": "FATAL", "28000": "FATAL", "28P01": "FATAL", "XX000": "PANIC"} {
		url := serve(t, func(c net.Conn) {
			backend := pgproto3.NewBackend(c, c)
			if _, err := backend.ReceiveStartupMessage(); err != nil {
				return
			}
			backend.Send(&pgproto3.ErrorResponse{Severity: severity, SeverityUnlocalized: severity, Code: code, Message: "no"})
			_ = backend.Flush()
		})
		db, err := postgres.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(db.Close)
		if err := db.Ping(t.Context()); !errors.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", code, err)
		}
	}
}
