package functions_test

import (
	"cmp"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"roster"
	"roster/localdev/postgrestest"
	"roster/shared/postgres"
)

const (
	account     = `{"username":"user1","first_name":"User","last_name":"One","email":"user1@example.com","password":"correct horse battery"}`
	credentials = `{"username":"user1","password":"correct horse battery"}`
)

// exchange is a request and what must come back. {access}, {refresh} and {reset}
// stand for the last access token, the last refresh token and the reset token
// that was mailed last.
type exchange struct {
	route   string
	request string // "METHOD /path" where that is not the route itself
	token   string
	body    string
	status  int
	want    string // a part of the answer's body, or of its headers
}

// journey sends each route a good request and bad ones, in the order of an
// account's life.
var journey = []exchange{
	{route: "POST /api/user/register", body: account, status: 201, want: `{"msg":"User registered successfully.","user":{"id":`},
	{route: "POST /api/user/register", body: account, status: 409, want: `"username":"already taken"`},
	{route: "POST /api/user/register", body: `{"username":"user2","role":"ADMIN"}`, status: 400, want: `"role":"is not a field of this call"`},

	{route: "POST /api/user/login", body: `{"username":"user1","password":"wrong horse battery"}`, status: 401, want: "Bearer"},
	{route: "POST /api/user/login", body: credentials, status: 200, want: `"token_type":"Bearer"`},

	{route: "POST /api/user/refresh", body: `{"refresh_token":"{refresh}"}`, status: 200, want: `"refresh_token":"`},
	{route: "POST /api/user/refresh", body: `{"refresh_token":"x"}`, status: 401, want: "Bearer"},
	{route: "GET /api/user/me", token: "{access}", status: 200, want: `"username":"user1"`},
	{route: "GET /api/user/{username}/sessions", request: "GET /api/user/me/sessions", token: "{access}", status: 200, want: `"current":true`},
	{route: "GET /api/user/{username}/export", request: "GET /api/user/me/export", token: "{access}", status: 200, want: `"password_resets":[]`},
	{
		route: "DELETE /api/user/{username}/sessions/{id}", request: "DELETE /api/user/me/sessions/x", token: "{access}",
		status: 404, want: `"msg":"Session not found."`,
	},
	{
		route: "POST /api/user/change_password", token: "{access}",
		body: `{"current_password":"wrong","new_password":"correct horse battery"}`, status: 400, want: `"current_password":"is not right"`,
	},
	{route: "POST /api/user/logout", token: "{access}", body: `{"scope":"others"}`, status: 200, want: `{"msg":"Logged out."}`},

	{route: "GET /api/user/{username}", request: "GET /api/user/User1", token: "{access}", status: 200, want: `"email":"user1@example.com"`},
	{route: "GET /api/user/{username}", request: "GET /api/user/user2", token: "{access}", status: 403, want: `"code":"forbidden"`},
	{route: "GET /api/user/{username}", request: "GET /api/user/user1", status: 401, want: "Bearer"},

	{
		route: "PUT /api/user/{username}", request: "PUT /api/user/user1", token: "{access}",
		body: `{"last_name":"Uno"}`, status: 200, want: `{"msg":"User details updated."}`,
	},
	{
		route: "PATCH /api/user/{username}", request: "PATCH /api/user/user1", token: "{access}",
		body: `{"last_name":"One"}`, status: 200, want: `{"msg":"User details updated."}`,
	},
	{route: "PATCH /api/user/{username}", request: "PATCH /api/user/user1", body: `{}`, status: 401, want: "Bearer"},
	{route: "GET /api/user/{username}", request: "GET /api/user/login", status: 405, want: "POST"}, // a path of its own
	{route: "GET /api/audit", token: "{access}", status: 403, want: `"code":"forbidden"`},
	{route: "GET /api/users", token: "{access}", status: 403, want: `"code":"forbidden"`},
	{route: "POST /api/users", token: "{access}", body: strings.ReplaceAll(account, "user1", "user2"), status: 403, want: `"code":"forbidden"`},
	{route: "POST /api/users", body: `{}`, status: 401, want: "Bearer"},
	{route: "PATCH /api/users", token: "{access}", body: `{"users":[{"username":"user1","role":"ADMIN"}]}`, status: 403, want: `"code":"forbidden"`},
	{route: "PATCH /api/users", body: `{}`, status: 401, want: "Bearer"},
	{route: "POST /api/user/{username}/reset", request: "POST /api/user/user1/reset", token: "{access}", status: 403, want: `"code":"forbidden"`},
	{route: "POST /api/user/{username}/reset", request: "POST /api/user/user1/reset", status: 401, want: "Bearer"},

	{
		route: "PUT /api/user/{username}", request: "PUT /api/user/user1", token: "{access}",
		body: `{"active":false}`, status: 403, want: `"code":"forbidden"`,
	},

	{route: "GET /.well-known/jwks.json", status: 200, want: `"alg":"ES256","use":"sig"`},
	{route: "GET /.well-known/openid-configuration", status: 200, want: `"jwks_uri":"https://accounts.example.com/.well-known/jwks.json"`},

	{
		route: "POST /api/user/forget_password",
		body:  `{"username":"user1","email":"other@example.com"}`, status: 200, want: `{"msg":"Token generated successfully."}`,
	},
	{
		route: "POST /api/user/forget_password",
		body:  `{"username":"user1","email":"user1@example.com"}`, status: 200, want: `{"msg":"Token generated successfully."}`,
	},
	{route: "POST /api/user/forget_password", body: `{}`, status: 400, want: `"email":"is required without username"`},

	{
		route: "POST /api/user/reset_password",
		body:  `{"token":"{reset}","new_password":"password1234"}`, status: 400, want: `"new_password":"is `,
	},
	{
		route: "POST /api/user/reset_password",
		body:  `{"token":"{reset}","new_password":"staple correct horse"}`, status: 200, want: `{"msg":"Password has been reset."}`,
	},
	{
		route: "POST /api/user/reset_password",
		body:  `{"token":"{reset}","new_password":"staple correct horse"}`, status: 400, want: `"code":"token_invalid"`,
	},
	{route: "GET /api/user/{username}", request: "GET /api/user/user1", token: "{access}", status: 401, want: "Bearer"}, // ended by the reset

	{
		route: "POST /api/user/forget_password",
		body:  `{"username":"user1","email":"USER1@example.com"}`, status: 200, want: `{"msg":"Token generated successfully."}`,
	},
	{route: "GET /reset_password", request: "GET /reset_password?token={reset}", status: 200, want: `value="{reset}"`},
	{route: "GET /.well-known/change-password", status: 302, want: ""},
	{route: "GET /forgot_password", status: 200, want: "Reset your password"},
	{route: "POST /forgot_password", body: "account=nobody", status: 200, want: "If there is such an account"},
	{route: "POST /forgot_password", body: "account=", status: 400, want: "Type your username"},
	{route: "GET /reset_password", status: 200, want: "This link does not work"},
	{
		route: "POST /reset_password",
		body:  "token={reset}&new_password=battery+staple+horse&repeat_password=another", status: 400, want: "not the same",
	},
	{
		route:  "POST /reset_password",
		body:   "token={reset}&new_password=battery+staple+horse&repeat_password=battery+staple+horse",
		status: 200, want: "Your password has been changed",
	},

	{route: "POST /api/user/login", body: credentials, status: 401, want: "Bearer"},
	{route: "POST /api/user/login", body: `{"username":"user1","password":"battery staple horse"}`, status: 200, want: `"expires_in":`},
	{route: "DELETE /api/user/{username}", request: "DELETE /api/user/admin", token: "{access}", status: 403, want: `"code":"forbidden"`},
	{route: "DELETE /api/user/{username}", request: "DELETE /api/user/user1", token: "{access}", status: 200, want: `{"msg":"User deleted."}`},
	{route: "DELETE /api/user/{username}", request: "DELETE /api/user/user1", token: "{access}", status: 401, want: "Bearer"},

	{route: "POST /api/user/logout", token: "{access}", status: 401, want: "Bearer"},
	{route: "GET /api/audit", status: 401, want: "Bearer"},
	{route: "GET /api/users", status: 401, want: "Bearer"},
	{route: "GET /healthz", status: 200, want: `{"status":"ok","version":"` + roster.Version + `"}`},
	{route: "GET /", status: 200, want: "<title>"},
	{route: "GET /openapi.json", status: 200, want: `{"openapi":"3.1.0"`},
	{route: "GET /docs/{file}", request: "GET /docs/start.js", status: 200, want: "SwaggerUIBundle"},
	{route: "GET /docs/{file}", request: "GET /docs/embed.go", status: 404, want: `"code":"not_found"`},
	// The paths of the service before Roster are served only with LEGACY_PATHS: see TestLegacyPaths in localdev.
	{route: "POST /user/register", body: account, status: 404, want: `"code":"not_found"`},
	{route: "POST /user/login", body: credentials, status: 404, want: `"code":"not_found"`},
	{route: "POST /user/forget_password", body: `{"username":"user1"}`, status: 404, want: `"code":"not_found"`},
	{route: "POST /user/reset_password", body: `{}`, status: 404, want: `"code":"not_found"`},
	{route: "GET /user/{username}", request: "GET /user/user1", token: "{access}", status: 404, want: `"code":"not_found"`},
	{route: "PUT /user/{username}", request: "PUT /user/user1", token: "{access}", body: `{}`, status: 404, want: `"code":"not_found"`},
	{route: "DELETE /user/{username}", request: "DELETE /user/user1", token: "{access}", status: 404, want: `"code":"not_found"`},
	{route: "$default", request: "PATCH /user/user1", status: 404, want: `"code":"not_found"`},

	{route: "$default", request: "GET /nowhere", status: 404, want: `"code":"not_found"`},
	{route: "$default", request: "POST /healthz", status: 405, want: "GET"},
}

