package main

import (
	"io"
	"math/rand/v2"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"
)

// What is not HTTP is refused or dropped, and costs the service nothing.
func TestGarbageIsRefused(t *testing.T) {
	t.Parallel()
	s := newTestServer(t, inThisProcess, nil)
	garbage := []string{
		"",
		"\r\n\r\n\r\n\r\n",
		"\x00\x00\x00\x00",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", // the beginning of TLS
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"SSH-2.0-x\r\n",
		"GET\r\n\r\n",
		"GET /\r\n\r\n",
		"GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: localhost\r\nHost: y\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: \xff\r\nConnection: close\r\n\r\n",
		"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
		"GET / HTTP/1.1\nHost: localhost\nConnection: close\n\n",
		"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n c\r\nConnection: close\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: \x00\r\n\r\n",
		"POST /api/user/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
		"POST /api/user/login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
		"POST /api/user/login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"POST /api/user/login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\nConnection: close\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",
		strings.Repeat("a", 1<<20),
	}
	random := rand.New(rand.NewPCG(*generatorSeed, 1))
	for range 50 {
		b := make([]byte, 1+random.IntN(400))
		for i := range b {
			b[i] = byte(random.UintN(256))
		}
		garbage = append(garbage, string(b), "GET "+string(b)+" HTTP/1.1\r\nHost: localhost\r\n\r\n")
	}
	for _, g := range garbage {
		if got := s.sendGarbage(t, g); serverErrorLine.MatchString(got) {
			t.Errorf("%.200q is answered %.300q", g, got)
		}
	}
	if got := s.send(t, "GET", raw{method: "GET", target: "/healthz"}.bytes()); got.status != 200 {
		t.Errorf("afterwards it answers %v", got)
	}
}

// serverErrorLine is all of them but net/http's own 501 and 505, for what it does
// not implement.
var serverErrorLine = regexp.MustCompile(`(?m)^HTTP/1\.[01] 5(0[^15]|[^0])`)

// sendGarbage writes bytes, ends its side of the connection, and returns all that
// comes back.
func (s testServer) sendGarbage(t *testing.T, bytes string) string {
	t.Helper()
	c, err := net.Dial("tcp", s.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = io.WriteString(c, bytes)
		_ = c.(*net.TCPConn).CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		t.Errorf("%.200q keeps the connection open", bytes)
	}
	return string(got)
}
