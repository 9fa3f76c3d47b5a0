package api_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"roster/localdev/postgrestest"
	"roster/shared/mail"
	"roster/shared/postgres"
	"roster/shared/user"
)

// auditEntry is an event of the audit log without its client.
type auditEntry struct {
	actions, actor, target, detail string
}

// auditEntries returns the events of a request. It fails the test if an event
// does not have the client's address and user agent.
func (s *service) auditEntries(id string) (all []auditEntry) {
	s.t.Helper()
	rows, err := postgrestest.Pool(s.t).Query(context.Background(), `
		select array_to_string(actions, ' '), coalesce(actor::text, ''), coalesce(target::text, ''), coalesce(event::jsonb ->> 'detail', ''),
			coalesce(event::jsonb ->> 'address', ''), coalesce(event::jsonb ->> 'user_agent', ''), at
		from audit where event::jsonb ->> 'request_id' = $1 order by at, chain, seq`, id)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var e auditEntry
		var address, agent string
		var at time.Time
		if err := rows.Scan(&e.actions, &e.actor, &e.target, &e.detail, &address, &agent, &at); err != nil {
			s.t.Fatal(err)
		}
		if address != "192.0.2.1" || agent != "agent/1.0" || time.Since(at) > time.Minute {
			s.t.Errorf("%s comes from %q with %q at %v", id, address, agent, at)
		}
		all = append(all, e)
	}
	return all
}

// auditScenario has the accounts and the tokens of TestAuditHasEveryEventOnce.
type auditScenario struct {
	*service
	ann, boss, off   user.User
	token, pageToken string
}

const secret = "canary kite moon"

// auditCall is a request, and the events that it must leave. "ZOE" stands for the
// UUID of the account that the scenario registers.
type auditCall struct {
	name, method, path, body string
	header                   func() string
	status                   int
	want                     []auditEntry
}

