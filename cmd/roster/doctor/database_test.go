package doctor_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"roster/cmd/roster/doctor"
	"roster/localdev/postgrestest"
	"roster/shared/audit"
	"roster/shared/user"
)

// onDatabase is a good deployment with that database.
func onDatabase(t *testing.T, url string, more map[string]string) doctor.Subject {
	t.Helper()
	values := variables(more)
	values["DATABASE_URL"] = url
	return subject(t, values)
}

func TestAGoodDatabase(t *testing.T) {
	t.Parallel()
	now := time.Now()
	u := user.User{UUID: "0b5d1e1c-93a4-4a3c-9f52-6a1f0c9d7e21", Username: "boss", Email: "boss@example.com", Role: user.RoleAdmin, Active: true, TokenVersion: 1, CreatedAt: now, UpdatedAt: now, Metadata: "{}", AppMetadata: "{}"}
	if _, _, err := postgrestest.Open(t).CreateUser(t.Context(), user.NewAccount{User: u}, audit.Event{Actions: []audit.Action{audit.ActionSeed}, At: now}); err != nil {
		t.Fatal(err)
	}
	s := onDatabase(t, postgrestest.FunctionsURL(t), map[string]string{"MIGRATE_DATABASE_URL": postgrestest.URL(t)})
	s.Connections = "50"
	for check, says := range map[string]string{
		"database: TLS": "on this machine", "database: reachable": "it answers", "database: clock": "it differs by", "database: version": "PostgreSQL ",
		"database: encoding": "UTF8", "database: role of the functions": "can alter neither", "database: defaults of the role": "are set",
		"database: an active ADMIN": "there is one", "database: connections": "and the functions may have 50", "database: migrations": "all are applied",
	} {
		expect(t, s, check, doctor.OK, says)
	}
}

func TestABadDatabase(t *testing.T) {
	t.Parallel()
	owner := postgrestest.URL(t)
	for name, c := range map[string]struct {
		url   string
		check string
		want  doctor.Status
		says  string
	}{
		"without TLS":       {"postgres://u:canary@db.invalid/d", "database: TLS", doctor.Warning, "write sslmode=verify-full"},
		"no such host":      {"postgres://u:canary@db.invalid/d", "database: reachable", doctor.Failed, "security group"},
		"no server":         {"postgres://u:canary@127.0.0.1:1/d", "database: reachable", doctor.Failed, "connection refused"},
		"no database":       {strings.Replace(owner, "/roster_test", "/no_roster_test", 1), "database: reachable", doctor.Failed, "does not exist -> correct the name of the database"},
		"no such role":      {strings.Replace(owner, "postgres@", "nobody_there@", 1), "database: reachable", doctor.Failed, "correct user and password"},
		"not a URL":         {"mysql://u:canary@h/d", "database", doctor.Failed, "must begin with postgres://"},
		"a superuser":       {owner, "database: role of the functions", doctor.Warning, "is a superuser -> give the functions a role of their own"},
		"no defaults":       {owner, "database: defaults of the role", doctor.Warning, "plan_cache_mode is auto and not force_generic_plan"},
		"no ADMIN":          {owner, "database: an active ADMIN", doctor.Failed, "run roster seed-admin"},
		"no tables":         {postgrestest.Empty(t), "database: migrations", doctor.Failed, "run roster migrate"},
		"no tables, admins": {postgrestest.Empty(t), "database: an active ADMIN", doctor.Failed, `relation "users" does not exist`},
		"not the owner":     {postgrestest.FunctionsURL(t), "database: migrations", doctor.NotChecked, "MIGRATE_DATABASE_URL"},
	} {
		expect(t, onDatabase(t, c.url, nil), c.check, c.want, c.says)
		_ = name
	}
	s := onDatabase(t, owner, nil)
	s.Now = func() time.Time { return time.Now().Add(-time.Hour) }
	expect(t, s, "database: clock", doctor.Failed, "it differs by 1h0m0s")
	s.Now = func() time.Time { return time.Now().Add(5 * time.Second) }
	expect(t, s, "database: clock", doctor.Warning, "it differs by 5s")
}

// A role that can alter the tables without being a superuser.
func TestARoleThatOwnsTheTables(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	const member = "roster_test_doctor"
	for _, sql := range []string{`create role ` + member + ` login`, `grant select, update on audit to ` + member, `grant select on users to ` + member} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		_, _ = pool.Exec(context.Background(), "drop owned by "+member)
		_, _ = pool.Exec(context.Background(), "drop role "+member)
	})
	url := strings.Replace(postgrestest.URL(t), "postgres@", member+"@", 1)
	expect(t, onDatabase(t, url, nil), "database: role of the functions", doctor.Warning, "can alter the schema or the audit log")
}

func TestAnotherEncoding(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	const name = "roster_doctor_ascii"
	_, _ = pool.Exec(t.Context(), `drop database if exists `+name)
	if _, err := pool.Exec(t.Context(), `create database `+name+` encoding 'SQL_ASCII' template template0 lc_collate 'C' lc_ctype 'C'`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = pool.Exec(context.Background(), `drop database `+name) })
	before, after, _ := strings.Cut(postgrestest.URL(t), "/roster_test")
	_, options, _ := strings.Cut(after, "?")
	expect(t, onDatabase(t, before+"/"+name+"?"+options, nil), "database: encoding", doctor.Failed, "the database has the encoding SQL_ASCII")
}

func TestConnections(t *testing.T) {
	t.Parallel()
	for connections, c := range map[string]struct {
		want doctor.Status
		says string
	}{
		"":           {doctor.NotChecked, "give --stack, or --connections"},
		"unreserved": {doctor.Warning, "nothing bounds those of the functions -> deploy with DatabaseConnections="},
		"100000":     {doctor.Failed, "more than four fifths"},
		"many":       {doctor.Failed, "is no number"},
	} {
		s := onDatabase(t, postgrestest.URL(t), nil)
		s.Connections = connections
		expect(t, s, "database: connections", c.want, c.says)
	}
	if f := doctor.JudgeRoom(100, "unreserved"); !strings.Contains(f.Fix, "DatabaseConnections=75:") {
		t.Errorf("%+v", f)
	}
	if f := doctor.JudgeRoom(20, "50"); f.Status != doctor.Failed || !strings.Contains(f.Fix, "take a server with more connections") {
		t.Errorf("%+v", f)
	}
}

// No test has an old server; the figures are server_version_num's.
func TestVersions(t *testing.T) {
	t.Parallel()
	for number, want := range map[int]doctor.Status{130016: doctor.Failed, 139999: doctor.Failed, 140000: doctor.OK, 180001: doctor.OK} {
		if f := doctor.JudgeVersion(number, "x"); f.Status != want {
			t.Errorf("%d: %+v", number, f)
		}
	}
}
