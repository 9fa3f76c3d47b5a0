package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"roster/localdev/postgrestest"
	"roster/localdev/programtest"
	"roster/shared/fault"
)

// with returns a URL with another user, password and database. "" keeps one.
func with(t *testing.T, address, user, password, database string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if user != "" {
		u.User = url.UserPassword(user, password)
	}
	if database != "" {
		u.Path = "/" + database
	}
	return u.String()
}

// Each message says what is wrong with the database and what to do, whichever command
// meets it, in one line.
func TestErrorsOfTheDatabaseSayWhatToDo(t *testing.T) {
	t.Parallel()
	ours, empty, flasks := postgrestest.URL(t), postgrestest.Empty(t), original(t, "")
	lines := inFile(t, rowsOf(1))
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "postgres://u:hunter2@" + closed.Addr().String() + "/d?sslmode=disable"
	closed.Close()
	const unreachable = "connection refused; check the host and the port in its URL, and that it runs\n"
	missing := func(address string) string { return with(t, address, "", "", "nodb") }
	for name, c := range map[string]struct {
		args []string
		want string // the end of the message
	}{
		"list, no schema":       {[]string{"user", "list", "--database", empty}, "; run roster migrate, or check the database's name in its URL\n"},
		"import, no schema":     {[]string{"import", lines, "--database", empty}, "; run roster migrate, or check the database's name in its URL\n"},
		"list, no database":     {[]string{"user", "list", "--database", missing(ours)}, `database "nodb" does not exist; create it, or check its name in the URL` + "\n"},
		"migrate, no database":  {[]string{"migrate", "--database", missing(ours)}, `database "nodb" does not exist; create it, or check its name in the URL` + "\n"},
		"list, nobody listens":  {[]string{"user", "list", "--database", nobody}, unreachable},
		"migrate, the same":     {[]string{"migrate", "--database", nobody}, unreachable},
		"flask, the same":       {[]string{"import", "flask", "--database", ours, "--from", nobody}, unreachable},
		"flask, no database":    {[]string{"import", "flask", "--database", ours, "--from", missing(flasks)}, `database "nodb" does not exist; create it, or check its name in the URL` + "\n"},
		"flask, another schema": {[]string{"import", "flask", "--database", ours, "--from", empty}, "; check the database's name in --from\n"},
	} {
		r := command(t, nil, c.args...)
		if r.code != exitFailed || r.out != "" || !strings.HasSuffix(r.err, c.want) || strings.Count(r.err, "\n") != 1 ||
			strings.Contains(r.err, "SQLSTATE") || strings.Contains(r.err, "hunter2") {
			t.Errorf("%s: %+v, want the end %q", name, r, c.want)
		}
		if isFlask := strings.HasPrefix(name, "flask, no"); isFlask && !strings.HasPrefix(r.err, "roster: the Flask service's database does not answer") {
			t.Errorf("%s: %s does not say which database", name, r.err)
		}
	}
}

func TestErrorsThatAreNotTheDatabases(t *testing.T) {
	t.Parallel()
	outage := func(cause error) error {
		return &fault.Error{Code: fault.Unavailable, Message: "Try again.", Cause: cause}
	}
	full := &os.PathError{Op: "write", Path: "all.jsonl", Err: errors.New("no space left on device")}
	for want, err := range map[string]error{
		"the command was interrupted":               outage(fmt.Errorf("import a batch: %w", context.Canceled)),
		"write all.jsonl: no space left on device":  outage(fmt.Errorf("export: %w", full)),
		"the command was interrupted; run it again": advisedError{outage(context.Canceled), "run it again"},
	} {
		if got := explain(err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// An export that cannot be written to its end leaves no file behind, neither under the
// name nor under another one. A limit on the size of files stands for a full disk.
func TestExportThatDoesNotFit(t *testing.T) {
	t.Parallel()
	address := postgrestest.URL(t)
	environ := map[string]string{"DATABASE_URL": address}
	if r := command(t, environ, "import", inFile(t, rowsOf(200)), "--apply"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	name := filepath.Join(t.TempDir(), "all.jsonl")
	c := exec.CommandContext(t.Context(), "bash", "-c", `ulimit -f 8; exec "$0" export "$1"`, programtest.Program(t, "cmd/roster"), name)
	c.Env = append(os.Environ(), "DATABASE_URL="+address)
	out, err := c.CombinedOutput()
	want := "roster: write " + name + ".part: file too large; the export is not complete, and there is no file " + name + "\n"
	if err == nil || string(out) != want {
		t.Errorf("%v, %q, want %q", err, out, want)
	}
	if left, err := os.ReadDir(filepath.Dir(name)); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}
