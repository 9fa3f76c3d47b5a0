package main

import (
	"strings"
	"testing"
	"time"

	"roster/localdev/postgrestest"
	"roster/shared/audit"
	"roster/shared/postgres"
)

const (
	somebody = "0b5d1e1c-93a4-4a3c-9f52-6a1f0c9d7e21"
	mistake  = "give either --erase or --before; roster audit prune --help tells more"
)

var now = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)

func record(t *testing.T, at time.Time, target string) {
	t.Helper()
	e := audit.Event{Actions: []audit.Action{audit.ActionLoginFailed}, At: at, Target: target}
	if err := postgrestest.Open(t).Record(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

// prune runs the command on the day now.
func prune(t *testing.T, c console, url string, args ...string) result {
	t.Helper()
	c.now = func() time.Time { return now }
	return at(t, c, map[string]string{"DATABASE_URL": url}, append([]string{"audit", "prune"}, args...)...)
}

func TestErasesAndTrims(t *testing.T) {
	t.Parallel()
	for range 40 {
		record(t, now.AddDate(-2, 0, 0), "")
	}
	record(t, now.AddDate(0, -1, 0), somebody)
	for _, c := range []struct{ flag, value, want string }{
		{"--erase", somebody, "rows erased or removed by this run: 1, in all: 1 erased, 0 removed\n"},
		{"--before", "2025-01-01", "rows erased or removed by this run: "},
	} {
		if r := prune(t, terminal(), postgrestest.URL(t), c.flag, c.value, "--yes"); r.code != exitOK || !strings.HasPrefix(r.out, c.want) {
			t.Errorf("%s: %+v", c.flag, r)
		}
	}
	v, err := postgrestest.Open(t).VerifyAudit(t.Context(), postgres.Expected{})
	if err != nil || len(v.Altered) > 0 || v.Removed < 40-16 {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestNothingIsPrunedWithoutAYes(t *testing.T) {
	t.Parallel()
	record(t, now.AddDate(-2, 0, 0), somebody)
	prune(t, terminal(), postgrestest.URL(t), "--erase", somebody).fails(t, exitUsage, "this cannot be undone")
	r := prune(t, terminal("no"), postgrestest.URL(t), "--before", "2025-01-01")
	if r.code != exitFailed || r.out != "" || !strings.Contains(r.err, "Remove all events from before 2025-01-01? [y/N] roster: nothing was done") {
		t.Errorf("%+v", r)
	}
	r = prune(t, terminal("yes"), postgrestest.URL(t), "--erase", somebody, "--json")
	if r.code != exitOK || r.out != "{\n  \"erased\": 1,\n  \"removed\": 0,\n  \"rows\": 1\n}\n" {
		t.Errorf("%+v", r)
	}
}

func TestPruneRefuses(t *testing.T) {
	t.Parallel()
	record(t, now, "")
	for name, c := range map[string]struct {
		args []string
		url  string
		code int
		want string
	}{
		"nothing":           {nil, postgrestest.URL(t), exitUsage, mistake},
		"both":              {[]string{"--erase", somebody, "--before", "2025-01-01"}, postgrestest.URL(t), exitUsage, mistake},
		"a word more":       {[]string{"--erase", somebody, "now"}, postgrestest.URL(t), exitUsage, `"now" is one argument too many`},
		"no UUID":           {[]string{"--erase", "ann"}, postgrestest.URL(t), exitUsage, "--erase must be the UUID"},
		"no day":            {[]string{"--before", "yesterday"}, postgrestest.URL(t), exitUsage, "--before must be a day in the past"},
		"a day to come":     {[]string{"--before", "2026-01-06"}, postgrestest.URL(t), exitUsage, "--before must be a day in the past"},
		"no URL":            {[]string{"--before", "2025-01-01"}, "", exitFailed, "no database is given; set DATABASE_URL"},
		"a deployment":      {[]string{"--before", "2025-01-01", "--url", "https://accounts.example.com"}, "", exitUsage, "this command works on a database"},
		"no server":         {[]string{"--before", "2025-01-01"}, "postgres://u:hunter2@127.0.0.1:1/d?sslmode=disable", exitFailed, ""},
		"the functions":     {[]string{"--before", "2025-01-01"}, postgrestest.FunctionsURL(t), exitFailed, "the role of DATABASE_URL may not change the audit log"},
		"an empty database": {[]string{"--before", "2025-01-01"}, postgrestest.Empty(t), exitFailed, `relation "audit" does not exist`},
	} {
		r := prune(t, terminal(), c.url, append(c.args, "--yes")...)
		r.err = strings.TrimPrefix(r.err, "warning: neither ROOT_KEY nor AUDIT_KEY is set, so this command's entries in the audit log have no MAC, and roster audit verify will report them\n")
		if r.fails(t, c.code, c.want); strings.Contains(r.err, "hunter2") {
			t.Errorf("%s: it shows the password: %s", name, r.err)
		}
	}
}
