package postgres_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"roster/shared/fault"
	"roster/shared/postgres"
)

// GHSA-95fj-3fxw-g62g: an impostor lets the client in without a password, or
// asks for the password in plain text. With require_auth=scram-sha-256 in the
// URL it gets neither a password nor a statement.
func TestImpostor(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]pgproto3.BackendMessage{
		"lets everyone in":    &pgproto3.AuthenticationOk{},
		"asks for plain text": &pgproto3.AuthenticationCleartextPassword{},
		"asks for MD5":        &pgproto3.AuthenticationMD5Password{Salt: [4]byte{1, 2, 3, 4}},
		"proves nothing":      &pgproto3.AuthenticationSASL{AuthMechanisms: []string{"PLAIN"}},
		"skips to the end":    &pgproto3.AuthenticationSASLFinal{Data: []byte("v=AAAA")},
		"is ready at once":    &pgproto3.ReadyForQuery{TxStatus: 'I'},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, received := impostor(t, first)
			db, err := postgres.Open(t.Context(), url+"&require_auth=scram-sha-256")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(db.Close)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			if _, err := db.UserByUsername(ctx, "ann"); !errors.Is(err, fault.Unavailable) {
				t.Errorf("error %v, want %v", err, fault.Unavailable)
			}
			select {
			case m := <-received:
				t.Errorf("the server received %T", m)
			default:
			}
		})
	}
}

// impostor is a server that answers the start of a connection with a message of
// its own. It passes on everything that it receives afterwards.
func impostor(t *testing.T, first pgproto3.BackendMessage) (url string, received chan pgproto3.FrontendMessage) {
	t.Helper()
	received = make(chan pgproto3.FrontendMessage, 100)
	return serve(t, func(c net.Conn) {
		backend := pgproto3.NewBackend(c, c)
		if m, err := backend.ReceiveStartupMessage(); err != nil || isCancel(m) {
			return
		}
		backend.Send(first)
		backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		if backend.Flush() != nil || backend.SetAuthType(pgproto3.AuthTypeCleartextPassword) != nil {
			return
		}
		for {
			m, err := backend.Receive()
			if err != nil {
				return
			}
			if _, end := m.(*pgproto3.Terminate); !end {
				received <- m
			}
		}
	}), received
}
