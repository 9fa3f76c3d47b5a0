package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roster/localdev/postgrestest"
	"roster/shared/audit"
)

func recordEvents(t *testing.T, events int) {
	t.Helper()
	db := postgrestest.Open(t)
	for range events {
		if err := db.Record(t.Context(), audit.Event{Actions: []audit.Action{audit.ActionLoginFailed}, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
}

// verify checks the log of a database.
func verify(t *testing.T, url string, args ...string) result {
	t.Helper()
	return command(t, map[string]string{"DATABASE_URL": url}, append([]string{"audit", "verify"}, args...)...)
}

// What a run prints is a copy of the heads for a later one.
func TestTheHeadsOfARunAreACopyForALaterOne(t *testing.T) {
	t.Parallel()
	recordEvents(t, 20)
	file := filepath.Join(t.TempDir(), "heads.txt")
	first := verify(t, postgrestest.URL(t))
	if first.code != exitOK {
		t.Fatalf("%+v", first)
	}
	if err := os.WriteFile(file, []byte(first.out), 0o600); err != nil {
		t.Fatal(err)
	}
	recordEvents(t, 20)
	if r := verify(t, postgrestest.URL(t), "--heads", file); r.code != exitOK {
		t.Errorf("with more entries: %+v", r)
	}
	const forget = `with gone as (delete from audit where chain = (select chain from audit limit 1) returning chain) update audit_heads set seq = 0, digest = '', hash = '' where chain in (select chain from gone)`
	if _, err := postgrestest.Pool(t).Exec(t.Context(), forget); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, postgrestest.URL(t)); r.code != exitOK {
		t.Errorf("a chain that looks new, without the copy: %+v", r)
	}
	if r := verify(t, postgrestest.URL(t), "--heads", file); r.code != exitFailed || !strings.Contains(r.out, "the copy has it") {
		t.Errorf("with the copy: %+v", r)
	}
	for args, want := range map[string]string{"--heads " + file + "x": "no such file", "--heads main.go": "no copy of the heads", "--unknown": "unknown flag: --unknown"} {
		if r := verify(t, postgrestest.URL(t), strings.Fields(args)...); r.code == exitOK || !strings.Contains(r.err, want) {
			t.Errorf("%s: %+v, want %s", args, r, want)
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
		if r := verify(t, postgrestest.URL(t)+"&options=-c%20role%3D"+auditor); r.code == exitOK {
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
	if r := verify(t, postgrestest.URL(t)+"&options=-c%20role%3D"+auditor); r.code != exitOK {
		t.Errorf("%+v", r)
	}
}

func TestAnAlteredRowIsReported(t *testing.T) {
	t.Parallel()
	recordEvents(t, 3)
	if r := verify(t, postgrestest.FunctionsURL(t)); r.code != exitOK ||
		!strings.HasPrefix(r.out, "rows checked: 3, altered or missing: 0\nMACs were not checked: neither ROOT_KEY nor AUDIT_KEY is set\nhead 0 ") {
		t.Errorf("%+v", r)
	}
	var chain, seq int
	const alter = `update audit set event = event || ' '
		where (chain, seq) in (select chain, seq from audit order by 1, 2 limit 1) returning chain, seq`
	err := postgrestest.Pool(t).QueryRow(t.Context(), alter).Scan(&chain, &seq)
	if err != nil {
		t.Fatal(err)
	}
	r := verify(t, postgrestest.FunctionsURL(t))
	want := fmt.Sprintf("chain %d row %d has a hash that does not fit", chain, seq)
	if !strings.HasPrefix(r.out, want) || !strings.Contains(r.out, "\nrows checked: 3, altered or missing: ") {
		t.Errorf("it printed %q, want %q first", r.out, want)
	}
	if r.code != exitFailed || r.err != "roster: the audit log was altered\n" {
		t.Errorf("%+v", r)
	}
	var got verification
	if err := json.Unmarshal([]byte(verify(t, postgrestest.FunctionsURL(t), "--json").out), &got); err != nil ||
		got.Rows != 3 || len(got.Altered) == 0 || !strings.HasPrefix(got.Altered[0], want) || len(got.Heads) != 16 || got.MACsChecked {
		t.Errorf("as JSON: %v, %+v", err, got)
	}
}

func TestAnErrorIsOneLineWithoutThePassword(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ url, want string }{
		"no URL":    {"", "no database is given; set DATABASE_URL, or give --database"},
		"not a URL": {"mysql://u:hunter2@h/d", "the configuration is not usable: DATABASE_URL must begin with postgres://"},
		"no server": {"postgres://u:hunter2@127.0.0.1:1/d?sslmode=disable", "the audit log could not be read: "},
		"no tables": {postgrestest.Empty(t), `the audit log could not be read: relation "audit_heads" does not exist`},
		"no database": {
			strings.Replace(postgrestest.URL(t), "/roster_test", "/no_roster_test", 1),
			"the audit log could not be read: database ",
		},
	} {
		r := verify(t, c.url)
		if r.fails(t, exitFailed, c.want); strings.Contains(r.err, "hunter2") {
			t.Errorf("%s: it shows the password: %s", name, r.err)
		}
	}
}

// As make audit-verify runs it.
func TestTheExitStatusIsOneAfterAnError(t *testing.T) {
	t.Parallel()
	recordEvents(t, 2)
	for url, want := range map[string]string{postgrestest.URL(t): "", "": "exit status 1"} {
		cmd := exec.CommandContext(t.Context(), "go", "run", ".", "audit", "verify")
		cmd.Env = append(os.Environ(), "DATABASE_URL="+url)
		out, err := cmd.CombinedOutput()
		if got := fmt.Sprint(err); (want == "") != (err == nil) || want != "" && got != want {
			t.Errorf("DATABASE_URL=%q: %v\n%s", url, err, out)
		}
	}
}
