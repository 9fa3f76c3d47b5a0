package api_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"roster/shared/user"
)

const updated = `{"msg":"User details updated."}`

func TestUpdateUserChangesTheGivenFieldsOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		as, target, body string
		change           func(*user.User)
	}{
		"nothing":                   {"ann", "ann", `{}`, func(*user.User) {}},
		"own names":                 {"ann", "ann", `{"first_name":"Anna","last_name":"Ärin 🦓"}`, func(u *user.User) { u.FirstName, u.LastName = "Anna", "Ärin 🦓" }},
		"own e-mail":                {"ann", "ann", `{"email":"New@EXAMPLE.com"}`, func(u *user.User) { u.Email = "New@example.com" }},
		"own e-mail, in other case": {"ann", "ann", `{"email":"ANN@example.com"}`, func(u *user.User) { u.Email = "ANN@example.com" }},
		"the path in another case":  {"ann", "ANN", `{"first_name":"Anna"}`, func(u *user.User) { u.FirstName = "Anna" }},
		"everything of another account": {
			"boss", "ann", `{"first_name":"A","last_name":"B","email":"a@example.com","username":"Anna","role":"ADMIN","active":false}`,
			func(u *user.User) {
				u.FirstName, u.LastName, u.Email, u.Username, u.Role, u.Active = "A", "B", "a@example.com", "anna", user.RoleAdmin, false
				u.TokenVersion++
			},
		},
		"promotion":            {"boss", "ann", `{"role":"ADMIN"}`, func(u *user.User) { u.Role = user.RoleAdmin }},
		"the role that it has": {"boss", "ann", `{"role":"USER"}`, func(*user.User) {}},
		"deactivation":         {"boss", "ann", `{"active":false}`, func(u *user.User) { u.Active = false; u.TokenVersion++ }},
		"own names, as ADMIN":  {"boss", "boss", `{"last_name":"Boss"}`, func(u *user.User) { u.LastName = "Boss" }},
		"demotion":             {"boss", "chief", `{"role":"USER"}`, func(u *user.User) { u.Role = user.RoleUser; u.TokenVersion++ }},
		"own demotion":         {"boss", "boss", `{"role":"USER"}`, func(u *user.User) { u.Role = user.RoleUser; u.TokenVersion++ }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			accounts := map[string]user.User{"ann": s.account("ann"), "boss": s.account("boss", asAdmin), "chief": s.account("chief", asAdmin)}
			accounts["ANN"] = accounts["ann"]
			s.send("PUT", "/api/user/"+c.target, c.body, bearer(t, accounts[c.as])).wants(t, name, 200, updated)
			want := accounts[c.target]
			c.change(&want)
			if diff := cmp.Diff(want, s.find(want.Username), cmpopts.IgnoreFields(user.User{}, "UpdatedAt")); diff != "" {
				t.Errorf("stored (-want +got):\n%s", diff)
			}
			for _, before := range accounts {
				if before.UUID != want.UUID && !cmp.Equal(before, s.find(before.Username)) {
					t.Errorf("%s changed, too", before.Username)
				}
			}
		})
	}
}

func TestPasswordChangeRevokesTheTokens(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann := s.account("ann")
	s.send("PUT", "/api/user/ann", `{"password":"another kite","current_password":"`+right+`"}`, bearer(t, ann)).wants(t, "change", 200, updated)
	s.send("GET", "/api/user/ann", "", bearer(t, ann)).wants(t, "the token from before", 401, unauthenticated)
	s.send("POST", "/api/user/login", `{"username":"ann","password":"`+right+`"}`).wants(t, "the old password", 401, problem(401, "unauthenticated", badCredentials))
	if a := s.send("POST", "/api/user/login", `{"username":"ann","password":"another kite"}`); a.status != 200 {
		t.Errorf("the new password: %d %s", a.status, a.body)
	}
	if after := s.find("ann"); after.TokenVersion != ann.TokenVersion+1 || !after.PasswordChangedAt.After(*ann.PasswordChangedAt) {
		t.Errorf("stored %+v", after)
	}
}

