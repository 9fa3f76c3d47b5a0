// These tests run the functions as they are deployed: each real binary is a
// process of its own behind the Lambda Runtime API, with the variables that
// template.yaml gives it and no others, a real PostgreSQL, and real clients of
// AWS whose services are played on this machine.
package functions_test

import (
	"os"
	"path/filepath"
	"testing"

	"roster"
	"roster/localdev/postgrestest"
	"roster/localdev/programtest"
	"roster/shared/aws/sam"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

// binary returns a built function's path. All are built for the first caller.
func binary(t testing.TB, name string) string {
	t.Helper()
	return filepath.Join(programtest.Functions(t), name)
}

func template(t testing.TB) *sam.Template {
	t.Helper()
	parsed, err := sam.Parse(roster.Template)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
