package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roster/localdev/postgrestest"
	"roster/shared/audit"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

func recordEvents(t *testing.T, events int) {
	t.Helper()
	db := postgrestest.Open(t)
	for range events {
		if err := db.Record(t.Context(), audit.Event{Actions: []audit.Action{audit.ActionLoginFailed}, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
}

// onlyURL is an environment with DATABASE_URL.
func onlyURL(url string) func(string) string {
	return func(name string) string { return map[string]string{"DATABASE_URL": url}[name] }
}

// What a run prints is a copy of the heads for a later one.
func TestTheHeadsOfARunAreACopyForALaterOne(t *testing.T) {
	t.Parallel()
	recordEvents(t, 20)
	file := filepath.Join(t.TempDir(), "heads.txt")
	var out bytes.Buffer
	if err := run(t.Context(), nil, onlyURL(postgrestest.URL(t)), &out); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	recordEvents(t, 20)
	if err := run(t.Context(), []string{"-heads", file}, onlyURL(postgrestest.URL(t)), io.Discard); err != nil {
		t.Errorf("with more entries: %v", err)
	}
	const forget = `with gone as (delete from audit where chain = (select chain from audit limit 1) returning chain) update audit_heads set seq = 0, digest = '', hash = '' where chain in (select chain from gone)`
	if _, err := postgrestest.Pool(t).Exec(t.Context(), forget); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), nil, onlyURL(postgrestest.URL(t)), io.Discard); err != nil {
		t.Errorf("a chain that looks new, without the copy: %v", err)
	}
	out.Reset()
	if err := run(t.Context(), []string{"-heads", file}, onlyURL(postgrestest.URL(t)), &out); err == nil || !strings.Contains(out.String(), "the copy has it") {
		t.Errorf("with the copy: %v\n%s", err, out.String())
	}
	for args, want := range map[string]string{"-heads " + file + "x": "no such file", "-heads main.go": "no copy of the heads", "-unknown": "flag provided but not defined"} {
		if err := run(t.Context(), strings.Fields(args), onlyURL(postgrestest.URL(t)), io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", args, err, want)
		}
	}
}

// An auditor need not be able to read accounts.
func TestARunNeedsFewRights(t *testing.T) {
	t.Parallel()
	recordEvents(t, 1)
	pool := postgrestest.Pool(t)
	const auditor = "roster_test_auditor"
	_, _ = pool.Exec(t.Context(), "create role "+auditor) // it may be there from an earlier run
	for _, sql := range []string{"grant select on audit, audit_heads to " + auditor, "grant select (id) on users to " + auditor} {
		if err := run(t.Context(), nil, onlyURL(postgrestest.URL(t)+"&options=-c%20role%3D"+auditor), io.Discard); err == nil {
			t.Errorf("it runs before %q", sql)
		}
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		_, _ = pool.Exec(context.Background(), "drop owned by "+auditor)
		_, _ = pool.Exec(context.Background(), "drop role "+auditor)
	})
	if err := run(t.Context(), nil, onlyURL(postgrestest.URL(t)+"&options=-c%20role%3D"+auditor), io.Discard); err != nil {
		t.Error(err)
	}
}

func TestAnAlteredRowIsReported(t *testing.T) {
	t.Parallel()
	recordEvents(t, 3)
	var out bytes.Buffer
	if err := run(t.Context(), nil, onlyURL(postgrestest.FunctionsURL(t)), &out); err != nil ||
		!strings.HasPrefix(out.String(), "rows checked: 3, altered or missing: 0\nMACs were not checked: neither ROOT_KEY nor AUDIT_KEY is set\nhead 0 ") {
		t.Errorf("%q, %v", out.String(), err)
	}
	var chain, seq int
	const alter = `update audit set event = event || ' '
		where (chain, seq) in (select chain, seq from audit order by 1, 2 limit 1) returning chain, seq`
	err := postgrestest.Pool(t).QueryRow(t.Context(), alter).Scan(&chain, &seq)
	if err != nil {
		t.Fatal(err)
	}
	out.Reset()
	err = run(t.Context(), nil, onlyURL(postgrestest.FunctionsURL(t)), &out)
	want := fmt.Sprintf("chain %d row %d has a hash that does not fit", chain, seq)
	if !strings.HasPrefix(out.String(), want) || !strings.Contains(out.String(), "\nrows checked: 3, altered or missing: ") {
		t.Errorf("it printed %q, want %q first", out.String(), want)
	}
	if err == nil || err.Error() != "the audit log was altered" {
		t.Errorf("the error is %v", err)
	}
}

func TestAnErrorIsOneLineWithoutThePassword(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ url, want string }{
		"no URL":    {"", "DATABASE_URL is not set; set it"},
		"not a URL": {"mysql://u:hunter2@h/d", "DATABASE_URL must begin with postgres://"},
		"no server": {"postgres://u:hunter2@127.0.0.1:1/d?sslmode=disable", "the audit log could not be read: "},
		"no tables": {postgrestest.Empty(t), `the audit log could not be read: relation "audit_heads" does not exist`},
		"no database": {
			strings.Replace(postgrestest.URL(t), "/roster_test", "/no_roster_test", 1),
			"the audit log could not be read: database ",
		},
	} {
		var out bytes.Buffer
		err := run(t.Context(), nil, onlyURL(c.url), &out)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") ||
			strings.Contains(err.Error(), "hunter2") || out.Len() > 0 {
			t.Errorf("%s: %v, wrote %q, want %q", name, err, out.String(), c.want)
		}
	}
}

// As make audit-verify runs it.
func TestTheExitStatusIsOneAfterAnError(t *testing.T) {
	t.Parallel()
	recordEvents(t, 2)
	for url, want := range map[string]string{postgrestest.URL(t): "", "": "exit status 1"} {
		cmd := exec.CommandContext(t.Context(), "go", "run", ".")
		cmd.Env = append(os.Environ(), "DATABASE_URL="+url)
		out, err := cmd.CombinedOutput()
		if got := fmt.Sprint(err); (want == "") != (err == nil) || want != "" && got != want {
			t.Errorf("DATABASE_URL=%q: %v\n%s", url, err, out)
		}
	}
}
