package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
	"roster/shared/ratelimit"
	"roster/shared/user"
)

// export is the answer of GET /api/user/{username}/export, as a client reads it.
type export struct {
	Account        map[string]any   `json:"account"`
	Sessions       []map[string]any `json:"sessions"`
	Devices        []map[string]any `json:"devices"`
	PasswordResets []map[string]any `json:"password_resets"`
	Limits         []map[string]any `json:"limits"`
	Audit          struct {
		Events []map[string]any `json:"events"`
		Next   string           `json:"next"`
	} `json:"audit"`
}

func (s *service) export(query, header string) (e export) {
	s.t.Helper()
	a := s.send("GET", "/api/user/ann/export"+query, "", header)
	if err := json.Unmarshal([]byte(a.body), &e); err != nil || a.status != 200 {
		s.t.Fatalf("export %s: %d %s, %v", query, a.status, a.body, err)
	}
	return e
}

func (s *service) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := postgrestest.Pool(s.t).Exec(s.t.Context(), sql, args...); err != nil {
		s.t.Fatal(err)
	}
}

// personWithEverything makes ann, with a row in each table, and returns a header of
// hers.
func (s *service) personWithEverything() string {
	s.t.Helper()
	s.account("ann")
	s.exec(`update users set email_status = 'bounced', metadata = '{"theme": "dark"}', app_metadata = '{"plan": [1, 2]}' where username = 'ann'`)
	phone := s.login("ann")
	s.tokensFrom("POST", "/api/user/login", `{"username":"ann","password":"`+right+`"}`, "User-Agent: laptop/1.0")
	s.exec("update sessions set idle_ends_at = now() - interval '1 day' where user_agent = 'laptop/1.0'")
	s.send("POST", "/api/user/login", `{"username":"ann","password":"wrong"}`, "User-Agent: stranger/1.0")
	s.send("PUT", "/api/user/me", `{"email":"anna@example.com"}`, phone.header())
	s.send("PUT", "/api/user/me", `{"current_password":"wrong","password":"another kite"}`, phone.header())
	s.mailedTokenTo("ann", "anna@example.com")
	return phone.header()
}

func TestExportHasEverythingOfAPerson(t *testing.T) {
	t.Parallel()
	s := newService(t)
	boss := s.account("boss", asAdmin)
	ann := s.personWithEverything()
	s.send("PUT", "/api/user/ann", `{"first_name":"Anna"}`, bearer(t, boss), "User-Agent: boss/1.0").wants(t, "PUT", 200, `{"msg":"User details updated."}`)
	e := s.export("", ann)

	u := s.find("ann")
	want := map[string]any{}
	_ = json.Unmarshal([]byte(profileOf(u)), &want)
	maps.Copy(want, map[string]any{"email_status": "bounced", "metadata": map[string]any{"theme": "dark"}, "app_metadata": map[string]any{"plan": []any{1.0, 2.0}}})
	if diff := cmp.Diff(want, e.Account); diff != "" {
		t.Errorf("the account (-want +got):\n%s", diff)
	}
	sessions := map[any]any{}
	for _, session := range e.Sessions {
		sessions[session["user_agent"]] = session["alive"]
	}
	if diff := cmp.Diff(map[any]any{"": true, "laptop/1.0": false}, sessions); diff != "" || e.Sessions[0]["last_network"] != "192.0.2.0/24" {
		t.Errorf("the sessions %v (-want +got):\n%s", e.Sessions, diff)
	}
	if len(e.Devices) != 2 || e.Devices[0]["known"] != true || len(e.PasswordResets) != 1 || e.PasswordResets[0]["expires_at"] == nil {
		t.Errorf("the devices and resets: %v, %v", e.Devices, e.PasswordResets)
	}
	counters := map[any]any{}
	for _, c := range e.Limits {
		counters[c["counts"]] = c["attempts"]
	}
	if diff := cmp.Diff(map[any]any{
		"wrong passwords in a row, from unknown devices": 1.0, "wrong current passwords in a row": 1.0,
		"reset mails": 1.0, "changes of the e-mail address": 1.0, "exports": 1.0,
	}, counters); diff != "" {
		t.Errorf("the counters (-want +got):\n%s", diff)
	}
	s.checkExportedEvents(e, u, boss)
	if second := s.export("", bearer(t, boss)); second.Audit.Events[0]["actions"].([]any)[0] != "data_exported" || second.Audit.Events[0]["actor"] != u.UUID {
		t.Errorf("the first export is not in the log: %v", second.Audit.Events[0])
	}
	s.verifyAuditChains()
}

// checkExportedEvents checks that the export has each event of the log about the
// account or by it, and where others came from only if they are unknown.
func (s *service) checkExportedEvents(e export, u, boss user.User) {
	s.t.Helper()
	var actions []string
	for _, event := range e.Audit.Events {
		name := fmt.Sprint(event["actions"])
		actions = append(actions, name)
		switch event["actor"] {
		case boss.UUID:
			if event["address"] != nil || event["user_agent"] != nil || event["request_id"] != nil || event["actor_username"] != nil || event["target"] != u.UUID {
				s.t.Errorf("%s says where the ADMIN was: %v", name, event)
			}
		case u.UUID:
			if event["address"] != "192.0.2.1" {
				s.t.Errorf("%s does not say where it came from: %v", name, event)
			}
		case nil:
			if name == "[login_failed]" && event["user_agent"] != "stranger/1.0" {
				s.t.Errorf("%s does not say who guessed: %v", name, event)
			}
		}
	}
	slices.Sort(actions)
	want := []string{"[email_changed]", "[login]", "[login]", "[login_failed]", "[password_failed]", "[profile_changed]", "[register]", "[reset_asked]"}
	if diff := cmp.Diff(want, actions); diff != "" || e.Audit.Next != "" {
		s.t.Errorf("the events, next %q (-want +got):\n%s", e.Audit.Next, diff)
	}
}

