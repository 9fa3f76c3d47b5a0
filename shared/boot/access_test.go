package boot_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

// What a deployment's database is reached by is looked at once, at the start.
func TestAWeakConnectionIsLogged(t *testing.T) { // not beside others: it listens to the log
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	const deployed = "AWS_LAMBDA_FUNCTION_NAME"
	for name, c := range map[string]struct {
		pairs []string
		want  string
	}{
		"without TLS":    {[]string{deployed, "login", "DATABASE_URL", "postgres://u:" + canary + "@db.example.com/d"}, "DATABASE_URL allows a connection without TLS"},
		"not verified":   {[]string{deployed, "login", "DATABASE_URL", "postgres://u:" + canary + "@db.example.com/d?sslmode=require"}, "DATABASE_URL encrypts, but does not check"},
		"verified":       {[]string{deployed, "login", "DATABASE_URL", "postgres://u:" + canary + "@db.example.com/d?sslmode=verify-full"}, ""},
		"no deployment":  {[]string{"DATABASE_URL", "postgres://u:" + canary + "@db.example.com/d"}, ""},
		"not a database": {[]string{deployed, "login", "DATABASE_URL", "mysql://u:" + canary + "@db.example.com/d"}, ""},
	} {
		log.Reset()
		env(c.pairs...).Postgres()
		if got := log.String(); (c.want == "") != (got == "") || !strings.Contains(got, c.want) || strings.Contains(got, "canary") {
			t.Errorf("%s: the log says %q, want %q", name, got, c.want)
		}
	}
	log.Reset()
	env(deployed, "seed_admin", "DATABASE_URL", "postgres://u@db.example.com/d?sslmode=verify-full",
		"MIGRATE_DATABASE_URL", "postgres://u:"+canary+"@db.example.com/d?sslmode=require").Migrator(nil, nil)
	if got := log.String(); !strings.Contains(got, "MIGRATE_DATABASE_URL encrypts, but does not check") || strings.Contains(got, "canary") {
		t.Errorf("of the owner's URL the log says %q", got)
	}
}

func TestDatabaseCA(t *testing.T) {
	t.Parallel()
	e := env("DATABASE_URL", "postgres://u@db.example.com/d?sslmode=verify-full", "DATABASE_CA", "/etc/ssl/"+canary+".pem")
	e.Postgres()
	check(t, "a path", problem(t, e), "DATABASE_CA must be certificates in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, and not a file's name")
}
