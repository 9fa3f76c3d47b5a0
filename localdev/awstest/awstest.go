// Package awstest stands in for the AWS services that Roster calls: Amazon SES v2,
// Secrets Manager, KMS and S3. It serves the real SDK clients over HTTP on a port of
// this machine, in a test's own process or in a function's binary that the test
// starts:
//
//	server := awstest.New(t)
//	client := sesv2.NewFromConfig(server.Config())
//
// It answers the operations of type Operation and refuses all others. It checks
// two things that fakes often forget: that a request is signed for the right
// service and region with the key from Env, and that text outside ASCII names its
// character set. It does not verify the signature itself and stores nothing on
// disk. It is for tests and for trying out, never for a network.
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

// The region and the credentials that Env returns and that every request must be
// signed with. They look like temporary credentials, which Lambda uses.
const (
	Region       = "eu-central-1"
	accessKey    = "ASIAAWSTESTNOTREAL00"
	secretKey    = "awstest-secret-key-that-opens-nothing"
	sessionToken = "awstest-session-token-that-opens-nothing"
)

// TB is the part of testing.TB that New uses, so that a program can link this
// package without linking package testing.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Server serves all services. Its methods are safe for concurrent use.
type Server struct {
	URL string // http://127.0.0.1:port

	http    http.Server
	once    sync.Once
	closing chan struct{} // closed by Close, to end answers that hang

	mu       sync.Mutex
	mails    []Mail
	onMail   func(Mail)
	secrets  map[string]*secret
	keys     map[string]cipher.AEAD
	objects  map[string][]byte // of S3, by /bucket/key
	failures map[Operation][]Failure
	calls    map[Operation]int

	breakAfter int // see BreakObjects
}

// New starts a server that is closed when the test ends.
func New(t TB) *Server {
	t.Helper()
	s, err := Start()
	if err != nil {
		t.Fatalf("start the AWS fakes: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// Start starts a server that runs until Close. It is for programs; tests use New.
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
		objects:  make(map[string][]byte),
		failures: make(map[Operation][]Failure),
		calls:    make(map[Operation]int),
	}
	s.http = http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second}
	go s.http.Serve(listener)
	return s, nil
}

// Close stops the server and ends every answer that still hangs.
func (s *Server) Close() { s.once.Do(s.close) }

func (s *Server) close() {
	close(s.closing)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		s.http.Close()
	}
}

// Env returns the AWS_* variables with which a child process talks to this server,
// as NAME=value. Append them, because the last of several equal names wins.
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

// Config returns what awsenv.Config returns in a process started with Env.
func (s *Server) Config() aws.Config {
	variables := s.variables()
	cfg, err := awsenv.From(func(name string) string { return variables[name] })
	if err != nil {
		panic("awstest: " + err.Error()) // every variable is set above
	}
	return cfg
}

// OnMail sets a function that is called with each mail, before its sender has the
// answer.
func (s *Server) OnMail(f func(Mail)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onMail = f
}

// Mails returns the mails sent so far, in order.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Calls counts the requests for an operation so far, with retries and failed
// requests.
func (s *Server) Calls(op Operation) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[op]
}
