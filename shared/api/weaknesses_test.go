package api_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"roster/localdev/postgrestest"
	"roster/shared/user"
)

// One test for each weakness of the Flask service that Roster replaces.
// docs/security/original-weaknesses.md lists them. The test of number 6 is in package
// boot; numbers 7 and 8 are in package checks.

func login(name, password string) string {
	return `{"username":"` + name + `","password":"` + password + `"}`
}

// The reset token was in the answer: anyone with a username could take over the
// account with two requests.
func TestWeakness01ResetTokenIsNotAnswered(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("boss", asAdmin)
	s.send("POST", "/api/user/forget_password", `{"username":"boss","email":"thief@example.net"}`).wants(t, "another's address", 200, tokenGenerated)
	if sent := s.box.drain(); len(sent) > 0 {
		t.Errorf("mailed %v", sent)
	}
	a := s.send("POST", "/api/user/forget_password", `{"username":"boss","email":"boss@example.com"}`)
	a.wants(t, "the right address", 200, tokenGenerated)
	sent := s.box.drain()
	if len(sent) != 1 || sent[0].To != "boss@example.com" {
		t.Fatalf("mailed %v", sent)
	}
	token := mailedLink.FindStringSubmatch(sent[0].Text)[1]
	for name, values := range a.header {
		if strings.Contains(strings.Join(values, " "), token) {
			t.Errorf("the header %s has the token", name)
		}
	}
}

// A reset token was a signed e-mail address. It worked for an hour, any number of
// times, for the account that had the address by then.
func TestWeakness02ResetTokenWorksOnce(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	reset := func(token string) answer {
		return s.send("POST", "/api/user/reset_password", `{"token":"`+token+`","new_password":"another kite"}`)
	}
	first := s.mailedToken("ann")
	reset(first).wants(t, "once", 200, passwordIsReset)
	reset(first).wants(t, "again", 400, invalidToken)

	second := s.mailedToken("ann")
	ann := s.find("ann")
	s.send("PUT", "/api/user/ann", `{"email":"new@example.com"}`, bearer(t, ann)).wants(t, "a new address", 200, updated)
	s.account("ben", func(u *user.User) { u.Email = "ann@example.com" })
	s.expectChange("a token from before the address had another owner", false, func() { reset(second).wants(t, "another's", 400, invalidToken) })

	third := s.mailedTokenTo("ann", "new@example.com")
	s.account("boss", asAdmin)
	s.send("PUT", "/api/user/ann", `{"active":false}`, bearer(t, s.find("boss"))).wants(t, "deactivate", 200, updated)
	s.expectChange("an inactive account", false, func() { reset(third).wants(t, "inactive", 400, invalidToken) })
}

// Roles were compared in a way that was never true, so no rule about admins
// worked, and the last admin could be demoted or deleted.
func TestWeakness03LastAdminStays(t *testing.T) {
	t.Parallel()
	s := newService(t)
	boss := s.account("boss", asAdmin)
	s.account("idle", asAdmin, inactive) // inactive admins do not count
	for name, c := range map[string][2]string{
		"demoted": {"PUT", `{"role":"USER"}`}, "deactivated": {"PUT", `{"active":false}`}, "deleted": {"DELETE", ""},
	} {
		s.expectChange(name, false, func() { s.send(c[0], "/api/user/boss", c[1], bearer(t, boss)).wants(t, name, 409, lastAdmin) })
	}
	s.account("ann")
	s.send("PUT", "/api/user/boss", `{"role":"USER"}`, bearer(t, s.find("ann"))).wants(t, "by a USER", 403, forbidden)
	s.account("chief", asAdmin)
	s.send("PUT", "/api/user/boss", `{"role":"USER"}`, bearer(t, boss)).wants(t, "with another one", 200, updated)
}

// The name and the role in the token were trusted until it expired.
func TestWeakness04RoleIsReadFromTheRow(t *testing.T) {
	t.Parallel()
	s := newService(t)
	boss := s.account("boss", asAdmin)
	old := bearer(t, s.account("ann"))
	s.send("PUT", "/api/user/ann", `{"username":"anna"}`, bearer(t, boss)).wants(t, "rename", 200, updated)
	s.account("ann", func(u *user.User) { u.Email = "another@example.com" })
	s.send("GET", "/api/user/ann", "", old).wants(t, "the new owner of the old name", 403, forbidden)
	s.send("GET", "/api/user/anna", "", old).wants(t, "the own account", 200, profileOf(s.find("anna")))

	chief := bearer(t, s.account("chief", asAdmin))
	s.send("PUT", "/api/user/chief", `{"role":"USER"}`, bearer(t, boss)).wants(t, "demote", 200, updated)
	s.send("GET", "/api/user/anna", "", chief).wants(t, "demoted", 401, unauthenticated)
	s.send("PUT", "/api/user/anna", `{"active":false}`, bearer(t, boss)).wants(t, "deactivate", 200, updated)
	s.send("GET", "/api/user/anna", "", old).wants(t, "deactivated", 401, unauthenticated)
	gone := bearer(t, s.find("ann"))
	s.send("DELETE", "/api/user/ann", "", bearer(t, boss)).wants(t, "delete", 200, `{"msg":"User deleted."}`)
	s.send("GET", "/api/user/ann", "", gone).wants(t, "deleted", 401, unauthenticated)
}