func TestEachFunctionAnswers(t *testing.T) {
	t.Parallel()
	v := newService(t, postgrestest.URL(t), settings{})
	seen := map[string]bool{}
	for _, x := range journey {
		if path, isGet := strings.CutPrefix(x.route, "GET "); isGet {
			x.asHead().run(v)
			seen["HEAD "+path] = true
		}
		x.run(v)
		seen[x.route] = true
	}
	for _, route := range readTemplate(t).Routes() {
		if !seen[route.String()] {
			t.Errorf("no request was sent to %s; add a good and a bad one to journey in functions/boot_test.go", route)
		}
		delete(seen, route.String())
	}
	for route := range seen {
		t.Errorf("the template has no route %s", route)
	}
	if n := len(v.aws.Mails()); n != 2 {
		t.Errorf("%d mails were sent, want 2, to the account's own address", n)
	}
	v.auditHasMACs()
	for folder, f := range v.functions {
		if n := len(f.Instances()); n > 1 {
			t.Errorf("%s: %d processes for one event after the other: it ends after an event", folder, n)
		}
	}
	v.nothingSecretIn(v.log.String(), "correct horse", "staple", v.mailedToken(), v.access)
	v.logsAsLambdaDoes()
}

// auditHasMACs fails the test for an entry of the audit log whose MAC is not of
// the root key. Functions that only verify tokens have a copy of the derived key.
func (v *service) auditHasMACs() {
	v.t.Helper()
	expected := postgres.Expected{Keys: [][]byte{[]byte(auditKeyOf(v.secret["ROOT_KEY"]))}}
	checked, err := postgrestest.Open(v.t).VerifyAudit(v.t.Context(), expected)
	if err != nil || len(checked.Altered) > 0 || checked.Unsigned > 0 || checked.Rows < 15 {
		v.t.Errorf("the audit log: %+v, %v", checked, err)
	}
}

