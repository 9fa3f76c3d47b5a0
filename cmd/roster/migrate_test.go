package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
	"roster/localdev/programtest"
	"roster/shared/postgres/dburl"
	"roster/shared/postgres/migrations"
)

// start starts the real program. Its output is what a person sees.
func start(t *testing.T, ctx context.Context, url string, args ...string) (*exec.Cmd, *programtest.Output) {
	t.Helper()
	var out programtest.Output
	cmd := exec.CommandContext(ctx, programtest.Program(t, "cmd/roster"), append([]string{"migrate"}, args...)...)
	cmd.Env = []string{"DATABASE_URL=" + url}
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, &out
}

func runToEnd(t *testing.T, url string, args ...string) (string, error) {
	t.Helper()
	cmd, out := start(t, t.Context(), url, args...)
	err := cmd.Wait()
	return out.String(), err
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// blocked makes a database in which the migration that creates the table waits for
// a transaction, which the function that it returns ends.
func blocked(t *testing.T, table string) (url string, release func()) {
	t.Helper()
	url = postgrestest.Empty(t)
	tx, err := connect(t, url).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "create table "+table+" ()"); err != nil {
		t.Fatal(err)
	}
	return url, func() {
		if err := tx.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// running is how many sessions of the server migrate the database.
func running(t *testing.T, url string) (n int) {
	t.Helper()
	const count = "select count(*) from pg_stat_activity where application_name = 'roster migrations' and datname = current_database()"
	if err := connect(t, url).QueryRow(t.Context(), count).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// total is how many migrations there are.
func total(t *testing.T) int {
	t.Helper()
	all, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil || len(all) < 8 {
		t.Fatalf("%d migrations, %v", len(all), err)
	}
	return len(all)
}

func TestProgressIsShownAndADeploymentFindsNothingToDo(t *testing.T) {
	t.Parallel()
	url, release := blocked(t, "resets")
	cmd, out := start(t, t.Context(), url, "--every", "50ms")
	programtest.Eventually(t, "the migration that waits is shown, with what it waits for", func() bool {
		s := out.String()
		return strings.Contains(s, "OK 00003_") && strings.Contains(s, "create table resets") && strings.Contains(s, "(waits for the lock of process ")
	})
	release()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(out.String(), fmt.Sprint("migrations applied: ", total(t))) {
		t.Errorf("it says\n%s", out)
	}
	applied, err := migrations.Up(t.Context(), url, dburl.Access{}) // as a deployment does
	if err != nil || len(applied) > 0 {
		t.Errorf("the deployment applies %q, %v", applied, err)
	}
	if again, err := runToEnd(t, url); err != nil || !strings.Contains(again, "migrations applied: 0") {
		t.Errorf("again: %v\n%s", err, again)
	}
}

// The story of a laptop that falls asleep: the program is gone in the middle. The
// server notices, and the next run goes on after the last migration that was done.
func TestAKilledRunIsContinued(t *testing.T) {
	t.Parallel()
	url, release := blocked(t, "audit")
	cmd, out := start(t, t.Context(), url)
	programtest.Eventually(t, "half of the migrations are done", func() bool { return strings.Contains(out.String(), "OK 00008_") })
	if refused, err := runToEnd(t, url, "--wait", "50ms"); err == nil ||
		!strings.Contains(refused, "roster: migrate: ") || !strings.Contains(refused, "another run migrates, so this one has done nothing (process ") {
		t.Errorf("beside it: %v\n%s", err, refused)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	programtest.Eventually(t, "the server has ended the session of the killed run", func() bool { return running(t, url) == 0 })
	release()
	rest, err := runToEnd(t, url)
	if err != nil || !strings.Contains(rest, fmt.Sprint("migrations applied: ", total(t)-8)) {
		t.Errorf("the next run: %v\n%s", err, rest)
	}
}

func TestMigrateRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		url  string
		args []string
		want string
	}{
		"no URL":          {"", nil, "no database is given; set DATABASE_URL, or give --database"},
		"not a URL":       {"mysql://u:hunter2@h/d", nil, "must begin with postgres://"},
		"no server":       {"postgres://u:hunter2@127.0.0.1:1/d?sslmode=disable", nil, "connection refused"},
		"no database":     {strings.Replace(postgrestest.Empty(t), "/roster_test", "/no_roster_test", 1), nil, "does not exist"},
		"no time to wait": {postgrestest.Empty(t), []string{"--wait", "0s"}, "--wait and --every must be longer than nothing"},
		"a word more":     {postgrestest.Empty(t), []string{"up"}, `"up" is one argument too many`},
	} {
		out, err := runToEnd(t, c.url, c.args...)
		if err == nil || !strings.Contains(out, c.want) || strings.Contains(out, "hunter2") {
			t.Errorf("%s: %v, want %q in\n%s", name, err, c.want, out)
		}
	}
}

func TestMigratePrintsJSON(t *testing.T) {
	t.Parallel()
	url := postgrestest.Empty(t)
	var got struct{ Applied []string }
	r := command(t, nil, "migrate", "--database", url, "--json")
	if err := json.Unmarshal([]byte(r.out), &got); err != nil || len(got.Applied) != total(t) || r.code != exitOK {
		t.Errorf("%v, %d applied, %+v", err, len(got.Applied), r)
	}
	if r := command(t, nil, "migrate", "--database", url, "--json"); r.out != "{\n  \"applied\": []\n}\n" {
		t.Errorf("again: %+v", r)
	}
}
