//go:build unix

package postgres_test

import (
	"crypto/tls"
	"net"
	"testing"
	"time"

	"roster/shared/postgres"
)

// connectionPair returns both ends of a connection.
func connectionPair(t *testing.T) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return client, server
}

// becomesStale waits until the connection is reported as stale.
func becomesStale(t *testing.T, c net.Conn) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !postgres.IsStale(c); {
		if time.Now().After(deadline) {
			t.Fatal("the connection is not reported as stale")
		}
	}
}

func TestIsStale(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(server net.Conn) error{
		"the server sends something":       func(server net.Conn) error { _, err := server.Write([]byte("x")); return err },
		"the server closes the connection": func(server net.Conn) error { return server.Close() },
	} {
		client, server := connectionPair(t)
		wrapped := tls.Client(client, &tls.Config{ServerName: "db.example"})
		if postgres.IsStale(client) || postgres.IsStale(wrapped) {
			t.Errorf("before %s: stale", name)
		}
		if err := change(server); err != nil {
			t.Fatal(err)
		}
		becomesStale(t, client)
		becomesStale(t, wrapped)
	}
	client, _ := connectionPair(t)
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	becomesStale(t, client)
}

// pgx leaves a reader waiting on the socket after a slow write. A check that
// waited for that reader would wait for ever.
func TestIsStaleDoesNotWaitForAReader(t *testing.T) {
	t.Parallel()
	client, server := connectionPair(t)
	read := make(chan error, 1)
	go func() { _, err := client.Read(make([]byte, 2)); read <- err }()
	if postgres.IsStale(client) {
		t.Error("stale")
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	<-read
	becomesStale(t, client)
}