func TestUpdateUserRefusesWithReasons(t *testing.T) {
	t.Parallel()
	s := newService(t)
	accounts := map[string]user.User{"ann": s.account("ann"), "ben": s.account("ben"), "boss": s.account("boss", asAdmin)}
	const (
		username = "can be changed by another admin only"
		unknown  = "is not a field of this call"
		str      = "must be a string"
		notRight = "is not right"
	)
	taken := func(fields ...string) string {
		return problem(409, "conflict", "Username or email already exists.", fields...)
	}
	for name, c := range map[string]struct {
		as, target, body string
		status           int
		want             string
	}{
		"role, as USER":                {"ann", "ann", `{"role":"ADMIN"}`, 403, forbidden},
		"role USER, as USER":           {"ann", "ann", `{"role":"USER"}`, 403, forbidden},
		"active, as USER":              {"ann", "ann", `{"active":true}`, 403, forbidden},
		"another's role, as USER":      {"ann", "ben", `{"role":"ADMIN"}`, 403, forbidden},
		"another, as USER":             {"ann", "ben", `{"first_name":"B"}`, 403, forbidden},
		"an unknown account, as USER":  {"ann", "nobody", `{"first_name":"B"}`, 403, forbidden},
		"an unknown account, as ADMIN": {"boss", "nobody", `{"first_name":"B"}`, 404, noSuchUser},
		"unknown fields":               {"ann", "ann", `{"id":2,"uuid":"x","password_hash":"x","token_version":1,"created_at":"x","Role":"ADMIN","isAdmin":true}`, 400, invalid("id", unknown, "uuid", unknown, "password_hash", unknown, "token_version", unknown, "created_at", unknown, "Role", unknown, "isAdmin", unknown)},
		"wrong types":                  {"boss", "ann", `{"first_name":1,"last_name":null,"email":["a"],"role":{},"active":"true","username":true}`, 400, invalid("first_name", str, "last_name", str, "email", str, "role", str, "active", "must be true or false", "username", str)},
		"own username":                 {"ann", "ann", `{"username":"anna"}`, 400, invalid("username", username)},
		"own username, as ADMIN":       {"boss", "boss", `{"username":"bossy"}`, 400, invalid("username", username)},
		"no current password":          {"ann", "ann", `{"password":"another kite"}`, 400, invalid("current_password", "is required to change the password")},
		"a wrong current password":     {"ann", "ann", `{"password":"another kite","current_password":"wrong"}`, 400, invalid("current_password", notRight)},
		"the new one as current":       {"ann", "ann", `{"password":"another kite","current_password":"another kite"}`, 400, invalid("current_password", notRight)},
		"a weak password":              {"ann", "ann", `{"password":"password123","current_password":"` + right + `"}`, 400, invalid("password", "is too common")},
		"another's password":           {"boss", "ann", `{"password":"another kite"}`, 400, invalid("password", "can be changed by its owner only; a reset mail lets them choose a new one")},
		"another's, with the own one":  {"boss", "ann", `{"password":"another kite","current_password":"` + right + `"}`, 400, invalid("password", "can be changed by its owner only; a reset mail lets them choose a new one", "current_password", "is for one's own password only")},
		"all bad at once":              {"boss", "ann", `{"first_name":"","last_name":"\n","email":"x","username":"x","role":"ROOT"}`, 400, invalid("first_name", "is required", "last_name", "is required", "email", "must be an e-mail address", "username", "must be 3 to 32 ASCII letters, digits, '.', '_' or '-', the first and last a letter or digit", "role", "must be USER or ADMIN")},
		"all bad at once, and a type":  {"boss", "ann", `{"first_name":"","email":5,"role":"ROOT","x":1}`, 400, invalid("first_name", "is required", "email", str, "role", "must be USER or ADMIN", "x", unknown)},
		"a taken username":             {"boss", "ann", `{"username":"BEN"}`, 409, taken("username", "already taken")},
		"a taken e-mail":               {"ann", "ann", `{"email":"BEN@example.com"}`, 409, taken("email", "already taken")},
		"both taken":                   {"boss", "ann", `{"username":"ben","email":"boss@example.com"}`, 409, taken("username", "already taken", "email", "already taken")},
		"a reserved username":          {"boss", "ann", `{"username":"register"}`, 400, invalid("username", "is reserved")},
		"the last admin, demoted":      {"boss", "boss", `{"role":"USER"}`, 409, lastAdmin},
		"the last admin, deactivated":  {"boss", "boss", `{"active":false}`, 409, lastAdmin},
		"the last admin, both":         {"boss", "boss", `{"active":false,"role":"USER","first_name":"B"}`, 409, lastAdmin},
	} {
		s.expectChange(name, false, func() {
			s.send("PUT", "/api/user/"+c.target, c.body, bearer(t, accounts[c.as])).wants(t, name, c.status, c.want)
		})
	}
}

// A right current password is no failure, whatever else is refused.
func TestARightCurrentPasswordIsNotCounted(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ben")
	ann := bearer(t, s.account("ann"))
	h := s.withDefaultLimits()
	for i := range 8 {
		a := send(t, h, "PUT", "/api/user/me", `{"email":"ben@example.com","password":"another kite","current_password":"`+right+`"}`, ann)
		if a.status != 409 {
			t.Fatalf("request %d for a taken address: %d %s", i+1, a.status, a.body)
		}
	}
}