// logsAsLambdaDoes fails the test for a line of the log that is not JSON with a
// request id. The lines with REPORT are Lambda's own.
func (v *service) logsAsLambdaDoes() {
	v.t.Helper()
	for line := range strings.Lines(v.log.String()) {
		var entry struct{ Timestamp, Level, Message, RequestID string }
		if strings.HasPrefix(line, "REPORT ") {
			continue
		}
		err := json.Unmarshal([]byte(line), &entry)
		if err != nil || entry.Timestamp == "" || entry.Level == "" || entry.Message == "" || entry.RequestID == "" {
			v.t.Errorf("a line is not in Lambda's form: %s", line)
		}
	}
}

// asHead returns the exchange with HEAD, which has the same status and no body.
func (x exchange) asHead() exchange {
	x.request = "HEAD" + strings.TrimPrefix(cmp.Or(x.request, x.route), "GET")
	x.want = ""
	return x
}

func (x exchange) run(v *service) {
	v.t.Helper()
	reset := ""
	if strings.Contains(x.request+x.body+x.want, "{reset}") {
		reset = v.mailedToken()
	}
	fill := strings.NewReplacer("{access}", v.access, "{refresh}", v.refresh, "{reset}", reset).Replace
	method, path, _ := strings.Cut(cmp.Or(x.request, x.route), " ")
	w := v.send(method, fill(path), fill(x.token), fill(x.body))
	answer := w.Body.String()
	for _, values := range w.Header() {
		answer += "\n" + strings.Join(values, ", ")
	}
	if method == "HEAD" && w.Body.Len() > 0 {
		v.t.Errorf("HEAD %s: a body of %d bytes", path, w.Body.Len())
	}
	if w.Code != x.status || !strings.Contains(answer, fill(x.want)) {
		v.t.Fatalf("%s %s: status %d, want %d with %q in\n%s\n%s", method, path, w.Code, x.status, x.want, answer, v.log)
	}
	if found := accessToken.FindStringSubmatch(answer); found != nil {
		v.access = found[1]
	}
	if found := refreshToken.FindStringSubmatch(answer); found != nil {
		v.refresh = found[1]
	}
}

var (
	accessToken  = regexp.MustCompile(`"access_token":"([^"]+)"`)
	refreshToken = regexp.MustCompile(`"refresh_token":"([^"]+)"`)
)
