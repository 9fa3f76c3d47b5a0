package migrations_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"roster/shared/postgres/migrations"
)

// outside matches what Aurora DSQL does not take, as far as words can tell.
var outside = regexp.MustCompile(`(?i)\b(trigger|function|procedure|plpgsql|create\s+type|create\s+domain|create\s+extension|create\s+rule|truncate|savepoint|rollback\s+to|listen|notify|unlogged|temporary|temp|inherits|tablespace|drop\s+(table|column))\b|\bdo\s+\$`)

// oneStatement matches one DDL statement, or one that fills a table.
var oneStatement = regexp.MustCompile(`(?is)^\s*((create|alter|drop)\s+(unique\s+)?(table|index|view)|insert\s+into)\s[^;]*;\s*$`)

var fileName = regexp.MustCompile(`^\d{5}_[a-z][a-z0-9_]*\.sql$`)

func TestMigrationsStayInTheSubset(t *testing.T) {
	t.Parallel()
	for _, name := range names(t) {
		text, err := fs.ReadFile(migrations.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range problems(name, string(text)) {
			t.Errorf("%s %s", name, problem)
		}
	}
}

func problems(name, text string) (found []string) {
	note := func(bad bool, problem string) {
		if bad {
			found = append(found, problem)
		}
	}
	note(!fileName.MatchString(name), "is not named NNNNN_what_it_does.sql")
	body, marked := strings.CutPrefix(text, "-- +goose Up\n")
	note(!marked, "does not begin with -- +goose Up")
	note(strings.Contains(body, "+goose"), "has a step back, or another annotation")
	note(outside.MatchString(body), "uses "+outside.FindString(body))
	note(!oneStatement.MatchString(body), "is not one statement that makes, alters or fills a table")
	return found
}

// The test above is only as good as its patterns.
func TestProblems(t *testing.T) {
	t.Parallel()
	const up = "-- +goose Up\n"
	for text, want := range map[string]string{
		up + "create table t (id int);\n":                                                       "",
		up + "create unique index i on t (lower(x)) where y;\n":                                 "",
		up + "alter table t add column c text not null default '';\n":                           "",
		"create table t (id int);\n":                                                            "does not begin with -- +goose Up",
		up + "create table t (id int);\n-- +goose Down\ndrop table t;\n":                        "has a step back, or another annotation",
		up + "create table t (id int); create table u (id int);\n":                              "is not one statement that makes, alters or fills a table",
		up + "insert into t values (1);\n":                                                      "",
		up + "update t set c = 1;\n":                                                            "is not one statement that makes, alters or fills a table",
		up + "create trigger x after insert on t execute function f();\n":                       "uses trigger",
		up + "create function f() returns int language plpgsql as $$ begin return 1; end $$;\n": "uses function",
		up + "do $$ begin end $$;\n":                                                            "uses do $",
		up + "create type mood as enum ('a');\n":                                                "uses create type",
		up + "truncate t;\n":                                                                    "uses truncate",
		up + "savepoint a;\n":                                                                   "uses savepoint",
		up + "alter table t drop column c;\n":                                                   "uses drop column",
	} {
		found := strings.Join(problems("00001_x.sql", text), "; ")
		if (want == "" && found != "") || !strings.Contains(found, want) {
			t.Errorf("%q: found %q, want %q", text, found, want)
		}
	}
	if found := problems("1.sql", up+"create table t (id int);\n"); len(found) != 1 {
		t.Errorf("a bad file name: %q", found)
	}
}
