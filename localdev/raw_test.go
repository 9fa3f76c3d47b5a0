package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// raw is a request as bytes on the wire, which no client would make.
type raw struct {
	method, target string
	headers        []string // "Name: value", sent as they are
	body           string
}

// bytes end the connection; kept do not.
func (r raw) bytes() []byte { return r.wire("Connection: close\r\n") }

func (r raw) keepAliveBytes() []byte { return r.wire("") }

func (r raw) wire(connection string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: roster.localhost\r\n%s", r.method, r.target, connection)
	for _, h := range r.headers {
		b.WriteString(h + "\r\n")
	}
	if r.body != "" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.body))
	}
	b.WriteString("\r\n" + r.body)
	return b.Bytes()
}

func (r raw) String() string {
	return fmt.Sprintf("%.100q %.300q %.500q %.500q", r.method, r.target, r.headers, r.body)
}

// jsonBody is a request with a body that says it is JSON.
func jsonBody(method, target, body string, headers ...string) raw {
	return raw{method, target, append(headers, "Content-Type: application/json"), body}
}

type answer struct {
	status  int
	headers http.Header
	body    string
}

func (a answer) String() string { return fmt.Sprintf("%d %v %.500q", a.status, a.headers, a.body) }

// send writes bytes to the service and reads one answer. No answer, only the
// end of the connection, has the status 0.
func (s testServer) send(t testing.TB, method string, request []byte) answer {
	t.Helper()
	c, err := net.Dial("tcp", s.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	go func() { // it may answer, and close, before it has read all
		_, _ = c.Write(request)
	}()
	from := bufio.NewReader(c)
	resp, err := http.ReadResponse(from, &http.Request{Method: strings.ToUpper(method)})
	for err == nil && resp.StatusCode == http.StatusContinue {
		resp, err = http.ReadResponse(from, &http.Request{Method: strings.ToUpper(method)})
	}
	if err != nil {
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
			t.Fatalf("%.200q was not answered: %v", request, err)
		}
		return answer{}
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(body)}
}
