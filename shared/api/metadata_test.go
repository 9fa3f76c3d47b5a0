package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"roster/localdev/postgrestest"
	"roster/shared/user"
)

// profileWith is the answer of GET with this metadata.
func profileWith(u user.User, metadata, appMetadata string) string {
	return strings.NewReplacer(`"metadata":{}`, `"metadata":`+metadata, `"app_metadata":{}`, `"app_metadata":`+appMetadata).Replace(profileOf(u))
}

func TestMetadataIsStoredAsItWasWritten(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann, boss := s.account("ann"), s.account("boss", asAdmin)
	for _, c := range []struct {
		name, body            string
		by                    user.User
		metadata, appMetadata string
	}{
		{"nothing yet", `{}`, ann, `{}`, `{}`},
		{"the user's own", `{"metadata": { "n" : 12345678901234567890123456789, "f":1.10, "deep":{"a":[1,{"b":null}]}, "<&>":"ü" }}`, ann, `{"n":12345678901234567890123456789,"f":1.10,"deep":{"a":[1,{"b":null}]},"\u003c\u0026\u003e":"ü"}`, `{}`},
		{"the admin's", `{"app_metadata":{"plan":"pro"}}`, boss, `{"n":12345678901234567890123456789,"f":1.10,"deep":{"a":[1,{"b":null}]},"\u003c\u0026\u003e":"ü"}`, `{"plan":"pro"}`},
		{"replaced and not merged", `{"metadata":{"m":1}}`, ann, `{"m":1}`, `{"plan":"pro"}`},
		{"both, by an admin", `{"metadata":{"a":1},"app_metadata":{"b":2}}`, boss, `{"a":1}`, `{"b":2}`},
		{"other fields leave them", `{"first_name":"Anna"}`, ann, `{"a":1}`, `{"b":2}`},
		{"emptied", `{"metadata":{},"app_metadata":{}}`, boss, `{}`, `{}`},
	} {
		s.send("PUT", "/api/user/ann", c.body, bearer(t, c.by)).wants(t, c.name, 200, updated)
		for _, reader := range []user.User{ann, boss} {
			s.send("GET", "/api/user/ann", "", bearer(t, reader)).wants(t, c.name+", read by "+reader.Username, 200, profileWith(s.find("ann"), c.metadata, c.appMetadata))
		}
	}
}

func TestMetadataIsRefusedWithReasons(t *testing.T) {
	t.Parallel()
	s := newService(t)
	accounts := map[string]user.User{"ann": s.account("ann"), "ben": s.account("ben"), "boss": s.account("boss", asAdmin)}
	largest := `{"a":"` + strings.Repeat("x", user.MaxMetadata-8) + `"}`
	const notObject, size = "must be a JSON object", "must have at most 8192 bytes without space"
	for name, c := range map[string]struct {
		as, target, body string
		status           int
		want             string
	}{
		"app_metadata, as USER":             {"ann", "ann", `{"app_metadata":{}}`, 403, forbidden},
		"app_metadata beside names":         {"ann", "ann", `{"first_name":"A","app_metadata":{"admin":true}}`, 403, forbidden},
		"another's metadata, as USER":       {"ann", "ben", `{"metadata":{}}`, 403, forbidden},
		"no object":                         {"boss", "ann", `{"metadata":[],"app_metadata":"{}"}`, 400, invalid("metadata", notObject, "app_metadata", notObject)},
		"null":                              {"ann", "ann", `{"metadata":null}`, 400, invalid("metadata", "must not be null")},
		"a name twice, deep":                {"ann", "ann", `{"metadata":{"a":[{"b":1,"\u0062":2}]}}`, 400, invalid("metadata", "must not have a name twice in one object")},
		"NUL":                               {"ann", "ann", `{"metadata":{"a":"\u0000"}}`, 400, invalid("metadata", "must not have NUL")},
		"half a pair":                       {"ann", "ann", `{"metadata":{"\ud800":1}}`, 400, invalid("metadata", "must not have lone surrogates")},
		"too deep":                          {"ann", "ann", `{"metadata":` + strings.Repeat(`{"a":`, 20) + "{}" + strings.Repeat("}", 20) + `}`, 400, invalid("metadata", "must have at most 20 objects and arrays in each other")},
		"a byte too long":                   {"ann", "ann", `{"metadata":` + strings.Replace(largest, "x", "xx", 1) + `}`, 400, invalid("metadata", size)},
		"all at once with other bad fields": {"boss", "ann", `{"role":"ROOT","metadata":{"a":1,"a":2},"app_metadata":1,"x":1}`, 400, invalid("role", "must be USER or ADMIN", "metadata", "must not have a name twice in one object", "app_metadata", notObject, "x", "is not a field of this call")},
		"over 32 KiB":                       {"ann", "ann", `{"metadata":{}` + strings.Repeat(" ", 32<<10) + `}`, 413, problem(413, "too_large", "The body must have at most 32 KiB.")},
	} {
		s.expectChange(name, false, func() {
			s.send("PUT", "/api/user/"+c.target, c.body, bearer(t, accounts[c.as])).wants(t, name, c.status, c.want)
		})
	}
	body := `{"metadata":` + largest + `,"app_metadata":` + largest + strings.Repeat(" ", 10000) + `}`
	s.send("PUT", "/api/user/ann", body, bearer(t, accounts["boss"])).wants(t, "as much as there may be", 200, updated)
	s.send("GET", "/api/user/ann", "", bearer(t, accounts["ann"])).wants(t, "and read", 200, profileWith(s.find("ann"), largest, largest))
}

// A login of an account with much metadata neither reads nor answers any of it.
func TestLoginReadsNoMetadata(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann := s.account("ann")
	canary := `{"canary":"` + strings.Repeat("x", 4000) + `"}`
	s.send("PUT", "/api/user/me", `{"metadata":`+canary+`}`, bearer(t, ann)).wants(t, "write", 200, updated)
	var a answer
	statements := postgrestest.Statements(t, func() {
		a = s.send("POST", "/api/user/login", `{"username":"ann","password":"`+right+`"}`)
		var tokens struct {
			RefreshToken string `json:"refresh_token"`
		}
		if err := json.Unmarshal([]byte(a.body), &tokens); err != nil {
			t.Fatal(err)
		}
		s.send("POST", "/api/user/refresh", `{"refresh_token":"`+tokens.RefreshToken+`"}`)
	})
	if a.status != 200 || strings.Contains(a.body, "canary") || len(statements) == 0 {
		t.Errorf("login: %d %s, %d statements", a.status, a.body, len(statements))
	}
	for _, statement := range statements {
		if strings.Contains(statement, "metadata") {
			t.Errorf("a login runs %s", statement)
		}
	}
}
