package api_test

import (
	"strings"
	"testing"

	"roster/localdev/postgrestest"
)

// Each statement is a round trip. PostgreSQL's own log counts them.
func TestEachRequestTakesFewStatements(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u, boss := s.account("ann"), s.account("boss", asAdmin)
	token, anns, bosss := s.mailedToken("ann"), bearer(t, u), bearer(t, boss)
	refreshToken, leaver := s.refreshToken("ann"), bearer(t, u)
	for _, c := range []struct {
		name    string
		want    int
		request func() answer
	}{
		{"GET", 1, func() answer { return s.send("GET", "/api/user/ann", "", anns) }},
		{"GET as ADMIN", 1, func() answer { return s.send("GET", "/api/user/ann", "", bosss) }},
		{"GET refused", 1, func() answer { return s.send("GET", "/api/user/boss", "", anns) }},
		{"GET without a token", 0, func() answer { return s.send("GET", "/api/user/boss", "") }},
		{"login", 2, func() answer { return s.send("POST", "/api/user/login", `{"username":"ann","password":"`+right+`"}`) }},
		{"login refused", 2, func() answer { return s.send("POST", "/api/user/login", `{"username":"ann","password":"x"}`) }},
		{"login, unknown", 2, func() answer { return s.send("POST", "/api/user/login", `{"username":"nobody","password":"x"}`) }},
		{"forget_password", 2, func() answer {
			return s.send("POST", "/api/user/forget_password", `{"username":"ann","email":"ann@example.com"}`)
		}},
		{"forget_password, unknown", 2, func() answer { return s.send("POST", "/api/user/forget_password", `{"username":"nobody","email":"x"}`) }},
		{"refresh", 1, func() answer { return s.send("POST", "/api/user/refresh", `{"refresh_token":"`+refreshToken+`"}`) }},
		{"refresh, no token", 0, func() answer { return s.send("POST", "/api/user/refresh", `{"refresh_token":"x"}`) }},
		{"GET me", 1, func() answer { return s.send("GET", "/api/user/me", "", anns) }},
		{"sessions", 2, func() answer { return s.send("GET", "/api/user/me/sessions", "", anns) }},
		{"export", 11, func() answer { return s.send("GET", "/api/user/me/export", "", anns) }},
		{"end a session", 2, func() answer {
			return s.send("DELETE", "/api/user/me/sessions/00000000-0000-4000-8000-000000000000", "", anns)
		}},
		{"logout", 1, func() answer { return s.send("POST", "/api/user/logout", "", leaver) }},
		{"PUT", 2, func() answer { return s.send("PUT", "/api/user/ann", `{"first_name":"A"}`, anns) }},
		{"PUT of an e-mail", 3, func() answer { return s.send("PUT", "/api/user/ann", `{"email":"new@example.com"}`, anns) }},
		{"reset_password", 3, func() answer {
			return s.send("POST", "/api/user/reset_password", `{"token":"`+token+`","new_password":"another kite"}`)
		}},
		{"register", 2, func() answer { return s.send("POST", "/api/user/register", zoeRegistration) }},
		{"register, taken", 4, func() answer { return s.send("POST", "/api/user/register", zoeRegistration) }},
		{"register, bad", 0, func() answer { return s.send("POST", "/api/user/register", `{}`) }},
		{"health", 1, func() answer { return s.send("GET", "/healthz", "") }},
		{"DELETE", 2, func() answer { return s.send("DELETE", "/api/user/ann", "", bosss) }},
	} {
		wantStatements(t, c.name, c.want, c.request)
	}
	if errs := postgrestest.Errors(t); len(errs) > 0 {
		t.Errorf("PostgreSQL logged errors: %q", errs)
	}
}

func wantStatements(t *testing.T, name string, want int, request func() answer) {
	t.Helper()
	var a answer
	got := postgrestest.Statements(t, func() { a = request() })
	if len(got) != want {
		t.Errorf("%s, answered %d, takes %d statements, want %d:\n%s", name, a.status, len(got), want, strings.Join(got, "\n"))
	}
}