// calls returns each operation, with each of its failures. A request must leave
// one event, or none if it changes nothing and is no attempt to guess a secret.
func (s auditScenario) calls() []auditCall {
	ann, boss, off, token, pageToken := s.ann, s.boss, s.off, s.token, s.pageToken
	register := `{"username":"canary-zoe","first_name":"Canary","last_name":"Canary","email":"canary-zoe@example.com","password":"` + secret + `"}`
	annHeader := func() string { return bearer(s.t, s.find("canary-ann")) }
	bossHeader := func() string { return bearer(s.t, boss) }
	zoeHeader := func() string { return bearer(s.t, s.find("canary-zoe")) }
	noHeader := func() string { return "X-Nothing: here" }
	const annPath, bossPath = "/api/user/canary-ann", "/api/user/canary-boss"
	return []auditCall{
		{"register, bad", "POST", "/api/user/register", `{}`, noHeader, 400, nil},
		{"register", "POST", "/api/user/register", register, noHeader, 201, []auditEntry{{"register", "ZOE", "ZOE", ""}}},
		{"register, taken", "POST", "/api/user/register", register, noHeader, 409, []auditEntry{{"register_failed", "", "", ""}}},
		{"login", "POST", "/api/user/login", login("canary-ann", right), noHeader, 200, []auditEntry{{"login", ann.UUID, ann.UUID, ""}}},
		{"login, wrong", "POST", "/api/user/login", login("canary-ann", secret), noHeader, 401, []auditEntry{{"login_failed", "", ann.UUID, ""}}},
		{"login, inactive", "POST", "/api/user/login", login("canary-off", right), noHeader, 401, []auditEntry{{"login_failed", "", off.UUID, ""}}},
		{"login, unknown", "POST", "/api/user/login", login("canary-nobody", secret), noHeader, 401, []auditEntry{{"login_failed", "", "", ""}}},
		{"login, a password for a name", "POST", "/api/user/login", login(secret, secret), noHeader, 401, []auditEntry{{"login_failed", "", "", ""}}},
		{"GET", "GET", annPath, "", annHeader, 200, nil},
		{"export", "GET", annPath + "/export", "", annHeader, 200, []auditEntry{{"data_exported", ann.UUID, ann.UUID, ""}}},
		{"export of another", "GET", bossPath + "/export", "", annHeader, 403, nil},
		{"GET another", "GET", bossPath, "", annHeader, 403, nil},
		{"forget", "POST", "/api/user/forget_password", `{"username":"canary-zoe","email":"canary-zoe@example.com"}`, noHeader, 200, []auditEntry{{"reset_asked", "", "ZOE", ""}}},
		{"forget, another address", "POST", "/api/user/forget_password", `{"username":"canary-zoe","email":"canary-ann@example.com"}`, noHeader, 200, []auditEntry{{"reset_asked", "", "", ""}}},
		{"forget, unknown", "POST", "/api/user/forget_password", `{"username":"canary-nobody","email":"canary@example.com"}`, noHeader, 200, []auditEntry{{"reset_asked", "", "", ""}}},
		{"reset, not a token", "POST", "/api/user/reset_password", `{"token":"canary","new_password":"` + secret + `"}`, noHeader, 400, nil},
		{"reset, unknown token", "POST", "/api/user/reset_password", `{"token":"` + strings.Repeat("A", 43) + `","new_password":"` + secret + `"}`, noHeader, 400, []auditEntry{{"reset_failed", "", "", ""}}},
		{"reset, weak", "POST", "/api/user/reset_password", `{"token":"` + token + `","new_password":"short"}`, noHeader, 400, nil},
		{"reset", "POST", "/api/user/reset_password", `{"token":"` + token + `","new_password":"` + secret + `"}`, noHeader, 200, []auditEntry{{"reset_used password_changed", "", ann.UUID, ""}}},
		{"the page, an invalid token", "POST", "/reset_password", url.Values{"token": {pageToken}, "new_password": {secret}, "repeat_password": {secret}}.Encode(), func() string { return "Content-Type: application/x-www-form-urlencoded" }, 400, []auditEntry{{"reset_failed", "", "", ""}}},
		{"PUT", "PUT", annPath, `{"first_name":"Canary"}`, annHeader, 200, []auditEntry{{"profile_changed", ann.UUID, ann.UUID, ""}}},
		{"PUT, e-mail", "PUT", annPath, `{"email":"canary-new@example.com"}`, annHeader, 200, []auditEntry{{"email_changed", ann.UUID, ann.UUID, ""}}},
		{"PUT, e-mail taken", "PUT", annPath, `{"email":"canary-zoe@example.com"}`, annHeader, 409, []auditEntry{{"update_failed", ann.UUID, ann.UUID, ""}}},
		{"PUT, wrong password", "PUT", annPath, `{"password":"canary moon zebra","current_password":"canary wrong"}`, annHeader, 400, []auditEntry{{"password_failed", ann.UUID, ann.UUID, ""}}},
		{"PUT, password", "PUT", annPath, `{"password":"canary moon zebra","current_password":"` + secret + `"}`, annHeader, 200, []auditEntry{{"password_changed", ann.UUID, ann.UUID, ""}}},
		{"PUT, own role", "PUT", annPath, `{"role":"ADMIN"}`, annHeader, 403, nil},
		{"PUT, name, role and state", "PUT", annPath, `{"username":"canary-anna","role":"ADMIN","active":false}`, bossHeader, 200, []auditEntry{{"username_changed role_changed active_changed", boss.UUID, ann.UUID, `{"role": "ADMIN", "active": "false"}`}}},
		{"PUT, metadata", "PUT", "/api/user/canary-anna", `{"metadata":{"canary":"x"},"app_metadata":{"canary":1}}`, bossHeader, 200, []auditEntry{{"metadata_changed", boss.UUID, ann.UUID, ""}}},
		{"PUT, nothing new", "PUT", "/api/user/canary-anna", `{"active":false}`, bossHeader, 200, []auditEntry{{"profile_changed", boss.UUID, ann.UUID, `{"active": "false"}`}}},
		{"PUT, the last admin", "PUT", bossPath, `{"first_name":"Canary"}`, bossHeader, 200, []auditEntry{{"profile_changed", boss.UUID, boss.UUID, ""}}},
		{"DELETE, the last admin", "DELETE", bossPath, "", bossHeader, 409, []auditEntry{{"delete_failed", boss.UUID, boss.UUID, ""}}},
		{"an admin's mail", "POST", "/api/user/canary-zoe/reset", "", bossHeader, 200, []auditEntry{{"reset_asked", boss.UUID, "ZOE", ""}}},
		{"an admin's mail, inactive", "POST", "/api/user/canary-off/reset", "", bossHeader, 409, nil},
		{"create, taken", "POST", "/api/users", `{"username":"canary-zoe","first_name":"Canary","last_name":"Canary","email":"canary@example.com","invite":true}`, bossHeader, 409, []auditEntry{{"create_failed", boss.UUID, "", ""}}},
		{"create, as a USER", "POST", "/api/users", `{"username":"canary-new","first_name":"Canary","last_name":"Canary","email":"canary@example.com"}`, zoeHeader, 403, nil},
		{"in bulk", "PATCH", "/api/users", `{"users":[{"username":"canary-off","role":"ADMIN"},{"username":"canary-nobody","delete":true}]}`, bossHeader, 200, []auditEntry{{"role_changed", boss.UUID, off.UUID, `{"role": "ADMIN"}`}}},
		{"in bulk, the last admin", "PATCH", "/api/users", `{"users":[{"username":"canary-off","role":"USER"},{"username":"canary-boss","active":false}]}`, bossHeader, 200, []auditEntry{
			{"role_changed", boss.UUID, off.UUID, `{"role": "USER"}`}, {"update_failed", boss.UUID, boss.UUID, ""},
		}},
		{"DELETE", "DELETE", "/api/user/canary-anna", "", bossHeader, 200, []auditEntry{{"delete", boss.UUID, ann.UUID, ""}}},
		{"DELETE, gone", "DELETE", "/api/user/canary-anna", "", bossHeader, 404, nil},
		{"login of zoe", "POST", "/api/user/login", login("canary-zoe", secret), noHeader, 200, []auditEntry{{"login", "ZOE", "ZOE", ""}}},
		{"change, wrong password", "POST", "/api/user/change_password", `{"current_password":"canary wrong","new_password":"canary moon zebra"}`, zoeHeader, 400, []auditEntry{{"password_failed", "ZOE", "ZOE", ""}}},
		{"change", "POST", "/api/user/change_password", `{"current_password":"` + secret + `","new_password":"canary moon zebra"}`, zoeHeader, 200, []auditEntry{{"password_changed", "ZOE", "ZOE", ""}}},
		{"refresh, no token", "POST", "/api/user/refresh", `{"refresh_token":"canary"}`, noHeader, 401, nil},
		{"end an unknown session", "DELETE", "/api/user/canary-zoe/sessions/" + ann.UUID, "", bossHeader, 404, nil},
		{"the log", "GET", "/api/audit", "", bossHeader, 200, nil},
		{"health", "GET", "/healthz", "", noHeader, 200, nil},
	}
}

