package postgres_test

import (
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"

	"roster/localdev/pgserver"
)

// relay hands connections on to a server, as a name in DNS does: one that was
// made stays where it is, and the next goes where move says.
type relay struct {
	address string
	target  atomic.Pointer[string]
	made    atomic.Int32
}

func newRelay(t *testing.T, to *pgserver.Server) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	r := &relay{address: l.Addr().String()}
	r.move(t, to)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r.made.Add(1)
			go r.pass(c)
		}
	}()
	return r
}

func (r *relay) pass(c net.Conn) {
	defer c.Close()
	s, err := net.Dial("tcp", *r.target.Load())
	if err != nil {
		return
	}
	defer s.Close()
	go func() {
		_, _ = io.Copy(s, c)
		_ = s.Close()
	}()
	_, _ = io.Copy(c, s)
}

func (r *relay) move(t *testing.T, to *pgserver.Server) {
	t.Helper()
	u, err := url.Parse(to.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	r.target.Store(&u.Host)
}
