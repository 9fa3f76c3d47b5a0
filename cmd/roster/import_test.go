package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
	"roster/localdev/programtest"
	"roster/shared/directory"
)

// rowsOf returns n lines of accounts.
func rowsOf(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"uuid":"00000000-0000-4000-8000-%012d","username":"user%d","first_name":"First","last_name":"Last","email":"user%d@example.com","created_at":"2020-01-01T00:00:00Z"}`+"\n", i, i, i)
	}
	return b.String()
}

func inFile(t *testing.T, text string) (name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "users.jsonl")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func countUsers(t *testing.T) (n int) {
	t.Helper()
	if err := postgrestest.Pool(t).QueryRow(t.Context(), "select count(*) from users").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Entries without a MAC make a later roster audit verify fail, so a command that writes
// says so before.
func TestAWriteWithoutTheKeyOfTheMACsIsWarnedOf(t *testing.T) {
	t.Parallel()
	const warning = "warning: neither ROOT_KEY nor AUDIT_KEY is set, so this command's entries in the audit log have no MAC, and roster audit verify will report them\n"
	without := map[string]string{"DATABASE_URL": postgrestest.URL(t)}
	with := map[string]string{"DATABASE_URL": postgrestest.URL(t), "ROOT_KEY": "canary-0123456789-ABCDEF-abcdefgh"}
	name := inFile(t, rowsOf(3))
	for _, c := range []struct {
		line string
		want string
	}{
		{"import " + name, ""},
		{"import " + name + " --apply", warning},
		{"user show user1", ""},
		{"user deactivate user1", warning},
		{"user create ann --email ann@example.com --first-name Ann --last-name Lee", warning},
		{"user delete user2 --yes", warning},
		{"audit prune --before 2020-01-01 --yes", warning},
	} {
		if r := command(t, without, strings.Fields(c.line)...); r.err != c.want || r.code != exitOK {
			t.Errorf("%s: %+v, want %q", c.line, r, c.want)
		}
	}
	for _, line := range []string{"user activate user1", "import " + name + " --apply"} {
		if r := command(t, with, strings.Fields(line)...); r.err != "" || r.code != exitOK {
			t.Errorf("%s with the key: %+v", line, r)
		}
	}
}

// An empty file is told as such.
func TestAnEmptyFileHasNoRows(t *testing.T) {
	t.Parallel()
	r := command(t, map[string]string{"DATABASE_URL": postgrestest.URL(t)}, "import", inFile(t, ""))
	if want := "rows read  0\ncreated    0\nThis was a dry run, and nothing was written. --apply imports.\n"; r.out != want || r.code != exitOK {
		t.Errorf("%+v, want %q", r, want)
	}
}

func TestImportWritesOnlyWithApply(t *testing.T) {
	t.Parallel()
	environ := map[string]string{"DATABASE_URL": postgrestest.URL(t)}
	name := inFile(t, rowsOf(3)+`{"username":"Jürgen","first_name":"J","last_name":"M","email":"j@example.com"}`+"\n")
	const refused = "row 4 (Jürgen): username must be 3 to 32 ASCII letters, digits, '.', '_' or '-', the first and last a letter or digit; a username could be juergen\n"
	const failed = "roster: 1 of 4 rows were refused; the report says why. Repair them where they come from, and run the command again\n"

	r := command(t, environ, "import", name)
	want := "rows read  4\ncreated    3\nrefused    1\n" + refused + "This was a dry run, and nothing was written. --apply imports.\n"
	if diff := cmp.Diff(result{want, failed, exitFailed}, r, cmp.AllowUnexported(result{})); diff != "" || countUsers(t) != 0 {
		t.Errorf("dry run: %d accounts (-want +got):\n%s", countUsers(t), diff)
	}
	r = command(t, environ, "import", name, "--apply")
	if r.out != "rows read  4\ncreated    3\nrefused    1\n"+refused || r.code != exitFailed || countUsers(t) != 3 {
		t.Errorf("%+v", r)
	}
	list := filepath.Join(t.TempDir(), "refused.jsonl")
	c := terminal()
	c.in = strings.NewReader(rowsOf(3))
	r = at(t, c, environ, "import", "-", "--apply", "--json", "--refused", list, "--policy", "update")
	var report directory.Report
	if err := json.Unmarshal([]byte(r.out), &report); err != nil || r.code != exitOK || report.Unchanged != 3 || report.DryRun {
		t.Errorf("%+v, %v", r, err)
	}
	command(t, environ, "import", name, "--refused", list)
	text, err := os.ReadFile(list)
	if err != nil || !strings.HasPrefix(string(text), `{"row":4,"username":"Jürgen","fields":{"username":`) {
		t.Errorf("%s, %v", text, err)
	}
}

func TestImportRefusesMistakes(t *testing.T) {
	t.Parallel()
	environ := map[string]string{"DATABASE_URL": postgrestest.URL(t)}
	name := inFile(t, rowsOf(1))
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no file", nil, exitUsage, "give the file: roster import FILE"},
		{"two files", []string{name, name}, exitUsage, "\"" + name},
		{"a file that is missing", []string{name + "x"}, exitFailed, "open " + name + "x: no such file or directory"},
		{"a policy", []string{name, "--policy", "replace"}, exitUsage, "--policy must be skip, update or fail"},
		{"a deployment", []string{name, "--url", "https://accounts.example.com"}, exitUsage, "this command works on a database"},
		{"a folder for the refused", []string{name, "--refused", t.TempDir()}, exitFailed, "open "},
	} {
		t.Run(c.name, func(t *testing.T) {
			command(t, environ, append([]string{"import"}, c.args...)...).fails(t, c.code, c.want)
		})
	}
	command(t, nil, "import", name).fails(t, exitFailed, "no database is given; set DATABASE_URL")
}

// On a terminal the lines are counted first, for the bar.
func TestImportShowsProgress(t *testing.T) {
	t.Parallel()
	c := terminal("")
	c.interactive = true
	r := at(t, c, map[string]string{"DATABASE_URL": postgrestest.URL(t)}, "import", inFile(t, rowsOf(20)))
	if !strings.Contains(r.err, "[##############################] 20 of 20 rows") {
		t.Errorf("%+v", r)
	}
}

// An import that is killed is run again, and the accounts are those of one run.
func TestAKilledImportGoesOn(t *testing.T) {
	t.Parallel()
	url, pool := postgrestest.URL(t), postgrestest.Pool(t)
	const n = 3000
	text := rowsOf(n)
	start := func(in io.Reader) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), programtest.Program(t, "cmd/roster"), "import", "-", "--apply")
		cmd.Env, cmd.Stdin = []string{"DATABASE_URL=" + url}, in
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	out, in := io.Pipe() // it never ends
	cmd := start(out)
	go io.Copy(in, strings.NewReader(text[:len(text)/2]))
	programtest.Eventually(t, "accounts are stored", func() bool { return countUsers(t) >= 1000 })
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	_ = cmd.Wait() // it says that it was killed
	if stored := countUsers(t); stored < 1000 || stored >= n || stored%500 != 0 {
		t.Errorf("a killed import has stored %d accounts", stored)
	}
	if err := start(strings.NewReader(text)).Wait(); err != nil {
		t.Error(err)
	}
	var got int
	const query = "select count(*) from users where username = 'user' || right(uuid::text, 12)::int and email = username || '@example.com' and created_at = '2020-01-01Z'"
	if err := pool.QueryRow(t.Context(), query).Scan(&got); err != nil || got != n || countUsers(t) != n {
		t.Errorf("%d of %d accounts are right, %v", got, countUsers(t), err)
	}
}

func TestExportWritesAWholeFileOrNone(t *testing.T) {
	t.Parallel()
	environ := map[string]string{"DATABASE_URL": postgrestest.URL(t)}
	if r := command(t, environ, "import", inFile(t, rowsOf(3)), "--apply"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	folder := t.TempDir()
	name := filepath.Join(folder, "roster.jsonl")
	// What an export that was killed has left may be readable for others.
	if err := os.WriteFile(name+".part", []byte("the beginning"), 0o644); err != nil { // #nosec G306 -- that is what is tested
		t.Fatal(err)
	}
	r := command(t, environ, "export", name)
	if want := "3 accounts and 1 entries of the audit log are in " + name + "\n"; r.out != want || r.code != exitOK {
		t.Errorf("%+v, want %q", r, want)
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	text, err := os.ReadFile(name)
	if r = command(t, environ, "export", "-"); err != nil || r.out != string(text) || strings.Count(r.out, "\n") != 16+3+1 {
		t.Errorf("to the output %d bytes, to the file %d, %v", len(r.out), len(text), err)
	}
	command(t, environ, "export", name).fails(t, exitUsage, name+" exists; give another name")
	command(t, environ, "export", filepath.Join(folder, "none", "x")).fails(t, exitFailed, "open ")
	other := filepath.Join(folder, "other.jsonl")
	if r = command(t, map[string]string{"DATABASE_URL": "postgres://nobody@127.0.0.1:1/x"}, "export", other); r.code != exitFailed {
		t.Errorf("%+v", r)
	}
	if left, err := filepath.Glob(other + "*"); err != nil || len(left) > 0 {
		t.Errorf("left %q, %v", left, err)
	}
	if r = command(t, environ, "import", name); r.code != exitOK || !strings.Contains(r.out, "unchanged               3") {
		t.Errorf("%+v", r)
	}
}
