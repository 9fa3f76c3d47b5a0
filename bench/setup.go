package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/localdev/pgserver"
)

// laboratory is one PostgreSQL with a database for each subject.
type laboratory struct {
	dir        string
	source     string // the folder of the Roster that is measured
	suffix     string // of the databases' names
	postgres   *pgserver.Server
	postmaster int
}

func openLaboratory(ctx context.Context, source string) (*laboratory, error) {
	dir, err := os.MkdirTemp("", "roster-bench-")
	if err != nil {
		return nil, err
	}
	l := &laboratory{dir: dir, source: source}
	// With a cache that holds 1,000,000 accounts, as an operator of so many would have it.
	l.postgres, err = pgserver.Start(ctx, pgserver.Options{
		Dir: filepath.Join(dir, "postgres"), Durable: true, Progress: os.Stderr,
		Settings: []string{"shared_buffers=512MB", "max_wal_size=4GB"},
	})
	if err == nil {
		l.postmaster, err = readPID(filepath.Join(l.postgres.DataDir(), "postmaster.pid"))
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// run is the same laboratory with other names for databases.
func (l *laboratory) run(n int) *laboratory {
	again := *l
	again.suffix = fmt.Sprint("_", n)
	return &again
}

func (l *laboratory) close() {
	if l.postgres != nil {
		_ = l.postgres.Stop()
	}
	_ = os.RemoveAll(l.dir)
}

// readPID reads the first line of postmaster.pid.
func readPID(path string) (int, error) {
	text, err := os.ReadFile(path) // #nosec G304 -- our own server's file
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return strconv.Atoi(first)
}

// exec runs one statement in a database of the laboratory, as its superuser.
func (l *laboratory) exec(ctx context.Context, database, sql string, args ...any) error {
	c, err := pgx.Connect(ctx, l.postgres.URL(database))
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, sql, args...)
	return errors.Join(err, c.Close(context.WithoutCancel(ctx)))
}

// build compiles a command of a source and returns its path. Files of the overlay
// replace those of the source.
func (l *laboratory) build(ctx context.Context, source, name, pkg string, overlay map[string]string) (string, error) {
	out := filepath.Join(l.dir, name)
	args := []string{"build", "-o", out}
	if overlay != nil {
		file := filepath.Join(l.dir, name+".json")
		text, err := json.Marshal(map[string]any{"Replace": overlay})
		if err == nil {
			err = os.WriteFile(file, text, 0o600)
		}
		if err != nil {
			return "", err
		}
		args = append(args, "-overlay", file)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, pkg)...) // #nosec G204 -- the caller's constants
	cmd.Dir, cmd.Stderr = source, os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("build %s: %w", pkg, err)
	}
	return out, nil
}

// startLimit starts the limit server with a database of its own.
func (l *laboratory) startLimit(ctx context.Context, database string, flags ...string) (*subject, error) {
	database += l.suffix
	binary, err := l.build(ctx, ".", "limit", "./bench/limit", nil)
	if err != nil {
		return nil, err
	}
	if err := l.exec(ctx, "postgres", "create database "+database); err != nil {
		return nil, err
	}
	return startSubject(ctx, "limit", l.postmaster, map[string]string{"DATABASE_URL": l.postgres.URL(database)}, append([]string{binary}, flags...)...)
}

// The admin of Roster's accounts.
const (
	adminUsername = "admin"
	adminPassword = "correct horse battery staple"
)

// startRoster starts localdev as it is, with a database of its own.
func (l *laboratory) startRoster(ctx context.Context, database string, overlay map[string]string) (*subject, error) {
	database += l.suffix
	binary, err := l.build(ctx, l.source, "localdev-"+database, "./localdev", overlay)
	if err != nil {
		return nil, err
	}
	for _, sql := range []string{"create database " + database, "create role " + database + " login"} {
		if err := l.exec(ctx, "postgres", sql); err != nil {
			return nil, err
		}
	}
	owner := l.postgres.URL(database)
	return startSubject(ctx, "roster", l.postmaster, map[string]string{
		"DATABASE_URL":         l.functionsURL(database),
		"MIGRATE_DATABASE_URL": owner,
		"ADMIN_USERNAME":       adminUsername,
		"ADMIN_PASSWORD":       adminPassword,
		// All requests come from one network, so its limits must not stop them.
		"LIMIT_LOGIN_ACCOUNT_NETWORK": "1000000/1s",
		"LIMIT_LOGIN_NETWORK":         "1000000/1s",
		"LIMIT_REGISTER_NETWORK":      "1000000/1s",
	}, binary, "-addr", "127.0.0.1:0", "-data", filepath.Join(l.dir, "data-"+database))
}

// functionsURL is the URL of a database for the role of its functions, which has the
// database's name.
func (l *laboratory) functionsURL(database string) string {
	return strings.Replace(l.postgres.URL(database), "postgres@", database+"@", 1)
}

// hashFile has the parameters of new password hashes.
const hashFile = "shared/credential/password/hash.go"

// cheapHash returns an overlay in which a hash takes 8 KiB, so that what a login
// costs beside its hash can be measured instead of subtracted.
func (l *laboratory) cheapHash() (map[string]string, error) {
	path, err := filepath.Abs(filepath.Join(l.source, hashFile))
	if err != nil {
		return nil, err
	}
	source, err := os.ReadFile(path) // #nosec G304 -- a file of the source that is measured
	if err != nil {
		return nil, err
	}
	const normal, cheap = "memory  = 19456", "memory  = 8"
	if strings.Count(string(source), normal) != 1 {
		return nil, fmt.Errorf("%s has no line %q", hashFile, normal)
	}
	replacement := filepath.Join(l.dir, "hash.go")
	return map[string]string{path: replacement}, os.WriteFile(replacement, []byte(strings.Replace(string(source), normal, cheap, 1)), 0o600)
}

// timeout is for single calls of the set-up.
func timeout() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), time.Minute)
}
