// These tests run Roster against parts of AWS that nobody here wrote: AWS's own
// Lambda Runtime Interface Emulator, the sample events of AWS's SAM CLI, moto's
// Secrets Manager, KMS and SES, and npm's aws-ses-v2-local. They are a module of
// their own, so that Roster itself needs none of these. Run them with make aws.
//
// Where a part does something else than AWS documents, the test says so beside
// the line that bears with it.
package aws_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"roster"
	"roster/localdev/postgrestest"
	"roster/localdev/runtimeapi"
	"roster/shared/aws/sam"
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	if bin, err = os.MkdirTemp("", "roster-aws-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(bin)
	code := postgrestest.Main(m)
	stopShared()
	if left := processesOf(bin); len(left) > 0 {
		fmt.Fprintln(os.Stderr, "these processes were left behind:", left)
		return 1
	}
	return code
}

// bin is where the functions and the emulator are, once built.
var bin string

// functions are the ones that run here.
var functions = []string{"authorizer", "forget_password", "get_user", "health", "jwks", "login", "not_found", "reset_password", "rotate_keys", "seed_admin"}

var build = sync.OnceValue(func() error {
	var folders []string
	for _, name := range functions {
		folders = append(folders, filepath.Join("..", "..", "functions", name))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	return runtimeapi.Build(ctx, folders, bin)
})

// binary returns the path of a function, built as it is deployed.
func binary(t testing.TB, name string) string {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(bin, name)
}

var template = sync.OnceValue(func() *sam.Template {
	parsed, err := sam.Parse(roster.Template)
	if err != nil {
		panic(err) // the root's own tests read it
	}
	return parsed
})

// eventually polls, for what another process does has no event to wait for.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); !done(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}
