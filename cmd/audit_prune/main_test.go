package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"roster/localdev/postgrestest"
	"roster/shared/audit"
	"roster/shared/postgres"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

const (
	somebody = "0b5d1e1c-93a4-4a3c-9f52-6a1f0c9d7e21"
	mistake  = "give either -erase or -before; -h tells more"
)

var now = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)

func record(t *testing.T, at time.Time, target string) {
	t.Helper()
	e := audit.Event{Actions: []audit.Action{audit.ActionLoginFailed}, At: at, Target: target}
	if err := postgrestest.Open(t).Record(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

func TestErasesAndTrims(t *testing.T) {
	t.Parallel()
	for range 40 {
		record(t, now.AddDate(-2, 0, 0), "")
	}
	record(t, now.AddDate(0, -1, 0), somebody)
	for _, c := range []struct{ flag, value, want string }{
		{"-erase", somebody, "rows erased or removed by this run: 1, in all: 1 erased, 0 removed\n"},
		{"-before", "2025-01-01", "rows erased or removed by this run: "},
	} {
		var out bytes.Buffer
		if err := run(t.Context(), []string{c.flag, c.value}, postgrestest.URL(t), &out, now); err != nil || !strings.HasPrefix(out.String(), c.want) {
			t.Errorf("%s: %q, %v", c.flag, out.String(), err)
		}
	}
	v, err := postgrestest.Open(t).VerifyAudit(t.Context(), postgres.Expected{})
	if err != nil || len(v.Altered) > 0 || v.Removed < 40-16 {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	record(t, now, "")
	for name, c := range map[string]struct {
		args []string
		url  string
		want string
	}{
		"nothing":           {nil, postgrestest.URL(t), mistake},
		"both":              {[]string{"-erase", somebody, "-before", "2025-01-01"}, postgrestest.URL(t), mistake},
		"a word more":       {[]string{"-erase", somebody, "now"}, postgrestest.URL(t), mistake},
		"no UUID":           {[]string{"-erase", "ann"}, postgrestest.URL(t), "-erase must be the UUID"},
		"no day":            {[]string{"-before", "yesterday"}, postgrestest.URL(t), "-before must be a day in the past"},
		"a day to come":     {[]string{"-before", "2026-01-06"}, postgrestest.URL(t), "-before must be a day in the past"},
		"no URL":            {[]string{"-before", "2025-01-01"}, "", "DATABASE_URL is not set"},
		"no server":         {[]string{"-before", "2025-01-01"}, "postgres://u:hunter2@127.0.0.1:1/d?sslmode=disable", ""},
		"the functions":     {[]string{"-before", "2025-01-01"}, postgrestest.FunctionsURL(t), "the role of DATABASE_URL may not change the audit log"},
		"an empty database": {[]string{"-before", "2025-01-01"}, postgrestest.Empty(t), `relation "audit" does not exist`},
	} {
		var out bytes.Buffer
		err := run(context.Background(), c.args, c.url, &out, now)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
