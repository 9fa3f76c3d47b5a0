package postgrestest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// lease is one test's use of a database.
type lease struct {
	*database
	pool    *pgxpool.Pool
	logFrom int64 // size of the server's log when the test started

	once sync.Once
	err  error
}

var leases struct {
	mu  sync.Mutex
	all map[testing.TB]*lease
}

// leaseOf returns the test's lease. The first call creates it.
func leaseOf(t testing.TB) *lease {
	t.Helper()
	m := harnessFor(t)
	leases.mu.Lock()
	l := leases.all[t]
	if l == nil {
		l = new(lease)
		if leases.all == nil {
			leases.all = make(map[testing.TB]*lease)
		}
		leases.all[t] = l
	}
	leases.mu.Unlock()
	l.once.Do(func() {
		if l.err = l.acquire(m); l.err == nil {
			t.Cleanup(func() { l.release(t, m) })
		}
	})
	if l.err != nil {
		t.Fatalf("getting a database: %v", l.err)
	}
	return l
}

func (l *lease) acquire(m *harness) error {
	ctx, cancel := withTimeout()
	defer cancel()
	db, err := m.acquire(ctx)
	if err != nil {
		return err
	}
	cfg, err := pgxpool.ParseConfig(db.url)
	if err != nil {
		return err
	}
	cfg.MaxConns = 4
	l.database = db
	if l.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return err
	}
	l.logFrom, err = m.logSize()
	return err
}

// release ends a test's lease. A later test gets the database only if nobody is connected to it any more, all rows could be deleted, and the
// schema is unchanged.
func (l *lease) release(t testing.TB, m *harness) {
	leases.mu.Lock()
	delete(leases.all, t)
	leases.mu.Unlock()
	l.pool.Close()
	if t.Failed() {
		t.Logf("the test's database was %s%s", l.url, m.logHint())
	}
	ctx, cancel := withTimeout()
	defer cancel()
	if why := l.resetForReuse(ctx); why != nil {
		t.Logf("the test's database is dropped and not used again: %v", why)
		if err := m.discard(ctx, l.database); err != nil {
			t.Error(err)
		}
		return
	}
	m.mu.Lock()
	m.free = append(m.free, l.database)
	m.mu.Unlock()
}

// resetForReuse deletes all rows. Its error says why the database cannot be used again.
func (db *database) resetForReuse(ctx context.Context) error {
	if err := db.waitUntilAlone(ctx); err != nil {
		return err
	}
	if _, err := db.conn.Exec(ctx, db.emptySQL); err != nil {
		return fmt.Errorf("emptying it: %w", err)
	}
	shape, err := schemaHashOf(ctx, db.conn)
	if err == nil && shape != db.schemaHash {
		err = fmt.Errorf("the test changed its schema")
	}
	return err
}

// disconnectTimeout limits the wait until the server processes of closed connections have ended.
const disconnectTimeout = 2 * time.Second

func (db *database) waitUntilAlone(ctx context.Context) error {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(disconnectTimeout); ; {
		var others int
		err := db.conn.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`).Scan(&others)
		switch {
		case err != nil:
			return err
		case others == 0:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("the test left %d connections open", others)
		}
		<-tick.C
	}
}
