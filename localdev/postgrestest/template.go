package postgrestest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5"

	"roster/shared/postgres/dburl"
	"roster/shared/postgres/migrations"
)

const templatePrefix = "roster_template_"

// templatesKept is how many templates are kept, for switching between branches with different migrations.
const templatesKept = 3

// Classes of the advisory locks, held in the server's own database. PostgreSQL releases them when the process's connection ends. So a
// database without its lock was left by a killed process.
const (
	prepareLock  = 1918987876 // held while a process creates a template or cleans up
	processLock  = 1918987877 // with the process's number, held by each process until it ends
	templateLock = 1918987878 // with a template's number, shared by all processes that clone it
)

type hash [sha256.Size]byte

func (h hash) String() string { return hex.EncodeToString(h[:8]) }

func (h hash) key() int32 { return int32(binary.BigEndian.Uint32(h[:4])) }

// migrationsHash identifies the schema: it changes with every change of the migrations and of the table that lists them.
func migrationsHash() hash {
	sum := sha256.New()
	fmt.Fprintln(sum, migrations.VersionTable)
	names, err := fs.Glob(migrations.Files, "*.sql")
	for _, name := range names {
		var content []byte
		if content, err = migrations.Files.ReadFile(name); err != nil {
			break
		}
		fmt.Fprintln(sum, name, len(content))
		sum.Write(content)
	}
	if err != nil {
		panic(err) // the files are in the binary
	}
	return hash(sum.Sum(nil))
}

// templateKey returns the lock key of a template, from its name.
func templateKey(name string) (int32, bool) {
	b, err := hex.DecodeString(strings.TrimPrefix(name, templatePrefix))
	if err != nil || len(b) < 4 {
		return 0, false
	}
	return int32(binary.BigEndian.Uint32(b)), true
}

// ensureTemplate creates the migrated database that is cloned. It sets IS_TEMPLATE last, so datistemplate marks a complete template. The
// caller holds prepareLock.
func (m *harness) ensureTemplate(ctx context.Context) error {
	var whole bool
	err := m.lockConn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)", m.template).Scan(&whole)
	if err != nil || whole {
		return err
	}
	if err := m.exec(ctx, "DROP DATABASE IF EXISTS "+m.template+" WITH (FORCE)", "CREATE DATABASE "+m.template); err != nil {
		return err
	}
	if _, err := migrations.Up(ctx, m.url(m.template), dburl.Access{}); err != nil {
		return err
	}
	if err := m.checkNoRows(ctx); err != nil {
		return err
	}
	return m.exec(ctx, "ALTER DATABASE "+m.template+" WITH ALLOW_CONNECTIONS false IS_TEMPLATE true")
}

// checkNoRows refuses migrations that insert rows, but for headsTable, because the tests' databases are emptied after each test. Once a migration inserts rows,
// emptyStatements must keep them.
func (m *harness) checkNoRows(ctx context.Context) error {
	conn, err := m.dial(ctx, m.url(m.template))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	tables, err := tablesToEmpty(ctx, conn)
	if err != nil {
		return err
	}
	for _, table := range tables {
		if table == headsTable {
			continue
		}
		var some bool
		if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+table+")").Scan(&some); err != nil {
			return err
		}
		if some {
			return fmt.Errorf("the migrations insert rows into %s, which postgrestest would delete after each test: change emptyStatements to keep them", table)
		}
	}
	return nil
}

// sweep drops the databases of killed processes, and old templates that no process uses. The caller holds prepareLock.
func (m *harness) sweep(ctx context.Context) error {
	names, err := m.names(ctx, namePrefix)
	if err != nil {
		return err
	}
	for _, name := range names {
		var process, n int32
		if _, err := fmt.Sscanf(name, namePrefix+"%d_%d", &process, &n); err != nil || process == m.process {
			continue
		}
		if err := m.ifUnused(ctx, processLock, process, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			return err
		}
	}
	return m.sweepTemplates(ctx)
}

func (m *harness) sweepTemplates(ctx context.Context) error {
	names, err := m.names(ctx, templatePrefix)
	if err != nil || len(names) <= templatesKept {
		return err
	}
	for _, name := range names {
		key, ok := templateKey(name)
		if !ok || name == m.template {
			continue
		}
		err := m.ifUnused(ctx, templateLock, key, "ALTER DATABASE "+name+" WITH IS_TEMPLATE false", "DROP DATABASE "+name+" WITH (FORCE)")
		if err != nil {
			return err
		}
	}
	return nil
}

// names lists the databases with a name prefix, oldest first.
func (m *harness) names(ctx context.Context, prefix string) ([]string, error) {
	rows, err := m.lockConn.Query(ctx, "SELECT datname FROM pg_database WHERE starts_with(datname, $1) ORDER BY oid", prefix)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// ifUnused runs statements under an advisory lock. If another process holds the lock, it does nothing.
func (m *harness) ifUnused(ctx context.Context, class, key int32, statements ...string) error {
	var unused bool
	err := m.lockConn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1, $2)", class, key).Scan(&unused)
	if err != nil || !unused {
		return err
	}
	err = m.exec(ctx, statements...)
	_, unlockErr := m.lockConn.Exec(ctx, "SELECT pg_advisory_unlock($1, $2)", class, key)
	return errors.Join(err, unlockErr)
}
