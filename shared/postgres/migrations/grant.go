package migrations

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"roster/shared/postgres/dburl"
)

// rights is all that the functions' role may do, by table. Nobody but the
// owner, and not even the functions, can alter or delete what the audit log
// says. The one sequence belongs to an identity column and needs no right.
var rights = []struct{ table, may string }{
	{"users", "select, insert, update, delete"},
	{"resets", "select, insert, update, delete"},
	{"sessions", "select, insert, update, delete"},
	{"limits", "select, insert, update, delete"},
	{"audit", "select, insert"},
	{"audit_heads", "select, insert, update"},
}

// Grant gives the role of functions, a URL, what the functions need, and takes
// away whatever else it may have been given; owner is the URL of the role that
// migrates. It can be repeated. Where both are one role, that role loses the
// right to alter the audit log, which keeps mistakes and injected SQL from it,
// and not the role itself: an owner may grant itself anything.
//
// The functions' role gets the timeouts, and with one role for both they hold
// for the operator's own work as well; docs/database.md says how to lift them.
func Grant(ctx context.Context, owner, functions string, access dburl.Access) error {
	migrator, err := access.Config(ownerURL, owner)
	if err != nil {
		return err
	}
	grantee, err := access.Config("DATABASE_URL", functions)
	if err != nil {
		return err
	}
	as, to := migrator.ConnConfig, grantee.ConnConfig.User
	one := as.User == to
	if err := asRole(ctx, open(as, access), func(tx *sql.Tx) error { return grant(ctx, tx, to, one) }); err != nil {
		return fmt.Errorf("grant the functions' role its rights: %w", err)
	}
	if !one {
		if err := asRole(ctx, open(as, access), func(tx *sql.Tx) error { return resetTimeouts(ctx, tx) }); err != nil {
			return fmt.Errorf("take the functions' timeouts from the owner: %w", err)
		}
	}
	return SetTimeouts(ctx, functions, access)
}

func grant(ctx context.Context, tx *sql.Tx, role string, one bool) error {
	name := pgx.Identifier{role}.Sanitize()
	ours, err := owned(ctx, tx)
	if err != nil {
		return err
	}
	statements := []string{"grant usage on schema public to " + name}
	for _, relation := range ours {
		statements = append(statements, "revoke all on "+relation+" from "+name)
	}
	for _, r := range rights {
		statements = append(statements, "grant "+r.may+" on "+r.table+" to "+name)
	}
	if one {
		statements = []string{"revoke update, delete, truncate on audit from " + name}
	}
	for _, q := range statements {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return missing(err, role)
		}
	}
	var can bool
	err = tx.QueryRowContext(ctx, "select has_table_privilege($1, 'audit', 'update') or has_table_privilege($1, 'audit', 'delete')", role).Scan(&can)
	if can {
		slog.WarnContext(ctx, "the role of DATABASE_URL can alter the audit log: it is a superuser or belongs to a role that may", "role", role)
	}
	return err
}

// owned are our tables and sequences, quoted; there may be others in the schema.
func owned(ctx context.Context, tx *sql.Tx) (names []string, err error) {
	const list = `select coalesce(json_agg(format('%I.%I', nspname, relname)), '[]') from pg_class c join pg_namespace n on n.oid = relnamespace
		where nspname = 'public' and relkind in ('r', 'S') and pg_get_userbyid(relowner) = current_user`
	var text []byte
	if err := tx.QueryRowContext(ctx, list).Scan(&text); err != nil {
		return nil, err
	}
	return names, json.Unmarshal(text, &names)
}

// missing says what to do about a role that is not there.
func missing(err error, role string) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42704" {
		return fmt.Errorf("the role %s of DATABASE_URL does not exist; create it with: create role %s login password '…'", role, pgx.Identifier{role}.Sanitize())
	}
	return err
}

// asRole runs f in a transaction of a role, under the migrations' lock, and
// closes its connection.
func asRole(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	defer db.Close()
	return locked(ctx, db, f)
}
