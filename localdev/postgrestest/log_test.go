package postgrestest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
)

func TestStatementsAreReadFromTheLog(t *testing.T) {
	t.Parallel()
	log := strings.Join([]string{
		"\tthe rest of an entry whose head is not here",
		"2026-11-23 14:00:00.001 UTC [1]  LOG:  database system is ready to accept connections",
		"2026-11-23 14:00:00.002 UTC [2] db LOG:  statement: SELECT 1",
		"2026-11-23 14:00:00.003 UTC [2] db LOG:  execute <unnamed>: SELECT $1",
		"\tFROM t",
		"\t",
		"\t\tWHERE a: b",
		"2026-11-23 14:00:00.003 UTC [2] db DETAIL:  Parameters: $1 = 'secret'",
		"2026-11-23 14:00:00.004 UTC [2] db LOG:  execute stmt_1: SELECT 2",
		"2026-11-23 14:00:00.005 UTC [2] db ERROR:  statement: is not one",
		"2026-11-23 14:00:00.005 UTC [2] db STATEMENT:  SELECT 3",
		"",
	}, "\n")
	want := []string{"SELECT 1", "SELECT $1\nFROM t\n\n\tWHERE a: b", "SELECT 2"}
	if diff := cmp.Diff(want, postgrestest.ParseStatements(log)); diff != "" {
		t.Error(diff)
	}
}