// The answers contained the text of errors: SQL, with a password hash among its
// parameters.
func TestWeakness05ErrorsTellNothing(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann := s.account("ann")
	s.account("ben")
	internals := []string{"SQLSTATE", "pgx", "constraint", "users_", "insert into", "argon2", "goroutine", ".go:", ann.PasswordHash}
	check := func(name string, a answer, want int) {
		t.Helper()
		if a.status != want {
			t.Errorf("%s: %d %s, want %d", name, a.status, a.body, want)
		}
		for _, word := range internals {
			if strings.Contains(a.body, word) {
				t.Errorf("%s: the answer contains %q: %s", name, word, a.body)
			}
		}
	}
	check("an e-mail that another has", s.send("PUT", "/api/user/ann", `{"email":"ben@example.com"}`, bearer(t, ann)), 409)
	check("no JSON", s.send("POST", "/api/user/login", `{"username":`), 400)
	check("another type", s.send("POST", "/api/user/login", `{"username":{"a":1},"password":[]}`), 400)
	for name, fail := range map[string]func() error{
		"an error": func() error {
			return errors.New(`insert into users: "users_email_key" (SQLSTATE 23505) ` + ann.PasswordHash)
		},
		"a panic": func() error { panic("runtime error in users_ at main.go:1") },
	} {
		h := routes(failingDB{s.db, fail}, s.box, false)
		check(name, send(t, h, "POST", "/api/user/login", login("ann", right)), 500)
		check(name, send(t, h, "GET", "/api/user/ann", "", bearer(t, ann)), 500)
	}
}

// Each refusal had its own text, so an attacker could find out which accounts
// exist. Only register tells that a name is taken; clients rely on that.
func TestWeakness09AnswersRevealNoAccount(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann := s.account("ann")
	s.account("ben", inactive)
	var first *answer
	for name, body := range map[string]string{
		"unknown": login("nobody", right), "wrong": login("ann", "wrong kite moon"), "inactive": login("ben", right),
		"an unknown address": login("nobody@example.com", right), "an address, wrong": login("ann@example.com", "wrong kite moon"),
		"an inactive address": login("ben@example.com", right), "an invalid address": login("ann@", right),
		"inactive and wrong": login("ben", "wrong kite moon"), "invalid": login("../x", right), "very long": login("ann", strings.Repeat("x", 5000)),
	} {
		a := s.send("POST", "/api/user/login", body)
		if first == nil {
			first = &a
		}
		if a.status != 401 || a.body != first.body || len(a.header) != len(first.header) {
			t.Errorf("%s: %d %v %s", name, a.status, a.header, a.body)
		}
	}
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		body := map[string]string{"PUT": `{"first_name":"New"}`}[method]
		for _, name := range []string{"ben", "nobody", "no", "x%27"} {
			s.send(method, "/api/user/"+name, body, bearer(t, ann)).wants(t, method+" "+name, 403, forbidden)
		}
	}
	for name, body := range map[string]string{
		"an unknown address": `{"email":"nobody@example.com"}`, "a known address": `{"email":"ann@example.com"}`, "an inactive address": `{"email":"ben@example.com"}`,
		"an unknown name": `{"username":"nobody"}`, "a known name": `{"username":"ann"}`, "an inactive name": `{"username":"ben"}`,
		"unknown": `{"username":"nobody","email":"ann@example.com"}`, "known": `{"username":"ann","email":"ann@example.com"}`, "inactive": `{"username":"ben","email":"ben@example.com"}`,
	} {
		s.send("POST", "/api/user/forget_password", body).wants(t, name, 200, tokenGenerated)
	}
}

// Values were checked by an assertion, if at all. Other tests show the rate
// limits.
func TestWeakness10InputIsChecked(t *testing.T) {
	t.Parallel()
	s := newService(t)
	good := map[string]any{"username": "zoe", "first_name": "Zoe", "last_name": "Lee", "email": "zoe@example.com", "password": right}
	for field, bad := range map[string][]any{
		"username":   {"", "ab", strings.Repeat("a", 33), []string{"zoe"}, nil, 5},
		"first_name": {"", " ", strings.Repeat("a", 51), "a\x00", map[string]string{"a": "b"}},
		"last_name":  {"", strings.Repeat("a", 51), "a\nb", true},
		"email":      {"", "@", "zoe", "zoe@", "@example.com", "zoe@example", "a b@example.com", "Zoe <zoe@example.com>", []string{"zoe@example.com"}, strings.Repeat("a", 250) + "@example.com"},
		"password":   {"", "short", "password123", "zoe@example.com", strings.Repeat("ab", 129), []int{1}, nil},
	} {
		for _, value := range bad {
			in := map[string]any{}
			for name, v := range good {
				in[name] = v
			}
			in[field] = value
			body, _ := json.Marshal(in)
			s.expectChange(string(body), false, func() {
				if a := s.send("POST", "/api/user/register", string(body)); a.status != 400 || !strings.Contains(a.body, `"`+field+`":`) {
					t.Errorf("%s: %d %s", body, a.status, a.body)
				}
			})
		}
	}
}

