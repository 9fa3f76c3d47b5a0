package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
	"roster/shared/user"
)

// bulkRow is a result without its text.
type bulkRow struct {
	Username string
	Status   int
	Code     string
	Fields   map[string]string
}

func bulkRows(t *testing.T, name string, a answer) (done int, rows []bulkRow) {
	t.Helper()
	var body struct {
		Done  int
		Users []bulkRow
	}
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || a.status != 200 {
		t.Fatalf("%s: %d %s: %v", name, a.status, a.body, err)
	}
	return body.Done, body.Users
}

// bulkOf returns a body with these changes.
func bulkOf(rows ...string) string { return `{"users":[` + strings.Join(rows, ",") + `]}` }

func TestOneBadChangeDoesNotLoseTheOthers(t *testing.T) {
	t.Parallel()
	s := newService(t)
	boss := s.account("boss", asAdmin)
	for _, name := range []string{"ann", "ben", "cat", "dan"} {
		s.account(name)
	}
	before := s.find("ann")
	body := bulkOf(
		`{"username":"ann","active":false}`, `{"username":"nobody","active":true}`, `{"username":" BEN ","role":"ADMIN"}`,
		`{"username":"cat","delete":true}`, `{"username":"dan","role":"ROOT"}`, `{"username":"ann","active":true}`, `{"username":"dan"}`,
		`5`, `{"username":"dan","active":"no"}`, `{"username":"dan","delete":true,"active":false}`, `{"username":"dan","delete":false}`,
		`{"active":true}`, `{"username":"dan","active":true,"active":false}`, `{"username":"../x","active":true}`, `{"username":"dan","active":true,"first_name":"D"}`,
		`{"username":"boss","role":"ADMIN"}`,
	)
	// Not all of the request is as described, so the description does not check it.
	done, rows := bulkRows(t, "bulk", send(t, routes(s.db, s.box, false), "PATCH", "/api/users", body, bearer(t, boss)))
	fields := func(pairs ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	want := []bulkRow{
		{"ann", 200, "", nil},
		{"nobody", 404, "not_found", nil},
		{" BEN ", 200, "", nil},
		{"cat", 200, "", nil},
		{"dan", 400, "invalid", fields("role", "must be USER or ADMIN")},
		{"ann", 400, "invalid", fields("username", "is in the list already")},
		{"dan", 400, "invalid", fields("username", "is given without role, active or delete")},
		{"", 400, "invalid", fields("users", "must be a list of objects")},
		{"dan", 400, "invalid", fields("active", "must be true or false", "username", "is in the list already")},
		{"dan", 400, "invalid", fields("delete", "goes with no other change", "username", "is in the list already")},
		{"dan", 400, "invalid", fields("delete", "must be true, or be left out", "username", "is in the list already")},
		{"", 400, "invalid", fields("username", "is required")},
		{"dan", 400, "invalid", fields("active", "is given more than once", "username", "is in the list already")},
		{"../x", 400, "invalid", fields("username", "is not a username")},
		{"dan", 400, "invalid", fields("first_name", "is not a field of this call", "username", "is in the list already")},
		{"boss", 200, "", nil},
	}
	if diff := cmp.Diff(want, rows); diff != "" || done != 4 {
		t.Errorf("%d done; results (-want +got):\n%s", done, diff)
	}
	if u := s.find("ann"); u.Active || u.TokenVersion != before.TokenVersion+1 {
		t.Errorf("ann is %+v", u)
	}
	if u := s.find("ben"); u.Role != user.RoleAdmin || u.TokenVersion != 1 {
		t.Errorf("ben is %+v", u)
	}
	if u := s.find("dan"); u.Role != user.RoleUser || !u.Active {
		t.Errorf("dan is %+v", u)
	}
	if u, err := s.db.UserByUsername(t.Context(), "cat"); u != nil || err != nil {
		t.Errorf("cat is %+v, %v", u, err)
	}
	s.verifyAuditChains()
}

func TestBulkChangesAreRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann, boss := bearer(t, s.account("ann")), bearer(t, s.account("boss", asAdmin))
	good := bulkOf(`{"username":"ann","active":false}`)
	list := invalid("users", "must be a list of 1 to 1000 objects")
	many := make([]string, 1001)
	for i := range many {
		many[i] = fmt.Sprintf(`{"username":"user%d","active":false}`, i)
	}
	for name, c := range map[string]struct {
		header, body string
		status       int
		want         string
	}{
		"no token":        {"X-Nothing: here", good, 401, unauthenticated},
		"as USER":         {ann, good, 403, forbidden},
		"no object":       {boss, `[]`, 400, malformed(notAnObject)},
		"nothing":         {boss, `{}`, 400, invalid("users", "is required")},
		"no list":         {boss, `{"users":{}}`, 400, list},
		"null":            {boss, `{"users":null}`, 400, list},
		"an empty list":   {boss, `{"users":[]}`, 400, list},
		"1,001":           {boss, bulkOf(many...), 400, list},
		"more members":    {boss, `{"users":[],"dry_run":true}`, 400, invalid("dry_run", "is not a field of this call")},
		"twice":           {boss, `{"users":[],"users":[]}`, 400, invalid("users", "is given more than once")},
		"over 256 KiB":    {boss, `{"users":[]` + strings.Repeat(" ", 256<<10) + `}`, 413, problem(413, "too_large", "The body must have at most 256 KiB.")},
		"another content": {boss + "\nContent-Type: text/plain", good, 415, problem(415, "unsupported_media_type", "Send the header Content-Type: application/json, and the body in UTF-8 without compression.")},
	} {
		s.expectChange(name, false, func() {
			s.send("PATCH", "/api/users", c.body, strings.Split(c.header, "\n")...).wants(t, name, c.status, c.want)
		})
	}
}

