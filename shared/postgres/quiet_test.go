//go:build unix

package postgres_test

import (
	"crypto/tls"
	"net"
	"testing"
	"time"

	"roster/shared/postgres"
)

// pair returns both ends of a connection.
func pair(t *testing.T) (client, server net.Conn) {
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

func loud(t *testing.T, c net.Conn) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); postgres.Quiet(c); {
		if time.Now().After(deadline) {
			t.Fatal("it is taken for quiet")
		}
	}
}

func TestQuiet(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(server net.Conn) error{
		"a word": func(server net.Conn) error { _, err := server.Write([]byte("x")); return err },
		"an end": func(server net.Conn) error { return server.Close() },
	} {
		client, server := pair(t)
		wrapped := tls.Client(client, &tls.Config{ServerName: "db.example"})
		if !postgres.Quiet(client) || !postgres.Quiet(wrapped) {
			t.Errorf("before %s: not quiet", name)
		}
		if err := change(server); err != nil {
			t.Fatal(err)
		}
		loud(t, client)
		loud(t, wrapped)
	}
	client, _ := pair(t)
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	loud(t, client)
}

// pgx keeps a reader waiting on the socket after a slow write; to wait for that
// would be to wait for good.
func TestQuietBesideAReader(t *testing.T) {
	t.Parallel()
	client, server := pair(t)
	read := make(chan error, 1)
	go func() { _, err := client.Read(make([]byte, 2)); read <- err }()
	if !postgres.Quiet(client) {
		t.Error("not quiet")
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	<-read
	loud(t, client)
}
