package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/localdev/postgrestest"
	"roster/shared/aws/sam"
	"roster/shared/boot/tokens"
	"roster/shared/user"
)

// callers are the columns of the matrix. Each calls with its token; where the
// path has a name, it is whose name.
var callers = []struct{ is, whose string }{
	{"anonymous", "ben"},
	{"USER", "ann"}, // oneself
	{"USER", "ben"},
	{"ADMIN", "ben"},
	{"ADMIN", "chief"}, // a second ADMIN
	{"deactivated", "ann"},
	{"demoted", "ann"},
	{"deleted", "ann"},
	{"of before a reset", "ann"},
}

// access is what each route of template.yaml answers to each caller: who may do
// what, as a whole. One status alone is for all of them.
var access = map[string]string{
	//                            anonymous  self  another  ADMIN  on ADMIN  deactivated  demoted  deleted  reset
	"GET /api/user/{username}":    "   401    200      403    200       200          401      401      401    401",
	"PUT /api/user/{username}":    "   401    200      403    200       200          401      401      401    401",
	"DELETE /api/user/{username}": "   401    200      403    200       200          401      401      401    401",
	"GET /api/user/me":            "   401    200      200    200       200          401      401      401    401",

	"GET /api/user/{username}/sessions":         "401 200 403 200 200 401 401 401 401",
	"DELETE /api/user/{username}/sessions/{id}": "401 404 403 404 404 401 401 401 401", // a session of nobody
	"GET /api/user/{username}/export":           "401 200 403 200 200 401 401 401 401",
	"POST /api/user/logout":                     "401 200 200 200 200 401 401 401 401",
	"POST /api/user/change_password":            "401 400 400 400 400 401 401 401 401", // the wrong password

	"GET /api/users": "   401    403      403    200       200          401      401      401    401",
	"GET /api/audit": "   401    403      403    200       200          401      401      401    401",

	"POST /api/users":                 "401 403 403 201 201 401 401 401 401",
	"PATCH /api/users":                "401 403 403 200 200 401 401 401 401",
	"POST /api/user/{username}/reset": "401 403 403 200 200 401 401 401 401",

	"POST /api/user/register":          "201",
	"POST /api/user/login":             "200",
	"POST /api/user/refresh":           "401", // a token of nobody
	"POST /api/user/forget_password":   "200",
	"POST /api/user/reset_password":    "400", // a token of nobody
	"GET /reset_password":              "200",
	"POST /reset_password":             "400",
	"GET /forgot_password":             "200",
	"POST /forgot_password":            "200",
	"GET /.well-known/change-password": "302",
	"GET /":                            "200",
	"GET /openapi.json":                "200",
	"GET /docs/{file}":                 "200",
	"GET /healthz":                     "200",

	"GET /.well-known/jwks.json":            "200",
	"GET /.well-known/openid-configuration": "200",

	"$default": "404",
}

// bodies are what the routes take, but for $.
var bodies = map[string]string{
	"PUT /api/user/{username}":       `{"first_name":"New"}`,
	"POST /api/user/register":        `{"username":"zoe-$","first_name":"Zoe","last_name":"Lee","email":"zoe-$@example.com","password":"password123"}`,
	"POST /api/users":                `{"username":"eve-$","first_name":"Eve","last_name":"Lee","email":"eve-$@example.com"}`,
	"PATCH /api/users":               `{"users":[{"username":"ben","active":true}]}`,
	"POST /api/user/login":           `{"username":"admin","password":"` + adminPassword + `"}`,
	"POST /api/user/refresh":         `{"refresh_token":"x"}`,
	"POST /api/user/change_password": `{"current_password":"wrong","new_password":"another password 456"}`,
	"POST /api/user/forget_password": `{"username":"zoe-$","email":"zoe-$@example.com"}`,
	"POST /api/user/reset_password":  `{"token":"` + strings.Repeat("A", 43) + `","new_password":"password123"}`,
	"POST /forgot_password":          "account=zoe-$",
	"POST /reset_password":           "token=" + strings.Repeat("A", 43) + "&new_password=password123&repeat_password=password123",
}

// asDescribed returns the route whose row and body are good for this one: HEAD is
// answered as GET, PATCH as PUT, and a legacy path as the one below /api.
func asDescribed(route string) string {
	route = strings.Replace(route, " /user/", " /api/user/", 1)
	return strings.NewReplacer("HEAD ", "GET ", "PATCH /api/user/", "PUT /api/user/").Replace(route)
}

