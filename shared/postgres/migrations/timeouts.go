package migrations

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"roster/shared/postgres/dburl"
)

// timeouts bound what one function may hold up. They are defaults of its role in
// this database, because SET does not survive a pooler's transaction mode.
var timeouts = []struct{ setting, value string }{
	{"lock_timeout", "200ms"},
	{"statement_timeout", "2s"},
	{"idle_in_transaction_session_timeout", "3s"},
	// A sandbox that Lambda has frozen cannot close its connection, so the server
	// does. 30 s is longer than the pauses of a busy sandbox, which then keeps its
	// connection, and short enough for those of a burst to be free soon.
	{"idle_session_timeout", "30s"},
}

// SetTimeouts bounds what the role of functions, a URL, may hold up. What the
// role has already stays, because an operator may have a reason. The role sets
// its own defaults: another's, only a role that may create roles.
func SetTimeouts(ctx context.Context, functions string, access dburl.Access) error {
	cfg, err := access.Config("DATABASE_URL", functions)
	if err != nil {
		return err
	}
	if err := asRole(ctx, open(cfg.ConnConfig, access), func(tx *sql.Tx) error { return setTimeouts(ctx, tx) }); err != nil {
		return fmt.Errorf("set the timeouts of the functions' role: %w", err)
	}
	return nil
}

func setTimeouts(ctx context.Context, tx *sql.Tx) error {
	set, err := settingsOfRole(ctx, tx)
	if err != nil {
		return err
	}
	for _, t := range timeouts {
		if _, there := set[t.setting]; there {
			continue
		}
		if err := alterRole(ctx, tx, fmt.Sprintf("set %s = '%s'", t.setting, t.value)); err != nil {
			return err
		}
	}
	return nil
}

// resetTimeouts takes them from the role that runs it, which was the functions'
// before they got one of their own. What an operator has set stays.
func resetTimeouts(ctx context.Context, tx *sql.Tx) error {
	set, err := settingsOfRole(ctx, tx)
	if err != nil {
		return err
	}
	for _, t := range timeouts {
		if set[t.setting] != t.value {
			continue
		}
		if err := alterRole(ctx, tx, "reset "+t.setting); err != nil {
			return err
		}
	}
	return nil
}

// alterRole changes a default of the role that runs it, in this database.
func alterRole(ctx context.Context, tx *sql.Tx, change string) error {
	var database string
	if err := tx.QueryRowContext(ctx, "select current_database()").Scan(&database); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "alter role current_user in database "+pgx.Identifier{database}.Sanitize()+" "+change)
	return err
}

const sqlSettingsOfRole = `
select coalesce(string_agg(setting, E'\n'), '') from (
	select unnest(setconfig) from pg_db_role_setting
	where setdatabase = (select oid from pg_database where datname = current_database())
	and setrole = (select oid from pg_roles where rolname = current_user)
) as s (setting)`

// settingsOfRole are the defaults that the role has in this database.
func settingsOfRole(ctx context.Context, tx *sql.Tx) (map[string]string, error) {
	var lines string
	if err := tx.QueryRowContext(ctx, sqlSettingsOfRole).Scan(&lines); err != nil {
		return nil, err
	}
	set := map[string]string{}
	for line := range strings.Lines(lines) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		set[name] = value
	}
	return set, nil
}
