// These tests run the functions as they are deployed: each binary is a process of
// its own behind the Lambda Runtime API, with exactly the variables that
// template.yaml gives it. PostgreSQL and the clients of AWS are real; the services
// of AWS are played on this machine. The tests of template.yaml are here, too.
package functions_test

import (
	"bytes"
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
	if bin, err = os.MkdirTemp("", "roster-functions-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(bin)
	return postgrestest.Main(m)
}

// bin is the folder of the built binaries.
var bin string

var build = sync.OnceValue(func() error {
	return runtimeapi.Build(context.Background(), []string{"...", "testdata/hello"}, bin)
})

// binary returns a built function's path. All are built for the first caller.
func binary(t testing.TB, name string) string {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(bin, name)
}

func readTemplate(t testing.TB) *sam.Template {
	t.Helper()
	parsed, err := sam.Parse(roster.Template)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// eventually polls: another process gives no event to wait for.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); !done(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

// log can be read while it is written.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
