package postgres_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
	"roster/shared/postgres"
)

// PostgreSQL understands every statement of the package, with the schema as the
// migrations make it.
func TestStatementsFitTheSchema(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	statements := loadSource(t).statements(t)
	if len(statements) < 20 {
		t.Fatalf("found only %v", slices.Sorted(maps.Keys(statements)))
	}
	for name, text := range statements {
		sql, _, err := postgres.Bind(text, argumentsOf(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := conn.Prepare(t.Context(), name, sql); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(text, "select *") {
			t.Errorf("%s does not name its columns", name)
		}
		if n := regexp.MustCompile(`\$[0-9]+`).FindString(text); n != "" {
			t.Errorf("%s counts an argument (%s) instead of naming it", name, n)
		}
	}
}

// argumentsOf gives a null to each name in a statement.
func argumentsOf(text string) map[string]any {
	args := map[string]any{}
	for _, name := range regexp.MustCompile(`@[a-z_]+`).FindAllString(text, -1) {
		args[name[1:]] = nil
	}
	return args
}

// The test above sees every statement, because there is no other way for SQL to
// reach PostgreSQL than a constant of type statement.
func TestOnlyStatementsReachPostgreSQL(t *testing.T) {
	t.Parallel()
	for _, escape := range loadSource(t).escapes() {
		t.Error(escape)
	}
}

// The test above finds each way around it.
func TestEscapesAreFound(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]string{
		"a literal in a query":     `func f(db *DB) error { return db.exec(nil, query{"f", "select 1", nil}) }`,
		"a literal in a variable":  `var f statement = "select 1"`,
		"a local constant":         `func f() statement { const sql statement = "select 1"; return sql }`,
		"text from elsewhere":      `func f(text string) statement { return statement(text) }`,
		"a statement put together": `func f(s, more statement) statement { return s + more }`,
		"a call of the pool":       `func f(db *DB) { db.pool.QueryRow(nil, "select 1") }`,
		"a batch":                  `func f(b *pgx.Batch) { b.Queue("select 1") }`,
		"another querier":          `func f(q querier) { q.Query(nil, "select 1") }`,
		"a method as a value":      `func f(db *DB) any { return db.pool.Exec }`,
	} {
		source := loadSource(t, "package postgres\n\nimport \"github.com/jackc/pgx/v5\"\n\nvar _ *pgx.Conn\n\n"+code)
		if found := source.escapes(); len(found) == 0 {
			t.Errorf("%s is not found", name)
		}
	}
}
