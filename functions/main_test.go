// These tests run the functions as they are deployed: each binary is a process of
// its own behind the Lambda Runtime API, with exactly the variables that
// template.yaml gives it. PostgreSQL and the clients of AWS are real; the services
// of AWS are played on this machine. The tests of template.yaml are here, too.
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

func readTemplate(t testing.TB) *sam.Template {
	t.Helper()
	parsed, err := sam.Parse(roster.Template)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
