package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"roster/localdev/pgserver"
	"roster/shared/boot"
	"roster/shared/postgres/dburl"
)

const (
	databaseName = "roster"
	roleName     = "roster" // used by the functions; the server's superuser migrates
)

// database is the database of DATABASE_URL, or one on a server that localdev
// starts itself.
type database struct {
	url, owner string           // owner is MIGRATE_DATABASE_URL, "" when it is not given
	server     *pgserver.Server // nil with DATABASE_URL
}

func (d database) stop() {
	if d.server != nil {
		_ = d.server.Stop()
	}
}

func openDatabase(ctx context.Context, s settings, dir string, out io.Writer) (database, error) {
	if given := s.values["DATABASE_URL"]; given != "" {
		return database{url: given, owner: s.values["MIGRATE_DATABASE_URL"]}, checkDatabaseURL(ctx, given, boot.FromMap(s.values).DatabaseAccess())
	}
	server, err := pgserver.Start(ctx, pgserver.Options{Dir: dir, Source: s.source, Durable: true, Progress: out})
	if errors.Is(err, pgserver.ErrInUse) {
		return database{}, fmt.Errorf("another localdev uses the data folder %s; stop it or choose another folder with -data", filepath.Dir(dir))
	}
	if err != nil {
		return database{}, err
	}
	d := database{owner: server.URL(databaseName), server: server}
	if d.url, err = withRole(roleName, d.owner); err == nil {
		err = createDatabase(ctx, server)
	}
	if err != nil {
		d.stop()
		return database{}, fmt.Errorf("make the database %s: %w", databaseName, err)
	}
	return d, nil
}

// withRole returns the URL for another role. The server's socket accepts every
// role without a password.
func withRole(role, owner string) (string, error) {
	u, err := url.Parse(owner)
	if err != nil {
		return "", err
	}
	u.User = url.User(role)
	return u.String(), nil
}

// checkDatabaseURL connects once. Its error says in one sentence why DATABASE_URL
// cannot be used.
func checkDatabaseURL(ctx context.Context, given string, access dburl.Access) error {
	parsed, err := access.Config("DATABASE_URL", given)
	if err != nil {
		return fmt.Errorf("%w; correct it, or unset it to have a server started", err)
	}
	cfg := parsed.ConnConfig
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if err := access.Login(ctx, cfg); err != nil {
		return err
	}
	c, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("the database of DATABASE_URL (%s:%d/%s) cannot be used: %s; correct the variable, or unset it to have a server started",
			cfg.Host, cfg.Port, cfg.Database, reason(err))
	}
	return c.Close(ctx)
}

const connectTimeout = 5 * time.Second

// reason returns the most specific line of pgx's error, which has many.
func reason(err error) string {
	var pg *pgconn.PgError
	var dns *net.DNSError
	switch {
	case errors.As(err, &pg):
		return pg.Message
	case errors.As(err, &dns) && dns.IsNotFound:
		return "there is no host " + dns.Name
	case pgconn.Timeout(err) || errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %v", connectTimeout)
	}
	lines := strings.Split(cause(err).Error(), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// createDatabase creates the database and the functions' role when they are
// missing. All statements are logged, so that a developer can read what a request
// costs.
func createDatabase(ctx context.Context, server *pgserver.Server) error {
	c, err := pgx.Connect(ctx, server.URL("postgres"))
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	// If a localdev was killed here, the server may still run its statement: wait for it.
	if _, err := c.Exec(ctx, "select pg_advisory_lock(1)"); err != nil {
		return err
	}
	var there bool
	if err := c.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", databaseName).Scan(&there); err != nil {
		return err
	}
	if !there {
		if _, err := c.Exec(ctx, "create database "+databaseName); err != nil {
			return err
		}
	}
	if err := c.QueryRow(ctx, "select exists (select from pg_roles where rolname = $1)", roleName).Scan(&there); err != nil {
		return err
	}
	if !there {
		if _, err := c.Exec(ctx, "create role "+roleName+" login"); err != nil {
			return err
		}
	}
	// On every start, because a localdev may have been killed before this statement.
	_, err = c.Exec(ctx, "alter database "+databaseName+" set log_statement = 'all'")
	return err
}

// String describes the database for the banner, without its password.
func (d database) String() string {
	shown := d.url
	if d.server != nil {
		shown = d.owner
	}
	u, err := url.Parse(shown)
	if err != nil {
		return "the database of DATABASE_URL"
	}
	if d.server != nil { // the URL is also what the command line takes as DATABASE_URL
		return fmt.Sprintf("psql %s   (log: %s)", shellQuote(shown), d.server.LogPath())
	}
	q := u.Query()
	q.Del("password")
	q.Del("sslpassword")
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20") // psql does not read + as a space
	return u.Redacted()
}

// shellQuote quotes a word that a shell would split or expand.
func shellQuote(s string) string {
	if !strings.ContainsAny(s, " \t\n'\"\\$`&|;<>()*?[]#~!{}") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// dataLocation says where the data is stored: in the folder, unless the account
// that runs PostgreSQL cannot enter it.
func (d database) dataLocation(folder string) string {
	if d.server == nil {
		return "the database"
	}
	abs, err := filepath.Abs(folder)
	if inside, e := filepath.Rel(abs, d.server.DataDir()); err == nil && e == nil && filepath.IsLocal(inside) {
		return folder
	}
	return folder + " and " + d.server.DataDir()
}