// Any text could be a username: a part of a path, a look-alike, or an existing
// name in capitals.
func TestWeakness11UsernamesAreNarrow(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("bob")
	register := func(name string) answer {
		b, _ := json.Marshal(name)
		return s.send("POST", "/api/user/register", `{"username":`+string(b)+`,"first_name":"B","last_name":"B","email":"b@example.net","password":"`+right+`"}`)
	}
	for _, name := range []string{"login", "Register", "admin", "me", "a/b", "a%2fb", "..", "...", "../bob", "b ob", "b\u200bob", "\u202ebob", "bоb", "ｂｏｂ", "bob\u0301", "\u212aate", "bob;x", "bob?x", "-bob", "bob@example.com"} {
		s.expectChange(name, false, func() {
			if a := register(name); a.status != 400 || !strings.Contains(a.body, `"username":`) {
				t.Errorf("%q: %d %s", name, a.status, a.body)
			}
		})
	}
	for _, name := range []string{"bob", "Bob", "BOB", " bob", "bob "} {
		s.expectChange(name, false, func() {
			if a := register(name); a.status != 409 {
				t.Errorf("%q: %d %s", name, a.status, a.body)
			}
		})
	}
}

// Admins could set the passwords of others, nothing revoked a token, and a token
// had neither issuer nor audience.
func TestWeakness12AdminsSetNoPasswordAndTokensEnd(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann, boss := s.account("ann"), s.account("boss", asAdmin)
	s.expectChange("by an admin", false, func() {
		if a := s.send("PUT", "/api/user/ann", `{"password":"another kite"}`, bearer(t, boss)); a.status != 400 {
			t.Errorf("an admin sets a password: %d %s", a.status, a.body)
		}
	})
	header := bearer(t, ann)
	parts := strings.Split(strings.TrimPrefix(header, "Authorization: Bearer "), ".")
	for i, names := range [][]string{{`"typ":"at+jwt"`, `"alg":"HS256"`}, {`"iss":`, `"aud":`, `"sub":"` + ann.UUID, `"exp":`, `"nbf":`, `"jti":`}} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if !strings.Contains(string(text), name) {
				t.Errorf("the token lacks %s: %s", name, text)
			}
		}
	}
	s.send("PUT", "/api/user/ann", `{"password":"another kite","current_password":"`+right+`"}`, header).wants(t, "change", 200, updated)
	s.send("GET", "/api/user/ann", "", header).wants(t, "the token from before", 401, unauthenticated)
}

// Links had the host of the request: GHSA-3529-5m8x-rpv3, CVE-2025-64101.
func TestWeakness13MailLinksAreConfigured(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for i, headers := range [][]string{
		{"Host: evil.example"},
		{"Host: evil.example:443"},
		{"Host: accounts.example.com.evil.example"},
		{"Host: accounts.example.com@evil.example"},
		{"X-Forwarded-Host: evil.example"},
		{"X-Forwarded-Host: evil.example, accounts.example.com"},
		{"X-Forwarded-Proto: http"},
		{"X-Forwarded-Port: 666"},
		{"Forwarded: host=evil.example;proto=http"},
		{"X-Original-Url: https://evil.example/"},
		{"X-Host: evil.example", "X-Forwarded-Server: evil.example", "X-Forwarded-Prefix: /evil.example"},
		{"Origin: https://evil.example", "Referer: https://evil.example/"},
		{"absolute"}, // a request target with a host
	} {
		name := "user" + string(rune('a'+i))
		s.account(name)
		path := "/api/user/forget_password"
		if headers[0] == "absolute" {
			path, headers = "http://evil.example"+path, nil
		}
		a := s.sendAs(path, `{"username":"`+name+`","email":"`+name+`@example.com"}`, headers)
		a.wants(t, name, 200, tokenGenerated)
		sent := s.box.drain()
		if len(sent) != 1 || !mailedLink.MatchString(sent[0].Text) || strings.Contains(sent[0].Text+sent[0].HTML+sent[0].Subject, "evil") || strings.Contains(sent[0].Text, "666") {
			t.Errorf("%v: mailed %v", headers, sent)
		}
	}
}

// The first process to start created the tables, and role and active could be
// null. TestUp and TestSchemaIsDocumented show that only migrations create the
// schema.
func TestWeakness14SchemaRefusesBadRows(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	for _, change := range []string{
		"role = null", "active = null", "role = 'ROOT'", "role = 'admin'", "username = null", "username = 'Ann'", "username = 'a/b'",
		"email = null", "email = ''", "password_hash = null", "token_version = null",
	} {
		s.expectChange(change, false, func() {
			if _, err := postgrestest.Pool(t).Exec(t.Context(), "update users set "+change); err == nil {
				t.Errorf("the table accepts %s", change)
			}
		})
	}
}
