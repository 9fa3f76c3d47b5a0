package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"roster"
)

// stringFields are the strings in the body of each call. The # is for a body with
// one of them alone.
var stringFields = map[string][]string{
	"POST /api/user/register":         {"username", "first_name", "last_name", "email", "password"},
	"POST /api/user/login":            {"username", "password", "device_name"},
	"POST /api/user/forget_password":  {"username", "email"},
	"POST /api/user/forget_password#": {"email"}, // alone, which is enough
	"POST /api/user/refresh":          {"refresh_token"},
	"POST /api/user/logout":           {"scope"},
	"POST /api/user/change_password":  {"current_password", "new_password"},
	"POST /api/user/reset_password":   {"token", "new_password"},
	"POST /api/users":                 {"username", "first_name", "last_name", "email", "password", "role"},
	"PUT /api/user/ann":               {"username", "first_name", "last_name", "email", "role"},
	"PUT /api/user/boss":              {"password", "current_password"},
}

// CVE-2023-7028: an array of addresses, one of them the attacker's.
func TestStringFieldsTakeStringsOnly(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	admin := bearer(t, s.account("boss", asAdmin))
	values := map[string]string{
		"username": "ann", "first_name": "Ann", "last_name": "Lee", "email": "ann@example.com", "password": right, "new_password": right,
		"token": strings.Repeat("A", 43), "current_password": right, "role": "USER",
		"refresh_token": "x", "device_name": "Phone", "scope": "this",
	}
	wantEveryStringField(t)
	for call, fields := range stringFields {
		method, path, _ := strings.Cut(strings.TrimSuffix(call, "#"), " ")
		for _, bad := range fields {
			for _, wrong := range []string{`[%s]`, `[%s,"evil@example.net"]`, `{"a":%s}`, `5`, `1e3`, `true`, `false`, `null`, `[]`, `{}`} {
				in := map[string]json.RawMessage{}
				for _, f := range fields {
					in[f], _ = json.Marshal(values[f])
				}
				if strings.Contains(wrong, "%s") {
					wrong = fmt.Sprintf(wrong, in[bad])
				}
				in[bad] = json.RawMessage(wrong)
				body, err := json.Marshal(in)
				if err != nil {
					t.Fatal(err)
				}
				name := call + " " + string(body)
				s.expectChange(name, false, func() {
					if a := s.send(method, path, string(body), admin); a.status != 400 || !strings.Contains(a.body, `"`+bad+`":"must be a string"`) {
						t.Errorf("%s: %d %s", name, a.status, a.body)
					}
				})
			}
		}
	}
	if sent := s.box.drain(); len(sent) > 0 {
		t.Errorf("mailed %v", sent)
	}
}

// wantEveryStringField fails the test for a string of a JSON body that stringFields
// leaves out.
func wantEveryStringField(t *testing.T) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(roster.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.RequestBody == nil || op.RequestBody.Value.Content["application/json"] == nil || method == "PATCH" { // which is PUT
				continue
			}
			var tried []string
			for call, fields := range stringFields {
				if strings.HasPrefix(call, method+" "+strings.TrimSuffix(path, "{username}")) {
					tried = append(tried, fields...)
				}
			}
			for name, field := range op.RequestBody.Value.Content["application/json"].Schema.Value.Properties {
				if field.Value.Type.Is("string") && !slices.Contains(tried, name) {
					t.Errorf("%s %s takes %s, which is not tried", method, path, name)
				}
			}
		}
	}
}
