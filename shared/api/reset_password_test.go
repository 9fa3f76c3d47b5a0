package api_test

import (
	"strings"
	"testing"

	"roster/localdev/postgrestest"
)

const passwordIsReset = `{"msg":"Password has been reset."}`

func TestResetPasswordWorksOnce(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.account("ann")
	token, sibling := s.mailedToken("ann"), s.mailedToken("ann")
	body := `{"token":"` + token + `","new_password":"another kite"}`
	s.send("POST", "/api/user/reset_password", body).wants(t, "reset", 200, passwordIsReset)

	s.expectChange("again", false, func() {
		s.send("POST", "/api/user/reset_password", body).wants(t, "again", 400, invalidToken)
		s.send("POST", "/api/user/reset_password", strings.Replace(body, token, sibling, 1)).wants(t, "its sibling", 400, invalidToken)
		s.send("POST", "/api/user/login", `{"username":"ann","password":"`+right+`"}`).wants(t, "the old password", 401, problem(401, "unauthenticated", badCredentials))
		s.send("GET", "/api/user/ann", "", bearer(t, u)).wants(t, "an access token of before", 401, unauthenticated)
	})
	if a := s.send("POST", "/api/user/login", `{"username":"ann","password":"another kite"}`); a.status != 200 {
		t.Errorf("the new password: %d %s", a.status, a.body)
	}
	after := s.find("ann")
	if after.TokenVersion != u.TokenVersion+1 || !after.PasswordChangedAt.After(*u.PasswordChangedAt) || after.Email != u.Email {
		t.Errorf("stored %+v", after)
	}
}

func TestRefusedResetKeepsTheTokenValid(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	token := s.mailedToken("ann")
	const short = "must have at least 8 characters"
	flipped := token[:42] + string(token[42]^4)
	for name, c := range map[string]struct{ body, want string }{
		"nothing":         {`{}`, invalid("token", "is required", "new_password", "is required")},
		"empty":           {`{"token":"","new_password":""}`, invalid("token", "is required", "new_password", short)},
		"short":           {`{"token":"` + token + `","new_password":"short"}`, invalid("new_password", short)},
		"common":          {`{"token":"` + token + `","new_password":"password123"}`, invalid("new_password", "is too common")},
		"own address":     {`{"token":"` + token + `","new_password":"ANN@example.com"}`, invalid("new_password", "must not be one of the account's own names")},
		"another field":   {`{"token":"` + token + `","new_password":"another kite","username":"ben"}`, invalid("username", "is not a field of this call")},
		"unknown token":   {`{"token":"` + strings.Repeat("A", 43) + `","new_password":"another kite"}`, invalidToken},
		"flipped":         {`{"token":"` + flipped + `","new_password":"another kite"}`, invalidToken},
		"a prefix":        {`{"token":"` + token[:42] + `","new_password":"another kite"}`, invalidToken},
		"a suffix":        {`{"token":"` + token[1:] + `","new_password":"another kite"}`, invalidToken},
		"padded":          {`{"token":"` + token + `=","new_password":"another kite"}`, invalidToken},
		"a space":         {`{"token":" ` + token + `","new_password":"another kite"}`, invalidToken},
		"a line break":    {`{"token":"` + token + `\n","new_password":"another kite"}`, invalidToken},
		"a refresh token": {`{"token":"` + s.refreshToken("ann") + `","new_password":"another kite"}`, invalidToken},
		"an access token": {`{"token":"` + strings.TrimPrefix(bearer(t, s.find("ann")), "Authorization: Bearer ") + `","new_password":"another kite"}`, invalidToken},
	} {
		s.expectChange(name, false, func() {
			s.send("POST", "/api/user/reset_password", c.body).wants(t, name, 400, c.want)
		})
	}
	s.send("GET", "/api/user/ann", "", "Authorization: Bearer "+token).wants(t, "as an access token", 401, unauthenticated) // CVE-2026-1529
	s.send("GET", "/api/user/ann", "", "Authorization: Bearer "+s.refreshToken("ann")).wants(t, "a refresh token as an access token", 401, unauthenticated)
	s.refresh(token).wants(t, "as a refresh token", 401, loginAgain)
	s.send("POST", "/api/user/reset_password", `{"token":"`+token+`","new_password":"another kite"}`).wants(t, "the token still works", 200, passwordIsReset)
}

func TestChangesOfTheAccountRevokeItsResetTokens(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ method, path, body, as string }{
		"change of password": {"PUT", "/api/user/ann", `{"password":"another kite","current_password":"` + right + `"}`, "ann"},
		"change of e-mail":   {"PUT", "/api/user/ann", `{"email":"new@example.com"}`, "ann"},
		"by an admin":        {"PUT", "/api/user/ann", `{"email":"new@example.com"}`, "boss"},
		"deactivation":       {"PUT", "/api/user/ann", `{"active":false}`, "boss"},
		"deletion":           {"DELETE", "/api/user/ann", "", "ann"},
		"half an hour":       {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			s.account("ann")
			s.account("boss", asAdmin)
			token := s.mailedToken("ann")
			if c.method == "" {
				if _, err := postgrestest.Pool(t).Exec(t.Context(), "update resets set expires_at = expires_at - interval '30 minutes'"); err != nil {
					t.Fatal(err)
				}
			} else if a := s.send(c.method, c.path, c.body, bearer(t, s.find(c.as))); a.status != 200 {
				t.Fatalf("%d %s", a.status, a.body)
			}
			s.expectChange(name, false, func() {
				s.send("POST", "/api/user/reset_password", `{"token":"`+token+`","new_password":"another kite"}`).wants(t, name, 400, invalidToken)
			})
			if name == "deactivation" { // activating the account again does not help
				s.send("PUT", "/api/user/ann", `{"active":true}`, bearer(t, s.find("boss"))).wants(t, name, 200, `{"msg":"User details updated."}`)
				s.send("POST", "/api/user/reset_password", `{"token":"`+token+`","new_password":"another kite"}`).wants(t, name, 400, invalidToken)
			}
		})
	}
}
