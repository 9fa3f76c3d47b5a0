package postgres_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"roster/localdev/pgserver"
	"roster/localdev/postgrestest"
	"roster/localdev/programtest"
	"roster/shared/aws/rdsauth"
	"roster/shared/fault"
	"roster/shared/postgres"
	"roster/shared/postgres/dburl"
	"roster/shared/postgres/migrations"
)

// rds stands before a real PostgreSQL as RDS does with IAM database
// authentication: TLS, then the password in clear text, which must be a token of
// the last 15 minutes; from there on it is PostgreSQL.
type rds struct {
	t       *testing.T
	server  *pgserver.Server
	config  *tls.Config
	address string

	mu     sync.Mutex
	now    time.Time
	tokens []string // that it has let in
	denied int
	open   atomic.Int32 // connections
}

var function = credentials.NewStaticCredentialsProvider("ASIAIOSFODNN7EXAMPLE", "secret", "session")

func newRDS(t *testing.T, server *pgserver.Server, from authority) *rds {
	t.Helper()
	certificate, key := from.issue(t, "127.0.0.1")
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	r := &rds{t: t, server: server, config: &tls.Config{Certificates: []tls.Certificate{pair}}, address: l.Addr().String(), now: time.Now()}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go r.serve(c)
		}
	}()
	return r
}

func (r *rds) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *rds) lastToken() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tokens[len(r.tokens)-1]
}

func (r *rds) refused() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.denied
}

func (r *rds) serve(raw net.Conn) {
	r.open.Add(1)
	defer func() {
		_ = raw.Close()
		r.open.Add(-1)
	}()
	if m, err := pgproto3.NewBackend(raw, raw).ReceiveStartupMessage(); err != nil {
		return
	} else if _, secure := m.(*pgproto3.SSLRequest); !secure {
		return // a request to cancel, or somebody without TLS
	}
	if _, err := raw.Write([]byte("S")); err != nil {
		return
	}
	c := tls.Server(raw, r.config)
	client := pgproto3.NewBackend(c, c)
	m, err := client.ReceiveStartupMessage()
	startup, ok := m.(*pgproto3.StartupMessage)
	if err != nil || !ok {
		return
	}
	client.Send(&pgproto3.AuthenticationCleartextPassword{})
	if client.Flush() != nil || client.SetAuthType(pgproto3.AuthTypeCleartextPassword) != nil {
		return
	}
	word, err := client.Receive()
	if err != nil {
		return
	}
	user := startup.Parameters["user"]
	if err := r.check(word.(*pgproto3.PasswordMessage).Password, user); err != nil {
		r.t.Log("RDS refuses: ", err)
		client.Send(&pgproto3.ErrorResponse{Severity: "FATAL", SeverityUnlocalized: "FATAL", Code: "28000", Message: `PAM authentication failed for user "` + user + `"`})
		_ = client.Flush()
		return
	}
	r.handOn(c, client, user, startup.Parameters["database"])
}

// check signs the same request at the time that the token names.
func (r *rds) check(token, user string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.denied++
	u, err := url.Parse("https://" + token)
	if err != nil {
		return err
	}
	q := u.Query()
	at, err := time.Parse("20060102T150405Z", q.Get("X-Amz-Date"))
	if age := r.now.Sub(at); err != nil || age < -time.Minute || age > 15*time.Minute || q.Get("X-Amz-Expires") != "900" {
		return fmt.Errorf("the token is %v old", r.now.Sub(at))
	}
	keys, _ := function.Retrieve(context.Background())
	req, err := http.NewRequest(http.MethodGet, "https://"+r.address+"/?"+url.Values{"Action": {"connect"}, "DBUser": {user}, "X-Amz-Expires": {"900"}}.Encode(), nil)
	if err != nil {
		return err
	}
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	want, _, err := v4.NewSigner().PresignHTTP(context.Background(), keys, req, empty, "rds-db", "eu-central-1", at)
	if err != nil || want != "https://"+token {
		return errors.New("the signature is another's")
	}
	r.denied--
	r.tokens = append(r.tokens, token)
	return nil
}

