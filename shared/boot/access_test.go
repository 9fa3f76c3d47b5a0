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
	check(t, "a path", rejection(t, e), "DATABASE_CA must be certificates in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, and not a file's name")
}

const verified = "@db.c9akciq32.eu-central-1.rds.amazonaws.com:5432/roster?sslmode=verify-full"

func TestDatabaseAuth(t *testing.T) {
	t.Parallel()
	credentials := []string{"AWS_REGION", "eu-central-1", "AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY", canary, "AWS_SESSION_TOKEN", canary}
	for name, c := range map[string]struct {
		pairs []string
		want  string
	}{
		"a password":               {[]string{"DATABASE_URL", "postgres://ann:" + canary + verified}, ""},
		"a password, said so":      {[]string{"DATABASE_URL", "postgres://ann:" + canary + verified, "DATABASE_AUTH", "password"}, ""},
		"IAM":                      {append(credentials, "DATABASE_URL", "postgres://ann"+verified, "DATABASE_AUTH", "iam"), ""},
		"IAM, an owner besides":    {append(credentials, "DATABASE_URL", "postgres://ann"+verified, "DATABASE_AUTH", "iam", "MIGRATE_DATABASE_URL", "postgres://owner"+verified), ""},
		"IAM, an owner's word":     {append(credentials, "DATABASE_URL", "postgres://ann"+verified, "DATABASE_AUTH", "iam", "MIGRATE_DATABASE_URL", "postgres://owner:"+canary+verified), ""},
		"IAM, rotation's leftover": {append(credentials, "DATABASE_URL", "postgres://ann"+verified, "DATABASE_AUTH", "iam", "username", "ann", "password", canary), ""},
		"IAM and a password": {
			append(credentials, "DATABASE_URL", "postgres://ann:"+canary+verified, "DATABASE_AUTH", "iam"),
			"DATABASE_URL has a password, and DATABASE_AUTH=iam takes none; leave the password out of it",
		},
		"IAM without TLS": {
			append(credentials, "DATABASE_URL", "postgres://ann@db.example.com/d?sslmode=require", "DATABASE_AUTH", "iam"),
			"DATABASE_URL must have sslmode=verify-full with DATABASE_AUTH=iam: a token is a password, which another server would learn",
		},
		"IAM, an owner without TLS": {
			append(credentials, "DATABASE_URL", "postgres://ann"+verified, "DATABASE_AUTH", "iam", "MIGRATE_DATABASE_URL", "postgres://owner@db.example.com/d"),
			"MIGRATE_DATABASE_URL must have sslmode=verify-full with DATABASE_AUTH=iam: a token is a password, which another server would learn",
		},
		"IAM without credentials": {
			[]string{"DATABASE_URL", "postgres://ann" + verified, "DATABASE_AUTH", "iam"},
			"DATABASE_AUTH (not set: AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY; Lambda sets them for a function, elsewhere export them before the start)",
		},
		"something else": {[]string{"DATABASE_URL", "postgres://ann" + verified, "DATABASE_AUTH", "kerberos"}, "DATABASE_AUTH must be password or iam"},
	} {
		e := env(c.pairs...)
		e.Postgres()
		e.Migrator(nil, nil)
		check(t, name, rejection(t, e), c.want)
	}
}

// A sandbox serves one request at a time, unless Lambda says otherwise.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]int32{"": 1, "1": 1, "16": 16, "many": 1, "99999999999": 1} {
		check(t, value, env("AWS_LAMBDA_MAX_CONCURRENCY", value).Concurrency(), want)
	}
}
