package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"roster/shared/postgres/dburl"
	"roster/shared/postgres/migrations"
)

// oldest is the oldest version of PostgreSQL that Roster supports, as
// server_version_num has it.
const oldest = 140000

// database examines the database. Connections is the stack's parameter
// DatabaseConnections, "" if it is not known.
func (s Subject) database(ctx context.Context, connections string) []Finding {
	const check = "database"
	if s.Env == nil {
		return []Finding{notChecked(check, noSettings, giveSettings)}
	}
	env := s.Env.Scoped()
	url, owner, err := env.DatabaseURLs(ctx)
	access := env.DatabaseAccess()
	if err != nil || url == "" {
		return []Finding{notChecked(check, "no database is given", "set DATABASE_URL, or SECRET_ARN to the secret that has it")}
	}
	cfg, err := access.Config("DATABASE_URL", url)
	if err != nil {
		return []Finding{failed(check, err.Error(), "correct DATABASE_URL where it is set")}
	}
	all := []Finding{encryption(access, cfg.ConnConfig)}
	conn, err := connect(ctx, access, cfg.ConnConfig)
	if err != nil {
		return append(all, unreachable(err))
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	all = append(all, ok("database: reachable", "it answers"), s.databaseClock(ctx, conn))
	for _, examine := range []func(context.Context, *pgx.Conn) Finding{version, encoding, role, roleDefaults, admins} {
		all = append(all, examine(ctx, conn))
	}
	if s.Connections != "" {
		connections = s.Connections
	}
	return append(all, room(ctx, conn, connections), schema(ctx, owner, access))
}

func connect(ctx context.Context, access dburl.Access, cfg *pgx.ConnConfig) (*pgx.Conn, error) {
	cfg = cfg.Copy()
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec // a pooler may not keep prepared statements
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = 10 * time.Second
	}
	if err := access.Login(ctx, cfg); err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, cfg)
}

func encryption(access dburl.Access, cfg *pgx.ConnConfig) Finding {
	const check = "database: TLS"
	if warnings := access.Warnings("DATABASE_URL", cfg); len(warnings) > 0 {
		return warning(check, strings.Join(warnings, "; "), "write sslmode=verify-full into DATABASE_URL: docs/database.md#tls")
	}
	return ok(check, "the server's certificate is checked, or the server is on this machine")
}

// unreachable says what to do about a connection that failed.
func unreachable(err error) Finding {
	fix := "check host and port of DATABASE_URL, and that the security group lets this machine in"
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg) && (pg.Code == "28P01" || pg.Code == "28000"):
		fix = "correct user and password in DATABASE_URL: docs/secrets.md#the-databases-password"
	case errors.As(err, &pg) && pg.Code == "3D000":
		fix = "correct the name of the database in DATABASE_URL, or create it: docs/database.md#roles"
	case errors.As(err, &pg) && pg.Code == "53300":
		fix = "the server has no connection left: docs/database.md#connections"
	case strings.Contains(err.Error(), "certificate"):
		fix = "give the authority of the server's certificate as DATABASE_CA: docs/database.md#tls"
	}
	return failed("database: reachable", reason(dburl.Explain(err)), fix)
}

// reason returns PostgreSQL's message, or the last line of an error of pgx, which has
// a line for each attempt.
func reason(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Message
	}
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

func version(ctx context.Context, conn *pgx.Conn) Finding {
	const check = "database: version"
	var number int
	var text string
	const query = `select current_setting('server_version_num')::int, current_setting('server_version')`
	if err := conn.QueryRow(ctx, query).Scan(&number, &text); err != nil {
		return failed(check, reason(err), "")
	}
	return judgeVersion(number, text)
}

func judgeVersion(number int, text string) Finding {
	const check = "database: version"
	if number < oldest {
		return failed(check, "PostgreSQL "+text+" is too old", "upgrade the server to PostgreSQL 14 or newer")
	}
	return ok(check, "PostgreSQL "+text)
}

func encoding(ctx context.Context, conn *pgx.Conn) Finding {
	const check = "database: encoding"
	var name string
	if err := conn.QueryRow(ctx, `select current_setting('server_encoding')`).Scan(&name); err != nil {
		return failed(check, reason(err), "")
	}
	if name != "UTF8" {
		return failed(check, "the database has the encoding "+name, "create the database with encoding 'UTF8' template template0: docs/database.md#roles")
	}
	return ok(check, name)
}

// role looks at what the functions could do to the audit log.
func role(ctx context.Context, conn *pgx.Conn) Finding {
	const check = "database: role of the functions"
	var name string
	var super, may bool
	const query = `select current_user, rolsuper, to_regclass('audit') is not null and (has_table_privilege(to_regclass('audit'), 'update')
		or has_table_privilege(to_regclass('audit'), 'delete') or pg_has_role((select relowner from pg_class where oid = to_regclass('audit')), 'member'))
		from pg_roles where rolname = current_user`
	if err := conn.QueryRow(ctx, query).Scan(&name, &super, &may); err != nil {
		return failed(check, reason(err), "")
	}
	switch {
	case super:
		return warning(check, name+" is a superuser", "give the functions a role of their own: docs/operate.md#give-the-functions-a-role-of-their-own")
	case may:
		return warning(check, name+" can alter the schema or the audit log", "give the functions a role of their own: docs/operate.md#give-the-functions-a-role-of-their-own")
	}
	return ok(check, name+" can alter neither the schema nor the audit log")
}

// roleDefaults compares what holds in a session of the functions' role. An operator
// may have chosen other times, but none is a risk.
func roleDefaults(ctx context.Context, conn *pgx.Conn) Finding {
	const check = "database: defaults of the role"
	defaults := migrations.RoleDefaults()
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(defaults)) {
		var value string
		if err := conn.QueryRow(ctx, `select current_setting($1)`, name).Scan(&value); err != nil {
			return failed(check, reason(err), "")
		}
		if value == "0" || name == "plan_cache_mode" && value != defaults[name] {
			wrong = append(wrong, fmt.Sprintf("%s is %s and not %s", name, value, defaults[name]))
		}
	}
	if len(wrong) > 0 {
		return warning(check, strings.Join(wrong, ", "), "run roster migrate, which sets those that are not set; a value that you have set with alter role stays: docs/database.md#roles")
	}
	return ok(check, "time limits and plan_cache_mode are set")
}

func admins(ctx context.Context, conn *pgx.Conn) Finding {
	const check = "database: an active ADMIN"
	var there bool
	if err := conn.QueryRow(ctx, `select exists (select from users where role = 'ADMIN' and active)`).Scan(&there); err != nil {
		return failed(check, reason(err), "run roster migrate, and then roster seed-admin")
	}
	if !there {
		return failed(check, "there is none, so nobody can administer and nobody can register", "run roster seed-admin")
	}
	return ok(check, "there is one")
}

// schema compares the migrations of this program with those of the database.
func schema(ctx context.Context, owner string, access dburl.Access) Finding {
	const check = "database: migrations"
	missing, err := migrations.Missing(ctx, owner, access)
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg) && pg.Code == "42501":
		return notChecked(check, "the functions' role may not read them", "set MIGRATE_DATABASE_URL for the role that owns the tables, or MIGRATE_SECRET_ARN")
	case err != nil:
		return failed(check, reason(err), "correct MIGRATE_DATABASE_URL where it is set")
	case len(missing) > 0:
		return failed(check, fmt.Sprintf("%d are missing, from %s on", len(missing), missing[0]), "run roster migrate, or deploy this version")
	}
	return ok(check, "all are applied")
}