// A bulk change leaves what the single calls leave: rows, sessions, links and the log.
func TestABulkChangeDoesWhatSingleCallsDo(t *testing.T) {
	t.Parallel()
	changes := map[string]struct {
		single, method string
		made           []func(*user.User)
	}{
		`"active":false`:               {`{"active":false}`, "PUT", nil},
		`"active":true`:                {`{"active":true}`, "PUT", []func(*user.User){inactive}},
		`"active":true ,"role":"USER"`: {`{"active":true,"role":"USER"}`, "PUT", nil},
		`"role":"USER"`:                {`{"role":"USER"}`, "PUT", []func(*user.User){asAdmin}},
		`"role":"ADMIN"`:               {`{"role":"ADMIN"}`, "PUT", nil},
		`"role":"USER","active":false`: {`{"role":"USER","active":false}`, "PUT", []func(*user.User){asAdmin}},
		`"delete":true`:                {``, "DELETE", nil},
	}
	for bulk, c := range changes {
		t.Run(bulk, func(t *testing.T) {
			t.Parallel()
			left := map[string]string{}
			for _, way := range []string{"single", "bulk"} {
				t.Run(way, func(t *testing.T) { // each has a database of its own
					s := newService(t)
					boss, ann := s.account("boss", asAdmin), s.account("ann", c.made...)
					bearer(t, ann)
					if ann.Active {
						s.mailedToken("ann")
					}
					method, path, body := c.method, "/api/user/ann", c.single
					if way == "bulk" {
						method, path, body = "PATCH", "/api/users", bulkOf(`{"username":"ann",`+bulk+`}`)
					}
					a := s.send(method, path, body, bearer(t, boss), "X-Request-Id: the-change", "User-Agent: agent/1.0")
					if a.status != 200 || way == "bulk" && !strings.HasPrefix(a.body, `{"done":1,`) {
						t.Fatalf("%d %s", a.status, a.body)
					}
					left[way] = s.stateOf("ann") + strings.NewReplacer(boss.UUID, "boss", ann.UUID, "ann").Replace(fmt.Sprint(s.auditEntries("the-change")))
					s.verifyAuditChains()
				})
			}
			if diff := cmp.Diff(left["single"], left["bulk"]); diff != "" || left["single"] == "" {
				t.Errorf("single (-) and bulk (+) leave:\n%s", diff)
			}
		})
	}
}