// handOn logs in to PostgreSQL, tells the client so, and gets out of the way.
func (r *rds) handOn(c net.Conn, client *pgproto3.Backend, user, database string) {
	cfg, err := pgconn.ParseConfig(r.server.URL(database))
	if err != nil {
		return
	}
	cfg.User, cfg.Password = user, "secret"
	conn, err := pgconn.ConnectConfig(context.Background(), cfg)
	if err != nil {
		r.t.Log(err)
		return
	}
	// On a busy machine pgconn may still read in the background, and would keep the first answer for itself.
	if err := conn.SyncConn(context.Background()); err != nil {
		r.t.Log(err)
		return
	}
	inner, err := conn.Hijack()
	if err != nil {
		return
	}
	defer inner.Conn.Close()
	client.Send(&pgproto3.AuthenticationOk{})
	for name, value := range inner.ParameterStatuses {
		client.Send(&pgproto3.ParameterStatus{Name: name, Value: value})
	}
	client.Send(&pgproto3.BackendKeyData{ProcessID: inner.PID, SecretKey: inner.SecretKey})
	client.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	if client.Flush() != nil {
		return
	}
	go func() {
		_, _ = io.Copy(inner.Conn, c)
		_ = inner.Conn.Close()
	}()
	_, _ = io.Copy(c, inner.Conn)
}

// A function without a password logs in with a token for each connection, also
// long after the first one has ended, and so do the migrations.
func TestLoginByToken(t *testing.T) {
	t.Parallel()
	server, from := postgrestest.Server(t), newAuthority(t)
	run(t, server, "create role owner login password 'secret'", "grant create on schema public to owner", "create role ann login password 'secret'")
	r := newRDS(t, server, from)
	signer := rdsauth.New(aws.Config{Region: "eu-central-1", Credentials: function}, r.clock)
	access := rootsOf(t, from.pem())
	access.Token = func(ctx context.Context, to dburl.Endpoint) (string, error) {
		return signer.Token(ctx, rdsauth.Endpoint{Host: to.Host, Port: to.Port}, to.User)
	}
	as := func(user string) string {
		return "postgres://" + user + "@" + r.address + "/postgres?sslmode=verify-full"
	}

	if _, err := migrations.Up(t.Context(), as("owner"), access); err != nil {
		t.Fatal(err)
	}
	if err := migrations.Grant(t.Context(), as("owner"), as("ann"), access); err != nil {
		t.Fatal(err)
	}
	db, err := postgres.OpenSource(t.Context(), func(context.Context, bool) (string, error) { return as("ann"), nil }, postgres.Options{Access: access})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := write(t.Context(), db, "a"); err != nil {
		t.Fatal(err)
	}
	first := r.lastToken()
	for range 3 {
		r.mu.Lock()
		r.now = r.now.Add(16 * time.Minute)
		r.mu.Unlock()
		if err := write(t.Context(), db, "the session goes on"); err != nil {
			t.Error(err)
		}
		run(t, server, "do $$ begin perform pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'ann'; end $$")
		programtest.Eventually(t, "the end has reached the client", func() bool { return r.open.Load() == 0 })
		if err := write(t.Context(), db, "a new one"); err != nil {
			t.Errorf("after the token's 15 minutes: %v", err)
		}
	}
	if err := db.Ping(t.Context()); err != nil {
		t.Errorf("Ping: %v", err)
	}
	if n := r.refused(); n > 0 {
		t.Errorf("%d logins were refused", n)
	}
	r.refuses(first, as("ann"), access)
}

// refuses shows that the test's RDS looks at what it is told.
func (r *rds) refuses(old, url string, access dburl.Access) {
	r.t.Helper()
	for name, token := range map[string]string{"an old token": old, "no token": "secret", "a token's half": old[:len(old)-64]} {
		access.Token = func(context.Context, dburl.Endpoint) (string, error) { return token, nil }
		db, err := postgres.OpenSource(r.t.Context(), func(context.Context, bool) (string, error) { return url, nil }, postgres.Options{Access: access})
		if err != nil {
			r.t.Fatal(err)
		}
		r.t.Cleanup(db.Close)
		if err := write(r.t.Context(), db, "x"); !errors.Is(err, fault.Unavailable) {
			r.t.Errorf("%s: %v", name, err)
		}
	}
}
