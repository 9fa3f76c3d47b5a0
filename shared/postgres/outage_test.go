package postgres_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"roster/shared/postgres"
	"roster/shared/postgres/migrations"
	"roster/shared/postgres/postgrestest"
	"roster/shared/user"
)

// everything is each method, as something to fail.
func everything(ctx context.Context, db *postgres.DB) map[string]error {
	u := account("new")
	errs := map[string]error{"Ping": db.Ping(ctx)}
	_, errs["CreateUser"] = db.CreateUser(ctx, u, event)
	_, errs["UserByUsername"] = db.UserByUsername(ctx, "ann")
	_, errs["RecordLogin"] = db.RecordLogin(ctx, user.Login{UUID: u.UUID, TokenVersion: 1, At: now}, event)
	_, _, errs["CallerAndTarget"] = db.CallerAndTarget(ctx, u.UUID, "ann")
	_, errs["UpdateUser"] = db.UpdateUser(ctx, over(u, u), user.Edit{At: now}, event)
	_, errs["DeleteUser"] = db.DeleteUser(ctx, over(u, u), event)
	_, errs["CreateReset"] = db.CreateReset(ctx, "ann", "ann@example.com", resetOf("x", now), event)
	_, errs["UserByReset"] = db.UserByReset(ctx, hashOf("x"), now)
	_, errs["SpendReset"] = db.SpendReset(ctx, hashOf("x"), "hash", nil, now, event)
	return errs
}

func allUnavailable(t *testing.T, ctx context.Context, db *postgres.DB, within time.Duration) {
	t.Helper()
	began := time.Now()
	for method, err := range everything(ctx, db) {
		if !errors.Is(err, user.Unavailable) {
			t.Errorf("%s: %v", method, err)
		}
	}
	if took := time.Since(began); took > within {
		t.Errorf("it took %v to say so", took)
	}
}

// F2, F3: while the server is stopped everything is Unavailable, at once, and
// when it is back nobody has to do anything.
func TestStoppedServer(t *testing.T) {
	t.Parallel()
	server := postgrestest.Server(t)
	if _, err := migrations.Up(t.Context(), server.URL("postgres")); err != nil {
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

	// A restart that nobody noticed costs nothing: the server's goodbye waits on
	// each connection of the time before.
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// F16: a server that takes the connection and says nothing.
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

// What a server can say instead of letting us in.
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
		if err := db.Ping(t.Context()); !errors.Is(err, user.Unavailable) {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// F9: a server that takes a statement and breaks off. Whether it did it is not
// known, so it is not done again.
func TestServerBreaksOff(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 10)
	url := serve(t, func(c net.Conn) {
		backend := pgproto3.NewBackend(c, c)
		if m, err := backend.ReceiveStartupMessage(); err != nil || isCancel(m) {
			return
		}
		backend.Send(&pgproto3.AuthenticationOk{})
		backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		if backend.Flush() != nil {
			return
		}
		for {
			m, err := backend.Receive()
			if parse, ok := m.(*pgproto3.Parse); ok {
				asked <- parse.Query
			}
			if _, ok := m.(*pgproto3.Sync); ok || err != nil {
				return
			}
		}
	})
	db, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if _, err := db.CreateUser(t.Context(), account("ann"), event); !errors.Is(err, user.Unavailable) {
		t.Error(err)
	}
	if len(asked) != 1 {
		t.Errorf("asked %d times", len(asked))
	}
}

func isCancel(m pgproto3.FrontendMessage) bool {
	_, ok := m.(*pgproto3.CancelRequest)
	return ok
}

// serve listens until the test is over and returns the URL to connect to.
func serve(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				handle(c)
			}()
		}
	}()
	return "postgres://user:password@" + l.Addr().String() + "/db?sslmode=disable"
}
