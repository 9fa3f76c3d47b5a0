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

// tablePrivileges is everything that the functions' role may do. Only the owner
// can alter or delete an entry of the audit log; the functions cannot. An identity
// column needs no privilege for its sequence; the functions read that of users to
// say in the log that it is behind.
var tablePrivileges = []struct{ table, privileges string }{
	{"users", "select, insert, update, delete"},
	{"resets", "select, insert, update, delete"},
	{"sessions", "select, insert, update, delete"},
	{"devices", "select, insert, update, delete"},
	{"limits", "select, insert, update, delete"},
	{"audit", "select, insert"},
	{"audit_heads", "select, insert, update"},
}

// Grant gives the role of the functions what they need, and revokes everything
// else that the role may have been given. Both arguments are URLs; owner is for
// the role that migrates. Grant can be repeated.
//
// If both are one role, that role loses the privilege to alter the audit log.
// This protects the log from mistakes and from injected SQL. It does not protect
// the log from the role itself, because an owner may grant itself anything.
//
// The functions' role gets timeouts and other defaults as well. With one role for
// both, they hold for the operator's own work, too; docs/database.md says how to lift
// them.
func Grant(ctx context.Context, owner, functions string, access dburl.Access) error {
	ownerConfig, err := access.Config(ownerURL, owner)
	if err != nil {
		return err
	}
	functionsConfig, err := access.Config("DATABASE_URL", functions)
	if err != nil {
		return err
	}
	as, to := ownerConfig.ConnConfig, functionsConfig.ConnConfig.User
	isOwner := as.User == to
	if err := asRole(ctx, open(as, access), func(tx *sql.Tx) error { return grant(ctx, tx, to, isOwner) }); err != nil {
		return fmt.Errorf("grant the functions' role its privileges: %w", err)
	}
	if !isOwner {
		if err := asRole(ctx, open(as, access), func(tx *sql.Tx) error { return resetRoleDefaults(ctx, tx) }); err != nil {
			return fmt.Errorf("reset the defaults of the owner: %w", err)
		}
	}
	return SetRoleDefaults(ctx, functions, access)
}

func grant(ctx context.Context, tx *sql.Tx, role string, isOwner bool) error {
	statements, err := grantStatements(ctx, tx, role, isOwner)
	if err != nil {
		return err
	}
	for _, q := range statements {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return explainMissingRole(err, role)
		}
	}
	if err := refuseCreate(ctx, tx, role, isOwner); err != nil {
		return err
	}
	var can bool
	const query = `select has_table_privilege($1, 'audit', 'update') or has_table_privilege($1, 'audit', 'delete')`
	err = tx.QueryRowContext(ctx, query, role).Scan(&can)
	if can {
		const warning = "the role of DATABASE_URL can alter the audit log: it is a superuser or belongs to a role that may"
		slog.WarnContext(ctx, warning, "role", role)
	}
	return err
}

// refuseCreate returns an error if the functions' role may make tables. The
// statements above have revoked that, unless the schema is another role's: then
// PostgreSQL only warns. A superuser may do anything, which the warning in grant
// says.
func refuseCreate(ctx context.Context, tx *sql.Tx, role string, isOwner bool) error {
	if isOwner {
		return nil
	}
	var may bool
	const query = `select has_schema_privilege(rolname, 'public', 'create') and not rolsuper from pg_roles where rolname = $1`
	if err := tx.QueryRowContext(ctx, query, role).Scan(&may); err != nil {
		return err
	}
	if may {
		return fmt.Errorf("the role %s of DATABASE_URL may make tables in the schema public, and the role that migrates cannot revoke that; "+
			"as the owner of the schema run: revoke create on schema public from public, %s", role, pgx.Identifier{role}.Sanitize())
	}
	return nil
}

func grantStatements(ctx context.Context, tx *sql.Tx, role string, isOwner bool) ([]string, error) {
	name := pgx.Identifier{role}.Sanitize()
	if isOwner {
		return []string{"revoke update, delete, truncate on audit from " + name}, nil
	}
	relations, err := ownedRelations(ctx, tx)
	if err != nil {
		return nil, err
	}
	// PostgreSQL 14 lets every role make tables in public, and 15 no longer does.
	statements := []string{"revoke create on schema public from public, " + name, "grant usage on schema public to " + name}
	for _, relation := range relations {
		statements = append(statements, "revoke all on "+relation+" from "+name)
	}
	var users string
	if err := tx.QueryRowContext(ctx, "select pg_get_serial_sequence('users', 'id')").Scan(&users); err != nil {
		return nil, err
	}
	statements = append(statements, "grant select on sequence "+users+" to "+name)
	for _, t := range tablePrivileges {
		statements = append(statements, "grant "+t.privileges+" on "+t.table+" to "+name)
	}
	return statements, nil
}

// ownedRelations returns our tables and sequences, quoted. The schema may have
// others.
func ownedRelations(ctx context.Context, tx *sql.Tx) (names []string, err error) {
	const list = `select coalesce(json_agg(format('%I.%I', nspname, relname)), '[]')
		from pg_class c join pg_namespace n on n.oid = relnamespace
		where nspname = 'public' and relkind in ('r', 'S') and pg_get_userbyid(relowner) = current_user`
	var text []byte
	if err := tx.QueryRowContext(ctx, list).Scan(&text); err != nil {
		return nil, err
	}
	return names, json.Unmarshal(text, &names)
}

// explainMissingRole says what to do when the role does not exist.
func explainMissingRole(err error, role string) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42704" {
		const missing = "the role %s of DATABASE_URL does not exist; create it with: create role %s login password '…'"
		return fmt.Errorf(missing, role, pgx.Identifier{role}.Sanitize())
	}
	return err
}

// asRole runs f in a transaction of the role that db logs in as, under the lock of
// the migrations, and closes db.
func asRole(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	defer db.Close()
	return locked(ctx, db, f)
}
