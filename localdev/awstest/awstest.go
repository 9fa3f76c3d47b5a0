// Package awstest plays the AWS services that Roster calls, Amazon SES v2,
// Secrets Manager and KMS, over HTTP on a port of this machine, for the real
// SDK clients: in a test's own process or in a function's binary started by it.
//
// It answers the operations below and refuses everything else. It checks what the real services check and a fake is quick to forget: that a
// request is signed for the right service and region, by the key that Env gave
// out, and that text outside ASCII names its character set. It keeps nothing
// and proves no signature: it is for tests and for trying out, never a
// stand-in that faces a network.
package awstest

import (
	"context"
	"crypto/cipher"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"roster/shared/aws/awsenv"
)

// What Env gives out and every request must be signed with. The shape is that
// of temporary credentials, as Lambda gives them.
const (
	Region       = "eu-central-1"
	accessKey    = "ASIAAWSTESTNOTREAL00"
	secretKey    = "awstest-secret-key-that-opens-nothing"
	sessionToken = "awstest-session-token-that-opens-nothing"
)

// TB is the part of testing.TB that New uses, so that a program that is no test
// can link this package without linking package testing.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Server is the services. Its methods may be called at any time from
// several goroutines.
type Server struct {
	URL string // http://127.0.0.1:port

	http    http.Server
	once    sync.Once
	closing chan struct{} // closed by Close; ends hanging answers

	mu       sync.Mutex
	mails    []Mail
	secrets  map[string]*secret
	keys     map[string]cipher.AEAD
	failures map[Operation][]Failure
	calls    map[Operation]int
}

// New starts a server that ends with the test.
func New(t TB) *Server {
	t.Helper()
	s, err := Start()
	if err != nil {
		t.Fatalf("start the AWS fakes: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// Start starts a server that runs until Close, for programs that are no test.
func Start() (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{
		URL:      "http://" + listener.Addr().String(),
		closing:  make(chan struct{}),
		secrets:  make(map[string]*secret),
		keys:     make(map[string]cipher.AEAD),
		failures: make(map[Operation][]Failure),
		calls:    make(map[Operation]int),
	}
	s.http = http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second}
	go s.http.Serve(listener)
	return s, nil
}

// Close ends the server and every answer that still hangs.
func (s *Server) Close() { s.once.Do(s.close) }

func (s *Server) close() {
	close(s.closing)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		s.http.Close()
	}
}

// Env gives the AWS_* variables with which a child process talks to this
// server, each as NAME=value. They win over the same names earlier in a list.
func (s *Server) Env() []string {
	var list []string
	for name, value := range s.variables() {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	return list
}

func (s *Server) variables() map[string]string {
	return map[string]string{
		"AWS_REGION":            Region,
		"AWS_DEFAULT_REGION":    Region,
		"AWS_ACCESS_KEY_ID":     accessKey,
		"AWS_SECRET_ACCESS_KEY": secretKey,
		"AWS_SESSION_TOKEN":     sessionToken,
		"AWS_ENDPOINT_URL":      s.URL,
	}
}

// Config gives what awsenv.Config gives in a process started with Env.
func (s *Server) Config() aws.Config {
	variables := s.variables()
	cfg, err := awsenv.From(func(name string) string { return variables[name] })
	if err != nil {
		panic("awstest: " + err.Error()) // every variable is set above
	}
	return cfg
}

// Mails gives the mails sent so far, in order.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Calls counts the requests for an operation so far, retries and failed ones
// among them.
func (s *Server) Calls(op Operation) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[op]
}
