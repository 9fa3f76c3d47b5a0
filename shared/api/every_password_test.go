package api_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"roster"
	"roster/localdev/postgrestest"
)

// CVE-2026-9798 and later ones: a second endpoint that checked a password had no
// lockout, and then a third. Every operation whose description has a password
// that is compared with a stored one must be rate limited: five attempts are free,
// and the sixth must wait, even with the right password.
func TestEveryPasswordCheckIsRateLimited(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann := bearer(t, s.account("ann"))
	h := s.withDefaultLimits()
	bodies := map[string]string{
		"POST /api/user/login":           `{"username":"ann","password":"$"}`,
		"PUT /api/user/{username}":       `{"password":"another kite moon","current_password":"$"}`,
		"PATCH /api/user/{username}":     `{"password":"another kite moon","current_password":"$"}`,
		"POST /api/user/change_password": `{"new_password":"another kite moon","current_password":"$"}`,
	}
	for _, route := range routesWithPasswords(t) {
		body, ok := bodies[route]
		if !ok {
			t.Errorf("%s takes a password; say here how to send a wrong one", route)
			continue
		}
		delete(bodies, route)
		if _, err := postgrestest.Pool(t).Exec(t.Context(), "delete from limits"); err != nil { // of the routes before
			t.Fatal(err)
		}
		for attempt := 1; attempt <= 6; attempt++ {
			password := "wrong"
			if attempt == 6 {
				password = right
			}
			method, path, _ := strings.Cut(strings.Replace(route, "{username}", "ann", 1), " ")
			r := httptest.NewRequest(method, path, strings.NewReader(strings.Replace(body, "$", password, 1)))
			r.Header.Set("Content-Type", "application/json")
			if route != "POST /api/user/login" {
				r.Header.Set("Authorization", strings.TrimPrefix(ann, "Authorization: "))
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if refused := w.Code == 429; refused != (attempt == 6) {
				t.Errorf("%s: attempt %d is answered %d: %s", route, attempt, w.Code, w.Body)
			}
		}
	}
	for route := range bodies {
		t.Errorf("%s is not described as taking a password", route)
	}
}

func routesWithPasswords(t *testing.T) (routes []string) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(roster.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.RequestBody == nil {
				continue
			}
			for _, media := range op.RequestBody.Value.Content {
				for _, field := range media.Schema.Value.Properties {
					if field.Ref == "#/components/schemas/GivenPassword" {
						routes = append(routes, method+" "+path)
					}
				}
			}
		}
	}
	return routes
}