// stateOf is what is stored of an account, without times and random values.
func (s *service) stateOf(name string) (text string) {
	s.t.Helper()
	err := postgrestest.Pool(s.t).QueryRow(s.t.Context(), `
		select coalesce((select concat_ws(' ', role, active, token_version, reset_version, updated_at > created_at,
			(select count(*) from sessions s where s.user_id = u.id and s.version = u.token_version),
			(select count(*) from resets r where r.user_id = u.id), (select count(*) from devices d where d.user_id = u.id))
			from users u where username = $1), 'gone') || (select count(*) from sessions) || (select count(*) from resets)`, name).Scan(&text)
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

// Whatever the order, one active ADMIN stays, and the caller may do the rest first.
func TestTheLastAdminStaysInABulkChange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rows     []string
		statuses []int
	}{
		"all of them":                      {[]string{`{"username":"boss","delete":true}`, `{"username":"one","role":"USER"}`, `{"username":"two","active":false}`}, []int{409, 200, 200}},
		"all and one more, who comes last": {[]string{`{"username":"one","role":"USER"}`, `{"username":"two","active":false}`, `{"username":"boss","role":"USER"}`, `{"username":"ann","role":"ADMIN"}`}, []int{200, 200, 200, 200}},
		"the one who becomes one is too late for those before": {[]string{`{"username":"one","delete":true}`, `{"username":"two","delete":true}`, `{"username":"off","active":true,"role":"ADMIN"}`, `{"username":"boss","active":false}`}, []int{200, 200, 200, 200}},
		"an inactive one does not count":                       {[]string{`{"username":"off","role":"ADMIN"}`, `{"username":"one","delete":true}`, `{"username":"two","delete":true}`, `{"username":"boss","active":false}`}, []int{200, 200, 200, 409}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			boss := bearer(t, s.account("boss", asAdmin))
			s.account("one", asAdmin)
			s.account("two", asAdmin)
			s.account("ann")
			s.account("off", inactive)
			_, rows := bulkRows(t, name, s.send("PATCH", "/api/users", bulkOf(c.rows...), boss, "X-Request-Id: bulk", "User-Agent: agent/1.0"))
			var statuses []int
			for _, r := range rows {
				statuses = append(statuses, r.Status)
			}
			if diff := cmp.Diff(c.statuses, statuses); diff != "" {
				t.Errorf("statuses (-want +got):\n%s", diff)
			}
			var admins int
			if err := postgrestest.Pool(t).QueryRow(t.Context(), "select count(*) from users where role = 'ADMIN' and active").Scan(&admins); err != nil || admins < 1 {
				t.Errorf("%d active admins, %v", admins, err)
			}
			if entries := s.auditEntries("bulk"); len(entries) != len(c.rows) {
				t.Errorf("the log has %v", entries)
			}
			s.verifyAuditChains()
		})
	}
}

// 1,000 accounts with their sessions, links and devices, in a function's time.
func TestAThousandChangesFitTheTime(t *testing.T) {
	t.Parallel()
	s := newService(t)
	boss := bearer(t, s.account("boss", asAdmin))
	_, err := postgrestest.Pool(t).Exec(t.Context(), `
		with made as (
			insert into users (uuid, username, first_name, last_name, email, password_hash, created_at, updated_at)
			select gen_random_uuid(), 'user' || n, 'A', 'B', 'user' || n || '@example.com', '', now(), now() from generate_series(1, 1000) n returning id
		), s as (
			insert into sessions (id, user_id, version, generation, hash, method, device_name, user_agent, address, created_at, last_used_at, idle_ends_at, ends_at)
			select gen_random_uuid(), id, 1, 1, sha256(int8send(id)), 'pwd', '', '', '', now(), now(), now() + interval '1 day', now() + interval '1 day' from made
		) insert into resets (hash, user_id, created_at, expires_at) select sha256(int8send(id)), id, now(), now() + interval '1 hour' from made`)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []string{`"role":"ADMIN"`, `"role":"USER"`, `"active":false`, `"delete":true`} {
		rows := make([]string, 1000)
		for i := range rows {
			rows[i] = fmt.Sprintf(`{"username":"user%d",%s}`, i+1, change)
		}
		began := time.Now()
		a := s.send("PATCH", "/api/users", bulkOf(rows...), boss)
		took := time.Since(began)
		if done, _ := bulkRows(t, change, a); done != 1000 || took > 4*time.Second {
			t.Errorf("%s: %d of 1000 in %v", change, done, took)
		}
		t.Logf("%s: 1000 in %v", change, took)
	}
	statements := postgrestest.Statements(t, func() {
		bulkRows(t, "nobody", s.send("PATCH", "/api/users", bulkOf(`{"username":"boss","active":true}`), boss))
	})
	if len(statements) != 3 {
		t.Errorf("a batch takes %d statements, want one to see who calls, one to read and one to write: %q", len(statements), statements)
	}
	s.verifyAuditChains()
}
