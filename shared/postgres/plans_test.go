package postgres_test

import (
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
	"roster/shared/postgres"
)

var planUsers = flag.Int("plan-users", 5000, "accounts in TestGenericPlansUseIndexes, and as many rows in each other table")

// wholeTables are the statements that read a whole table, and why that is right.
var wholeTables = map[string]string{
	"sqlEndAllSessions": "an operator ends the sessions of everybody",
	"sqlEraseFromAudit": "an operator erases an account from the log, by its actor too",
	"sqlTrimAudit":      "an operator removes the beginning of the log",
	"sqlAuditRows":      "an operator has the log verified",
	"sqlAllAccounts":    "an operator exports everything, by a cursor",
	"sqlHasUsers":       "it stops at the first row",
	"sqlSequenceBehind": "it is asked when an account could not be stored, for the log",
}

// One plan serves every argument of a statement, because plan_cache_mode of the
// functions' role says so. So no plan may depend on an argument to find its rows by
// an index: with a null, too, and in tables of any size.
func TestGenericPlansUseIndexes(t *testing.T) {
	t.Parallel()
	fillTables(t, *planUsers)
	conn, err := pgx.Connect(t.Context(), postgrestest.URL(t)) // the owner, for the statements of operators
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "set plan_cache_mode = force_generic_plan"); err != nil {
		t.Fatal(err)
	}
	for name, text := range loadSource(t).statements(t) {
		if !regexp.MustCompile(`^\s*(with|select|insert|update|delete)\b`).MatchString(text) {
			continue // grant and the like have no plan
		}
		plan := genericPlan(t, conn, name, text)
		whole := regexp.MustCompile(`Seq Scan on (users|sessions|devices|resets|limits|audit)\b`).FindString(plan)
		if why := wholeTables[name]; whole != "" && why == "" {
			t.Errorf("%s: %s\n%s", name, whole, plan)
		}
	}
}

// genericPlan returns the plan of a statement for any arguments.
func genericPlan(t *testing.T, conn *pgx.Conn, name, text string) string {
	t.Helper()
	sql, values, err := postgres.Bind(text, argumentsOf(text))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "prepare "+name+" as "+sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	nulls := strings.Join(slices.Repeat([]string{"null"}, len(values)), ", ")
	if nulls != "" {
		nulls = "(" + nulls + ")"
	}
	rows, err := conn.Query(t.Context(), fmt.Sprintf("explain execute %s%s", name, nulls), pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return strings.Join(lines, "\n")
}

// fillTables fills every table with so many rows.
func fillTables(t *testing.T, rows int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, sql := range []string{
		`insert into users (uuid, username, first_name, last_name, email, password_hash, created_at, updated_at)
			select gen_random_uuid(), 'user' || n, 'A', 'B', 'user' || n || '@example.com', '', now(), now() from generate_series(1, $1::int) n`,
		`insert into sessions (id, user_id, version, generation, hash, method, device_name, user_agent, address, created_at, last_used_at, idle_ends_at, ends_at)
			select gen_random_uuid(), id, 1, 1, sha256(uuid_send(uuid)), 'pwd', '', '', '', now(), now(), now(), now() from users where id <= $1`,
		`insert into devices (hash, user_id, version, created_at, last_used_at)
			select sha256(uuid_send(uuid)), id, 1, now(), now() from users where id <= $1`,
		`insert into resets (hash, user_id, created_at, expires_at) select sha256(uuid_send(uuid)), id, now(), now() from users where id <= $1`,
		`insert into limits (key, backoff, most, taken, in_a_row, until, account)
			select sha256(uuid_send(uuid)), id % 2 = 0, 5, 1, id % 9, now(), case when id % 3 = 0 then uuid end from users where id <= $1`,
		`insert into audit (chain, seq, at, actions, actor, target, event, hash)
			select id % 16, id, now() - id * interval '1 second', '{login}', case when id % 10 = 0 then gen_random_uuid() end, uuid, '{}', '' from users where id <= $1`,
	} {
		if _, err := conn.Exec(t.Context(), sql, rows); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.Exec(t.Context(), "analyze"); err != nil {
		t.Fatal(err)
	}
}