func TestAuditHasEveryEventOnce(t *testing.T) {
	t.Parallel()
	s := auditScenario{service: newService(t)}
	s.ann, s.boss, s.off = s.account("canary-ann"), s.account("canary-boss", asAdmin), s.account("canary-off", inactive)
	s.token, s.pageToken = s.mailedToken("canary-ann"), s.mailedToken("canary-ann")
	for i, c := range s.calls() {
		id := fmt.Sprintf("request-%d", i)
		if a := s.send(c.method, c.path, c.body, "X-Request-Id: "+id, "User-Agent: agent/1.0", c.header()); a.status != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, a.status, a.body, c.status)
		}
		got := s.auditEntries(id)
		if zoe, err := s.db.UserByUsername(t.Context(), "canary-zoe"); err == nil && zoe != nil {
			for i := range c.want {
				c.want[i].actor = strings.Replace(c.want[i].actor, "ZOE", zoe.UUID, 1)
				c.want[i].target = strings.Replace(c.want[i].target, "ZOE", zoe.UUID, 1)
			}
		}
		byAction := cmpopts.SortSlices(func(a, b auditEntry) bool { return a.actions < b.actions }) // two batches are in two chains
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(auditEntry{}), byAction); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	s.auditHoldsNone("canary", s.token, s.pageToken, right, "$argon2")
	s.verifyAuditChains()
}

// The attempt that begins a wait is recorded. Attempts refused during the wait are
// not: an attacker could fill the log with them.
func TestAuditHasEachWaitOnce(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann := s.account("canary-ann")
	for i := 1; i <= 8; i++ {
		id, status, want := fmt.Sprint("wait-", i), 401, []auditEntry{{"login_failed", "", ann.UUID, ""}}
		switch {
		case i == 5:
			want[0].actions = "login_failed wait"
		case i > 5:
			status, want = 429, nil
		}
		a := s.send("POST", "/api/user/login", `{"username":"canary-ann","password":"canary wrong"}`, "X-Request-Id: "+id, "User-Agent: agent/1.0")
		if diff := cmp.Diff(want, s.auditEntries(id), cmp.AllowUnexported(auditEntry{})); diff != "" || a.status != status {
			t.Errorf("attempt %d: %d, log (-want +got):\n%s", i, a.status, diff)
		}
	}
}

// auditHoldsNone fails the test if the audit log contains one of the texts.
func (s *service) auditHoldsNone(texts ...string) {
	s.t.Helper()
	var log string
	err := postgrestest.Pool(s.t).QueryRow(context.Background(), "select coalesce(string_agg(to_jsonb(a)::text, E'\\n'), '') from audit a").Scan(&log)
	if err != nil || log == "" {
		s.t.Fatalf("the log %q: %v", log, err)
	}
	for _, text := range texts {
		if strings.Contains(strings.ToLower(log), strings.ToLower(text)) {
			s.t.Errorf("the log holds %q:\n%s", text, log)
		}
	}
}

func (s *service) verifyAuditChains() {
	s.t.Helper()
	if v, err := s.db.VerifyAudit(context.Background(), postgres.Expected{}); err != nil || v.Rows == 0 || len(v.Altered) > 0 {
		s.t.Errorf("the log is %+v, %v", v, err)
	}
}

