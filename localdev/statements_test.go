package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
)

// What a request costs, by PostgreSQL's own log: each statement is a round
// trip, and nothing else goes over the connection.
func TestEachRequestTakesFewStatements(t *testing.T) {
	t.Parallel()
	for _, way := range modes {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			s := newTestServer(t, way, nil)
			values := map[string]string{}
			ann := "Authorization: Bearer «access»"
			const form = "Content-Type: application/x-www-form-urlencoded"
			for _, c := range []struct {
				name string
				raw
				status int
				want   []string // how each statement begins
			}{
				{"documentation", raw{method: "GET", target: "/"}, 200, nil},
				{"health", raw{method: "GET", target: "/healthz"}, 200, []string{"select current_setting('transaction_read_only')::boolean"}},
				{"register", jsonBody("POST", "/api/user/register", `{"username":"ann","first_name":"Ann","last_name":"Lee","email":"ann@example.com","password":"password123"}`), 201, []string{"with budgets", "with created_user"}},
				{"register again", jsonBody("POST", "/api/user/register", `{"username":"ann","first_name":"Ann","last_name":"Lee","email":"ann@example.com","password":"password123"}`), 409, []string{"with budgets", "with created_user", "select exists", "with subject"}},
				{"a bad registration", jsonBody("POST", "/api/user/register", `{}`), 400, nil},
				{"login", jsonBody("POST", "/api/user/login", `{"username":"ann","password":"password123"}`), 200, []string{"with account as", "with updated_user"}},
				{"a wrong password", jsonBody("POST", "/api/user/login", `{"username":"ann","password":"password124"}`), 401, []string{"with account as", "with updated_limits "}},
				{"an unknown name", jsonBody("POST", "/api/user/login", `{"username":"bob","password":"password123"}`), 401, []string{"with account as", "with updated_limits "}},
				{"get", raw{"GET", "/api/user/ann", []string{ann}, ""}, 200, []string{"select u.uuid"}},
				{"get another", raw{"GET", "/api/user/admin", []string{ann}, ""}, 403, []string{"select u.uuid"}},
				{"get me", raw{"GET", "/api/user/me", []string{ann}, ""}, 200, []string{"select u.uuid"}},
				{"users", raw{"GET", "/api/users?q=ann&role=ADMIN&count=estimate", []string{ann}, ""}, 403, []string{"with caller as"}},
				{"sessions", raw{"GET", "/api/user/me/sessions", []string{ann}, ""}, 200, []string{"select u.uuid", "select s.id"}},
				{"export", raw{"GET", "/api/user/me/export", []string{ann}, ""}, 200, []string{
					"select u.uuid", "with budgets", "begin isolation level repeatable read read only", "select id", "select s.id", "select d.version", "select r.created_at", "select k.number", "with about_user", "commit", "with subject",
				}},
				{"refresh", jsonBody("POST", "/api/user/refresh", `{"refresh_token":"«refresh»"}`), 200, []string{"with locked_user"}},
				{"get without a token", raw{method: "GET", target: "/api/user/ann"}, 401, nil},
				{"put", jsonBody("PUT", "/api/user/ann", `{"first_name":"Anna"}`, ann), 200, []string{"select u.uuid", "with"}},
				{"forget", jsonBody("POST", "/api/user/forget_password", `{"username":"ann","email":"ann@example.com"}`), 200, []string{"with account as", "with named_user"}},
				{"forget, by e-mail", jsonBody("POST", "/api/user/forget_password", `{"email":"ann@example.com"}`), 200, []string{"with account as", "with named_user"}},
				{"forget, for nobody by name", jsonBody("POST", "/api/user/forget_password", `{"username":"bob"}`), 200, []string{"with account as", "with named_user"}},
				{"forget, for nobody by e-mail", jsonBody("POST", "/api/user/forget_password", `{"email":"bob@example.com"}`), 200, []string{"with account as", "with named_user"}},
				{"forget, for nobody", jsonBody("POST", "/api/user/forget_password", `{"username":"bob","email":"bob@example.com"}`), 200, []string{"with account as", "with named_user"}},
				{"a link for nobody", raw{"POST", "/forgot_password", []string{form}, "account=bob"}, 200, []string{"with account as", "with named_user"}},
				{"the page, dead", raw{method: "GET", target: "/reset_password?token=«reset»"}, 200, []string{"with budgets", "select id", "with subject"}},
				{"a token of nobody", jsonBody("POST", "/api/user/reset_password", `{"token":"«reset»","new_password":"password123"}`), 400, []string{"with budgets", "select id", "with subject"}},
				{"forget again", jsonBody("POST", "/api/user/forget_password", `{"username":"ann","email":"ann@example.com"}`), 200, []string{"with account as", "with named_user"}},
				{"the page, live", raw{method: "GET", target: "/reset_password?token=«reset»"}, 200, []string{"with budgets", "select id"}},
				{"the form", raw{"POST", "/reset_password", []string{form}, "token=«reset»&new_password=password123&repeat_password=password123"}, 200, []string{"with budgets", "select id", "with locked_user"}},
				{"login again", jsonBody("POST", "/api/user/login", `{"username":"ann","password":"password123"}`), 200, []string{"with account as", "with updated_user"}},
				{"logout of the others", jsonBody("POST", "/api/user/logout", `{"scope":"others"}`, ann), 200, []string{"with seen_user"}},
				{"delete", raw{"DELETE", "/api/user/ann", []string{ann}, ""}, 200, []string{"select u.uuid", "with"}},
			} {
				var got answer
				statements := postgrestest.Statements(t, func() { got = s.send(t, c.method, c.bytesWith(values)) })
				if storeTokens(values, got); got.status != c.status {
					t.Errorf("%s: %v, want %d", c.name, got, c.status)
				}
				if diff := cmp.Diff(c.want, prefixes(statements, c.want)); diff != "" {
					t.Errorf("%s: statements (-want +got):\n%s", c.name, diff)
				}
			}
		})
	}
}

// prefixes cuts each statement to the length of what is wanted in its place.
func prefixes(statements, want []string) []string {
	var cut []string
	for i, s := range statements {
		s = strings.Join(strings.Fields(s), " ")
		if i < len(want) {
			s = s[:min(len(s), len(want[i]))]
		}
		cut = append(cut, s)
	}
	return cut
}
