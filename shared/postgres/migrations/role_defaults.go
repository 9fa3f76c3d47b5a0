package migrations

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"roster/shared/postgres/dburl"
)

// roleDefaults are settings of the functions' role in this database, because SET
// does not survive transaction pooling.
var roleDefaults = []struct{ setting, value string }{
	// How long a function may hold up others.
	{"lock_timeout", "200ms"},
	{"statement_timeout", "2s"},
	{"idle_in_transaction_session_timeout", "3s"},
	// A sandbox that Lambda has frozen cannot close its connection, so the server
	// closes it. A busy sandbox is never idle for 30 s, so it keeps its connection.
	// After a burst the connections are free again 30 s later.
	{"idle_session_timeout", "30s"},
	// Planning a statement costs more than running it. Every statement finds its rows
	// by an index, whatever its arguments are, so one plan serves all of them
	// (TestGenericPlansUseIndexes).
	{"plan_cache_mode", "force_generic_plan"},
}

// RoleDefaults returns these settings and their values.
func RoleDefaults() map[string]string {
	all := map[string]string{}
	for _, d := range roleDefaults {
		all[d.setting] = d.value
	}
	return all
}

// SetRoleDefaults gives the role of functions, a URL, its defaults. A value that the
// role has already is kept, because an operator may have a reason for it. The role
// sets its own defaults. Only a role that may create roles can set those of
// another.
func SetRoleDefaults(ctx context.Context, functions string, access dburl.Access) error {
	cfg, err := access.Config("DATABASE_URL", functions)
	if err != nil {
		return err
	}
	if err := asRole(ctx, open(cfg.ConnConfig, access), func(tx *sql.Tx) error { return setRoleDefaults(ctx, tx) }); err != nil {
		return fmt.Errorf("set the defaults of the functions' role: %w", err)
	}
	return nil
}

func setRoleDefaults(ctx context.Context, tx *sql.Tx) error {
	set, err := settingsOfRole(ctx, tx)
	if err != nil {
		return err
	}
	for _, t := range roleDefaults {
		if _, there := set[t.setting]; there {
			continue
		}
		if err := alterRole(ctx, tx, fmt.Sprintf("set %s = '%s'", t.setting, t.value)); err != nil {
			return err
		}
	}
	return nil
}

// resetRoleDefaults removes these defaults from the role that runs it. It has them if
// it was the functions' role before these got one of their own. A value that an
// operator has set is kept.
func resetRoleDefaults(ctx context.Context, tx *sql.Tx) error {
	set, err := settingsOfRole(ctx, tx)
	if err != nil {
		return err
	}
	for _, t := range roleDefaults {
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

// settingsOfRole returns the defaults that the role has in this database.
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
