package postgrestest

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/localdev/pgserver"
)

// ServerVariable names a server to use instead of our own.
const ServerVariable = "TEST_DATABASE_URL"

// namePrefix starts the names of the tests' databases. The number of the process follows.
const namePrefix = "roster_test_"

// harness is this process's connection to the tests' server.
type harness struct {
	server   *pgserver.Server // nil with TEST_DATABASE_URL
	base     *url.URL         // the database from which others are created and dropped
	template string
	process  int32     // random, part of the names of our databases
	lockConn *pgx.Conn // holds the advisory locks that show that this process is alive

	created atomic.Int32
	mu      sync.Mutex
	free    []*database
}

var shared struct {
	once sync.Once
	m    *harness
	err  error
}

// harnessFor returns the process's harness. The first call creates it.
func harnessFor(t testing.TB) *harness {
	t.Helper()
	if !inMain {
		t.Fatal("this package's tests need `func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }`")
	}
	shared.once.Do(func() { shared.m, shared.err = newHarness() })
	if shared.err != nil {
		t.Fatalf("the tests need a database: %v (or set %s)", shared.err, ServerVariable)
	}
	return shared.m
}

// withTimeout is for work on the server that must not end with a test's context. It allows time for a download.
func withTimeout() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 5*time.Minute)
}

func newHarness() (m *harness, err error) {
	ctx, cancel := withTimeout()
	defer cancel()
	m = &harness{process: randomNumber()}
	if err := m.connect(ctx); err != nil {
		return nil, err
	}
	if err := m.prepare(ctx); err != nil {
		return nil, errors.Join(err, m.close(ctx))
	}
	return m, nil
}

// connect uses the server of TEST_DATABASE_URL, or starts one.
func (m *harness) connect(ctx context.Context) error {
	given := os.Getenv(ServerVariable)
	if given == "" {
		dir, err := stateDir("test")
		if err != nil {
			return err
		}
		m.server, err = pgserver.Start(ctx, pgserver.Options{Dir: dir, Source: source(), Shared: true, Progress: os.Stderr})
		if err != nil {
			return err
		}
		given = m.server.URL("postgres")
	}
	base, err := url.Parse(given)
	if err != nil || base.Scheme != "postgres" && base.Scheme != "postgresql" {
		return fmt.Errorf("%s is not a URL that begins with postgres://", ServerVariable)
	}
	m.base = base
	return nil
}

// prepare removes what killed processes left, creates the template, and takes the locks that protect it while this process runs.
func (m *harness) prepare(ctx context.Context) (err error) {
	if m.lockConn, err = m.dial(ctx, m.url("")); err != nil {
		return fmt.Errorf("connecting to the tests' database server: %w", err)
	}
	sweepPrivate(ctx)
	hash := migrationsHash()
	m.template = templatePrefix + hash.String()
	for _, lock := range []struct {
		sql        string
		class, key int32
	}{
		{"SELECT pg_advisory_lock_shared($1, $2)", templateLock, hash.key()},
		{"SELECT pg_advisory_lock($1, $2)", processLock, m.process},
		{"SELECT pg_advisory_lock($1, $2)", prepareLock, 0},
	} {
		if _, err := m.lockConn.Exec(ctx, lock.sql, lock.class, lock.key); err != nil {
			return fmt.Errorf("locking the tests' template: %w", err)
		}
	}
	if err := m.sweep(ctx); err != nil {
		return err
	}
	if m.server != nil {
		if err := m.ensureRole(ctx); err != nil {
			return err
		}
	}
	if err := m.ensureTemplate(ctx); err != nil {
		return err
	}
	_, err = m.lockConn.Exec(ctx, "SELECT pg_advisory_unlock($1, 0)", prepareLock)
	return err
}

// closeHarness drops the databases and disconnects, at the end of the process.
func closeHarness() error {
	if shared.m == nil {
		return nil
	}
	ctx, cancel := withTimeout()
	defer cancel()
	var errs []error
	for _, db := range shared.m.free {
		errs = append(errs, shared.m.discard(ctx, db))
	}
	errs = append(errs, shared.m.close(ctx))
	return errors.Join(errs...)
}

// close disconnects. The last process to disconnect stops the server.
func (m *harness) close(ctx context.Context) (err error) {
	if m.lockConn != nil {
		err = m.lockConn.Close(ctx)
	}
	if m.server != nil {
		err = errors.Join(err, m.server.Stop())
	}
	return err
}

// url returns the URL of a database. For "" it is the database of the server's own URL.
func (m *harness) url(name string) string {
	u := *m.base
	if name != "" {
		u.Path = "/" + name
	}
	return u.String()
}

func (m *harness) newName() string {
	return fmt.Sprintf("%s%d_%d", namePrefix, m.process, m.created.Add(1))
}

// dial connects for our own work, without the timeouts that the functions have.
func (m *harness) dial(ctx context.Context, url string) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	cfg.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	for _, timeout := range []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"} {
		cfg.RuntimeParams[timeout] = "0"
	}
	if m.server != nil {
		cfg.RuntimeParams["log_statement"] = "none" // the log shows only the tests' statements
	}
	return pgx.ConnectConfig(ctx, cfg)
}

// exec runs statements outside the tests' databases.
func (m *harness) exec(ctx context.Context, statements ...string) error {
	conn, err := m.dial(ctx, m.url(""))
	if err != nil {
		return fmt.Errorf("connecting to the tests' database server: %w", err)
	}
	defer conn.Close(ctx)
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// drop removes a database, even while clients are connected to it.
func (m *harness) drop(ctx context.Context, name string) error {
	return m.exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
}

// source returns the Source from the environment. Start checks the value.
func source() pgserver.Source { return pgserver.Source(os.Getenv(pgserver.SourceVariable)) }

func stateDir(name string) (string, error) {
	cache, err := pgserver.CacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, name), nil
}

func randomNumber() int32 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return int32(binary.BigEndian.Uint32(b[:]) >> 1)
}
