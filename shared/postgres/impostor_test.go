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

// GHSA-95fj-3fxw-g62g: a server that lets the client in without proof, or asks
// for the password as it is, to learn it. Where the address says
// require_auth=scram-sha-256, neither gets a password or a statement.
func TestImpostor(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]pgproto3.BackendMessage{
		"lets everyone in":     &pgproto3.AuthenticationOk{},
		"asks for plain text":  &pgproto3.AuthenticationCleartextPassword{},
		"asks for MD5":         &pgproto3.AuthenticationMD5Password{Salt: [4]byte{1, 2, 3, 4}},
		"proves nothing":       &pgproto3.AuthenticationSASL{AuthMechanisms: []string{"PLAIN"}},
		"skips to the end":     &pgproto3.AuthenticationSASLFinal{Data: []byte("v=AAAA")},
		"is ready without all": &pgproto3.ReadyForQuery{TxStatus: 'I'},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := make(chan pgproto3.FrontendMessage, 100)
			url := serve(t, func(c net.Conn) {
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
					if _, bye := m.(*pgproto3.Terminate); !bye {
						said <- m
					}
				}
			})
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
			case m := <-said:
				t.Errorf("the server was told %T", m)
			default:
			}
		})
	}
}