// No table may contain anything else of a deleted account.
func TestAuditKeepsOnlyTheUUIDOfADeletedAccount(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann, boss := s.account("canary"), s.account("boss", asAdmin)
	s.mailedToken("canary")
	s.send("POST", "/api/user/login", `{"username":"canary","password":"wrong"}`)
	s.send("DELETE", "/api/user/canary", "", bearer(t, boss)).wants(t, "delete", 200, deleted)
	var left, uuid bool
	err := postgrestest.Pool(t).QueryRow(t.Context(), `
		with everything (line) as (
			select to_jsonb(u)::text from users u union all select to_jsonb(r)::text from resets r
			union all select to_jsonb(l)::text from limits l union all select to_jsonb(a)::text from audit a
		)
		select bool_or(line ilike '%canary%'), bool_or(line like '%' || $1 || '%') from everything`, ann.UUID).Scan(&left, &uuid)
	if err != nil || left || !uuid {
		t.Errorf("the name is still stored: %v, the UUID: %v, %v", left, uuid, err)
	}
}

// auditedRequests returns requests that record an event.
func (s *service) auditedRequests(ann, boss user.User, token string) map[string]func() answer {
	t := s.t
	return map[string]func() answer{
		"register":      func() answer { return s.send("POST", "/api/user/register", zoeRegistration) },
		"login":         func() answer { return s.send("POST", "/api/user/login", `{"username":"ann","password":"`+right+`"}`) },
		"login refused": func() answer { return s.send("POST", "/api/user/login", `{"username":"ann","password":"x"}`) },
		"forget_password": func() answer {
			return s.send("POST", "/api/user/forget_password", `{"username":"ann","email":"ann@example.com"}`)
		},
		"reset_password": func() answer {
			return s.send("POST", "/api/user/reset_password", `{"token":"`+token+`","new_password":"another kite"}`)
		},
		"PUT": func() answer { return s.send("PUT", "/api/user/ann", `{"role":"ADMIN"}`, bearer(t, boss)) },
		"PUT, password": func() answer {
			return s.send("PUT", "/api/user/ann", `{"password":"another kite","current_password":"`+right+`"}`, bearer(t, ann))
		},
		"DELETE": func() answer { return s.send("DELETE", "/api/user/ann", "", bearer(t, boss)) },
	}
}

// The client gets 500, so it does not believe that the change was made.
func TestNothingChangesWhenTheAuditLogCannotBeWritten(t *testing.T) {
	t.Parallel()
	s := newService(t)
	if postgrestest.FunctionsURL(t) == postgrestest.URL(t) {
		t.Skip("with TEST_DATABASE_URL there is no second role")
	}
	ann, boss := s.account("ann"), s.account("boss", asAdmin)
	token := s.mailedToken("ann")
	exec := func(sql string) {
		if _, err := postgrestest.Pool(t).Exec(context.Background(), sql); err != nil {
			t.Fatal(err)
		}
	}
	countEvents := func() (n int) {
		if err := postgrestest.Pool(t).QueryRow(t.Context(), "select count(*) + (select sum(seq) from audit_heads) from audit").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	exec("revoke insert on audit from " + postgrestest.Role)
	t.Cleanup(func() { exec("grant insert on audit to " + postgrestest.Role) })
	before := countEvents()
	for name, request := range s.auditedRequests(ann, boss, token) {
		s.expectChange(name, false, func() {
			if a := request(); a.status != 500 {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		})
		if sent := s.box.drain(); len(sent) > 0 {
			t.Errorf("%s: mailed %v", name, sent)
		}
	}
	if after := countEvents(); after != before {
		t.Errorf("the log with its heads counted %d, and now %d", before, after)
	}
	s.verifyAuditChains()
}

func TestAuditRecordsSeeding(t *testing.T) {
	t.Parallel()
	s := newService(t)
	out := user.Notices{Mailer: mail.Mailer{Transport: s.box}, PublicURL: publicURL}
	for range 2 { // the second run has nothing to do
		if _, err := user.SeedAdmin(t.Context(), s.db, user.SeedAdminParts{Passwords: passwords, Tokens: resets, Notices: out}, user.Admin{Username: "canary", Email: "canary@example.com"}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	u := s.find("canary")
	page := s.audit("user=canary", bearer(t, u))
	var got []string
	for _, e := range page.Events {
		got = append(got, strings.Join(e.Actions, " ")+" "+e.Actor+" "+e.Target)
	}
	if len(got) != 2 || !strings.HasPrefix(got[0]+got[1], "seed") || !strings.Contains(got[0]+got[1], "seed reset_asked  "+u.UUID) {
		t.Errorf("the log contains %q", got)
	}
	s.auditHoldsNone("canary")
}