// Nobody can use what is in an export to log in.
func TestExportHasNoSecret(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann := s.personWithEverything()
	rows, err := postgrestest.Pool(t).Query(t.Context(), `
		select password_hash from users union all select encode(hash, 'hex') from sessions union all select encode(hash, 'base64') from sessions
		union all select encode(hash, 'hex') from devices union all select encode(hash, 'hex') from resets union all select encode(key, 'hex') from limits`)
	if err != nil {
		t.Fatal(err)
	}
	var secrets []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, text)
	}
	a := s.send("GET", "/api/user/me/export", "", ann)
	if got := a.header.Get("Content-Disposition"); got != `attachment; filename="ann.json"` || len(secrets) < 8 {
		t.Errorf("Content-Disposition %q, %d secrets", got, len(secrets))
	}
	for _, text := range append(secrets, "argon2", "version", "hash", "generation") {
		if strings.Contains(a.body, text) {
			t.Errorf("the export has %q", text)
		}
	}
}

func TestExportIsForThePersonAndForAdmins(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann, boss := bearer(t, s.account("ann")), bearer(t, s.account("boss", asAdmin))
	ben := bearer(t, s.account("ben"))
	for name, c := range map[string]struct {
		path, header string
		want         int
	}{
		"nobody":            {"ann", "X-Nothing: here", 401},
		"the person":        {"ann", ann, 200},
		"the person, as me": {"me", ann, 200},
		"another user":      {"ann", ben, 403},
		"of nobody":         {"nobody", ann, 403},
		"an ADMIN":          {"ann", boss, 200},
		"an ADMIN, nobody":  {"nobody", boss, 404},
	} {
		a := s.send("GET", "/api/user/"+c.path+"/export", "", c.header, "X-Request-Id: "+name, "User-Agent: agent/1.0")
		recorded := s.auditEntries(name)
		if a.status != c.want || (len(recorded) == 1) != (c.want == 200) || len(recorded) == 1 && recorded[0].actions != "data_exported" {
			t.Errorf("%s: %d %s, recorded %q", name, a.status, a.body, recorded)
		}
	}
	for query, reason := range map[string]string{
		"?before=x": `{"before":"is not the next of an earlier answer"}`, "?limit=1": `{"limit":"is not a parameter of this call"}`, "?before=": `{"before":"must not be empty"}`,
	} {
		want := strings.Replace(problem(400, "invalid", "Some parameters are not valid."), `"code"`, `"fields":`+reason+`,"code"`, 1)
		s.send("GET", "/api/user/me/export"+query, "", ann).wants(t, query, 400, want)
	}
}

// The largest possible events fit into an answer of Lambda, which is a string in a
// JSON document of 6 MB at most, and following next leads to all of them.
func TestExportOfManyEventsGoesOn(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.account("ann")
	ann := bearer(t, u)
	const more = 500
	s.exec(`insert into audit (chain, seq, at, actions, actor, target, event, hash)
		select n % 16, 1000 + n / 16, now() - n * interval '1 second', '{session_ended}', $1::uuid, $1::uuid,
			json_build_object('actions', '["session_ended"]'::json, 'actor', $1::uuid, 'target', $1::uuid, 'address', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff',
				'user_agent', repeat('<', 200), 'request_id', 'request ' || n, 'detail', json_build_object('session', $1::uuid))::text, ''
		from generate_series(1, $2::int) n`, u.UUID, user.MaxExportedEvents+more)
	a := s.send("GET", "/api/user/me/export", "", ann)
	payload, err := json.Marshal(map[string]string{"body": a.body})
	if err != nil || a.status != 200 || len(payload) > 6<<20 {
		t.Fatalf("%d, %d bytes, %v", a.status, len(payload), err)
	}
	t.Logf("%d events are %d bytes", user.MaxExportedEvents, len(payload))
	seen, next := map[any]bool{}, ""
	for page := 0; page == 0 || next != "" && page < 5; page++ {
		query := ""
		if next != "" {
			query = "?before=" + url.QueryEscape(next)
		}
		e := s.export(query, ann)
		for _, event := range e.Audit.Events {
			if id := fmt.Sprint(event["request_id"]); strings.HasPrefix(id, "request ") {
				if seen[id] {
					t.Errorf("%s comes twice", id)
				}
				seen[id] = true
			}
		}
		next = e.Audit.Next
	}
	if len(seen) != user.MaxExportedEvents+more || next != "" {
		t.Errorf("%d events, next %q", len(seen), next)
	}
}

func TestExportsAreLimited(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann, ben := bearer(t, s.account("ann")), bearer(t, s.account("ben"))
	limits := generousLimits
	limits.ExportAccount = ratelimit.Rate{Limit: 2, Window: time.Hour}
	h := routesWithLimits(s.db, s.box, false, limits)
	for i, want := range []int{200, 200, 429, 429} {
		if a := send(t, h, "GET", "/api/user/me/export", "", ann); a.status != want || (want == 429) != (a.header.Get("Retry-After") != "") {
			t.Errorf("export %d: %d %s", i+1, a.status, a.body)
		}
	}
	if a := send(t, h, "GET", "/api/user/me/export", "", ben); a.status != 200 {
		t.Errorf("of another account: %d %s", a.status, a.body)
	}
}
