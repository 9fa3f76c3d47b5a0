package postgres_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"testing"

	"roster/localdev/postgrestest"
	"roster/shared/fault"
	"roster/shared/postgres"
)

// The alarm DatabaseRefused counts these lines, and the saved query
// database-refusals groups them by their reason.
func TestARefusedConnectionIsLoggedWithItsReason(t *testing.T) { // not in parallel: it replaces the default logger
	server := postgrestest.Server(t)
	run(t, server, "create role full_role login password 'hunter2' connection limit 0", "create role locked_out nologin password 'hunter2'")
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	as := func(role string) string {
		u, err := url.Parse(server.URL("postgres"))
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword(role, "hunter2")
		return u.String()
	}
	for url, reason := range map[string]string{
		as("full_role"):  "53300",
		as("locked_out"): "28000",
		as("nobody"):     "28P01",
		"postgres://roster:hunter2@127.0.0.1:1/roster?sslmode=disable":                            "unreachable",
		"postgres://roster:hunter2@" + silent.Addr().String() + "/roster?sslmode=disable":         "timeout",
		"postgres://roster:hunter2@no-such-host.invalid/roster?sslmode=disable&connect_timeout=1": "unreachable",
	} {
		log := logOf(t, func() {
			db, err := postgres.Open(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.UserByUsername(t.Context(), "ann"); !errors.Is(err, fault.Unavailable) {
				t.Errorf("%s: %v", reason, err)
			}
		})
		want := `"level":"WARN","msg":"the database refused a connection","reason":"` + reason + `"`
		if strings.Count(log, want) != 1 {
			t.Errorf("want %s once:\n%s", want, log)
		}
		for _, private := range []string{"hunter2", "full_role", "nobody", "127.0.0.1", "invalid"} {
			if strings.Contains(log, private) {
				t.Errorf("the log shows %q:\n%s", private, log)
			}
		}
	}
}

func TestAnErrorOfAStatementIsNoRefusal(t *testing.T) { // not in parallel: it replaces the default logger
	url := postgrestest.Empty(t)
	log := logOf(t, func() {
		db, err := postgres.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.UserByUsername(t.Context(), "ann"); err == nil {
			t.Error("a database without tables has an account")
		}
	})
	if log != "" {
		t.Errorf("logged %s", log)
	}
}

// logOf returns what is logged while the function runs.
func logOf(t *testing.T, run func()) string {
	t.Helper()
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)
	run()
	return log.String()
}