func TestEveryRouteToEveryCaller(t *testing.T) {
	t.Parallel()
	s := newTestServer(t, inThisProcess, map[string]string{"PUBLIC_URL": "http://roster.test"})
	template, err := sam.Parse(roster.Template)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, route := range template.Routes() {
		if route.IsLegacy() { // see TestLegacyPaths
			continue
		}
		name := route.String()
		seen[asDescribed(name)] = true
		want := strings.Fields(access[asDescribed(name)])
		if len(want) != 1 && len(want) != len(callers) {
			t.Errorf("the route %s has no row in access: say there what it answers to whom", name)
			continue
		}
		for i, c := range callers {
			s.accounts(t)
			got := s.callAs(t, c.is, route, c.whose, i)
			if status := want[i%len(want)]; fmt.Sprint(got.status) != status {
				t.Errorf("%s by %s (%s) is answered %v, want %s", name, c.is, c.whose, got, status)
			}
		}
	}
	for name := range access {
		if !seen[name] {
			t.Errorf("access has a row for %s, which is no route", name)
		}
	}
}

// accounts makes ann, ben and chief anew, ann and ben as USER, chief as ADMIN.
// None has a password that anyone knows.
func (s testServer) accounts(t *testing.T) {
	t.Helper()
	s.exec(t, `delete from users where username in ('ann', 'ben', 'chief')`)
	s.exec(t, `insert into users (uuid, username, first_name, last_name, email, password_hash, role, active, created_at, updated_at)
		select gen_random_uuid(), n, n, n, n || '@example.com', '', case n when 'chief' then 'ADMIN' else 'USER' end, true, now(), now()
		from unnest(array['ann', 'ben', 'chief']) n`)
}

func (s testServer) exec(t *testing.T, sql string) {
	t.Helper()
	if _, err := postgrestest.Pool(t).Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// token is an access token of that account, signed as login signs it.
func (s testServer) token(t *testing.T, name string) string {
	t.Helper()
	var uuid string
	var version int64
	var role user.Role
	err := postgrestest.Pool(t).QueryRow(t.Context(), `select uuid::text, token_version, role from users where username = $1`, name).Scan(&uuid, &version, &role)
	if err != nil {
		t.Fatal(err)
	}
	issue, err := tokens.New(environment(s.settings.values)).Ready(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	raw, _, err := issue(user.Subject{UUID: uuid, Session: postgrestest.Session(t, uuid, version), TokenVersion: version, Role: role}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// callAs brings the caller into its state by the API itself, and then calls.
func (s testServer) callAs(t *testing.T, caller string, route sam.Route, whose string, i int) answer {
	t.Helper()
	admin := s.token(t, "admin")
	token := ""
	switch caller {
	case "anonymous":
	case "ADMIN":
		token = admin
	case "demoted":
		s.exec(t, `update users set role = 'ADMIN' where username = 'ann'`)
		fallthrough
	default:
		token = s.token(t, "ann")
	}
	switch caller {
	case "deactivated":
		s.mustCall(t, "PUT", "/api/user/ann", admin, `{"active":false}`)
	case "demoted":
		s.mustCall(t, "PUT", "/api/user/ann", admin, `{"role":"USER"}`)
	case "deleted":
		s.mustCall(t, "DELETE", "/api/user/ann", admin, "")
	case "of before a reset":
		if len(strings.Fields(access[asDescribed(route.String())])) > 1 { // a hash, and a mail, for those it matters to
			values := map[string]string{}
			storeTokens(values, s.mustCall(t, "POST", "/api/user/forget_password", "", `{"username":"ann","email":"ann@example.com"}`))
			s.mustCall(t, "POST", "/api/user/reset_password", "", `{"token":"`+values["reset"]+`","new_password":"password123"}`)
		}
	}
	method, path := route.Method, strings.NewReplacer("{username}", whose, "{file}", "start.js").Replace(route.Path)
	if path == sam.DefaultPath {
		method, path = "GET", "/nowhere"
	}
	return s.call(t, method, path, token, strings.ReplaceAll(bodies[asDescribed(route.String())], "$", fmt.Sprint(i)))
}

// mustCall is call for what has to succeed.
func (s testServer) mustCall(t *testing.T, method, path, token, body string) answer {
	t.Helper()
	got := s.call(t, method, path, token, body)
	if got.status != http.StatusOK {
		t.Fatalf("%s %s: %v", method, path, got)
	}
	return got
}

// call sends a request as a client does, over the network and the gateway.
func (s testServer) call(t *testing.T, method, path, token, body string) answer {
	t.Helper()
	var headers []string
	switch {
	case strings.HasPrefix(body, "{"):
		headers = append(headers, "Content-Type: application/json")
	case body != "":
		headers = append(headers, "Content-Type: application/x-www-form-urlencoded")
	}
	if token != "" {
		headers = append(headers, "Authorization: Bearer "+token)
	}
	return s.send(t, method, raw{method, path, headers, body}.bytes())
}
