package main

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"roster/localdev/awstest"
	"roster/localdev/postgrestest"
	"roster/shared/job/seed"
	"roster/shared/postgres"
)

const adminPassword = "correct horse battery staple 7"

// deployment returns the variables of a deployment with that database, and the
// server that plays AWS.
func deployment(t *testing.T, url string, more map[string]string) (map[string]string, *awstest.Server) {
	t.Helper()
	server := awstest.New(t)
	values := map[string]string{
		"DATABASE_URL": url, "ROOT_KEY": "canary-0123456789-ABCDEF-abcdefgh", "PUBLIC_URL": "https://accounts.example.com",
		"MAIL_FROM": "no-reply@example.com", "ADMIN_EMAIL": "admin@example.com",
	}
	for _, pair := range server.Env() {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	maps.Copy(values, more)
	return values, server
}

func TestSeedAdminDoesWhatIsMissing(t *testing.T) {
	t.Parallel()
	values, server := deployment(t, postgrestest.Empty(t), map[string]string{"ADMIN_PASSWORD": adminPassword})
	const rest = "expired rows deleted: 0 counters, 0 links, 0 sessions, 0 devices\n"
	r := command(t, values, "seed-admin")
	if r.code != exitOK || !strings.HasSuffix(r.out, "the admin's account: made with the password given\n"+rest) || strings.Contains(r.out+r.err, adminPassword) {
		t.Errorf("%+v", r)
	}
	if r := command(t, values, "seed-admin"); r.out != "migrations applied: 0\nthe admin's account: the account exists; nothing to do\n"+rest {
		t.Errorf("again: %+v", r)
	}
	if n := len(server.Mails()); n != 0 {
		t.Errorf("%d mails", n)
	}
}

// The link that sets the password is in the mail only.
func TestSeedAdminMailsALink(t *testing.T) {
	t.Parallel()
	values, server := deployment(t, postgrestest.URL(t), nil)
	r := command(t, values, "seed-admin", "--json")
	var got seed.Report
	if err := json.Unmarshal([]byte(r.out), &got); err != nil || !got.Admin.Created || !got.Admin.Mailed || strings.Contains(r.out+r.err, "token=") {
		t.Errorf("%v, %+v", err, r)
	}
	if mails := server.Mails(); len(mails) != 1 || !strings.Contains(mails[0].Text, "https://accounts.example.com/reset_password?token=") {
		t.Errorf("mails: %+v", mails)
	}
}

func TestSeedAdminEndsAllSessionsAfterAYes(t *testing.T) {
	t.Parallel()
	values, _ := deployment(t, postgrestest.URL(t), map[string]string{"ADMIN_PASSWORD": adminPassword})
	if r := command(t, values, "seed-admin"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	command(t, values, "seed-admin", "--end-all-sessions").fails(t, exitUsage, "this cannot be undone")
	r := command(t, values, "seed-admin", "--end-all-sessions", "--yes")
	if r.code != exitOK || !strings.Contains(r.out, "\nended: 0 sessions of 1 accounts, 0 links\n") {
		t.Errorf("%+v", r)
	}
}

// A deployment that has no function seed_admin runs the command by a schedule.
func TestSeedAdminKeepsTheAuditLogShort(t *testing.T) {
	t.Parallel()
	for range 40 {
		record(t, time.Now().AddDate(0, 0, -40), "")
	}
	values, _ := deployment(t, postgrestest.URL(t), map[string]string{"ADMIN_PASSWORD": adminPassword})
	if r := command(t, values, "seed-admin"); r.code != exitOK || strings.Contains(r.out, "audit log") {
		t.Errorf("without a setting: %+v", r)
	}
	values["AUDIT_RETENTION"] = "30"
	r := command(t, values, "seed-admin", "--json")
	var got seed.Report
	if err := json.Unmarshal([]byte(r.out), &got); err != nil || got.Audit == nil || got.Audit.Removed < 40-16 {
		t.Errorf("%v, %+v", err, r)
	}
	if r := command(t, values, "seed-admin"); !strings.HasSuffix(r.out, "\naudit log: 0 events removed, 0 erased\n") {
		t.Errorf("again: %+v", r)
	}
	v, err := postgrestest.Open(t).VerifyAudit(t.Context(), postgres.Expected{})
	if err != nil || v.Removed < 40-16 {
		t.Errorf("%+v, %v", v, err)
	}
	values["AUDIT_RETENTION"] = "many"
	command(t, values, "seed-admin").fails(t, exitFailed, "the configuration is not usable: AUDIT_RETENTION must be a whole number")
}

func TestSeedAdminRefuses(t *testing.T) {
	t.Parallel()
	values, _ := deployment(t, postgrestest.URL(t), map[string]string{"ADMIN_PASSWORD": adminPassword})
	with := func(name, value string) map[string]string {
		changed := maps.Clone(values)
		changed[name] = value
		return changed
	}
	command(t, with("DATABASE_URL", ""), "seed-admin").fails(t, exitFailed, "no database is given")
	command(t, with("ADMIN_EMAIL", ""), "seed-admin").fails(t, exitFailed, "the configuration is not usable: ADMIN_EMAIL is missing")
	command(t, with("ROOT_KEY", "short"), "seed-admin").fails(t, exitFailed, "the configuration is not usable: ROOT_KEY is too short")
	command(t, with("ADMIN_PASSWORD", "password123"), "seed-admin").fails(t, exitFailed, "Some fields are not valid: ADMIN_PASSWORD is too common.")
	if r := command(t, values, "seed-admin"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	if _, err := postgrestest.Pool(t).Exec(t.Context(), `update users set role = 'USER'`); err != nil {
		t.Fatal(err)
	}
	r := command(t, values, "seed-admin")
	if r.code != exitFailed || !strings.Contains(r.err, "roster: there is no ADMIN of that name: the account exists and is not an ADMIN") {
		t.Errorf("a USER of that name: %+v", r)
	}
}
