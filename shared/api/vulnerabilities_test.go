package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"roster/shared/user"
)

// These tests try published vulnerabilities of other programs on Roster. The
// table is docs/security/published-vulnerabilities.md; tests elsewhere show most
// of its rows.

// CVE-2019-19844: an address that is equal to the stored one after case folding,
// but is another address.
func TestFoldedAddressesAreNotMailed(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for i, c := range []struct{ stored, given string }{
		{"mike@example.com", "m\u0131ke@example.com"},
		{"mike2@example.com", "m\u0130ke2@example.com"},
		{"kim@example.com", "\u212aim@example.com"},
		{"sam@example.com", "\u017fam@example.com"},
		{"strasse@example.com", "stra\u00dfe@example.com"},
		{"office@example.com", "o\ufb03ce@example.com"},
		{"full@example.com", "ｆｕｌｌ@example.com"},
		{"at@example.com", "at\uff20example.com"},
		{"eve@example.com", "e\u0301ve@example.com"},
		{"domain@mike.example", "domain@m\u0131ke.example"},
		{"zw@example.com", "z\u200bw@example.com"},
	} {
		name := "user" + string(rune('a'+i))
		s.account(name, func(u *user.User) { u.Email = c.stored })
		body, _ := json.Marshal(map[string]string{"username": name, "email": c.given})
		s.expectChange(c.given, false, func() {
			s.send("POST", "/api/user/forget_password", string(body)).wants(t, c.given, 200, tokenGenerated)
			alone, _ := json.Marshal(map[string]string{"email": c.given})
			s.send("POST", "/api/user/forget_password", string(alone)).wants(t, c.given, 200, tokenGenerated)
			s.send("POST", "/api/user/login", login(c.given, right)).wants(t, c.given, 401, problem(401, "unauthenticated", badCredentials))
		})
		if sent := s.box.drain(); len(sent) > 0 {
			t.Errorf("%q: mailed %v", c.given, sent)
		}
	}
	s.account("max", func(u *user.User) { u.Email = "max@example.com" })
	s.send("POST", "/api/user/forget_password", `{"username":"max","email":"MAX@Example.COM"}`).wants(t, "in capitals", 200, tokenGenerated)
	if sent := s.box.drain(); len(sent) != 1 || sent[0].To != "max@example.com" {
		t.Errorf("mailed %v, want one to the address as it is stored", sent)
	}
}

// CVE-2024-38351: an attacker registers with the victim's address and waits. After
// the victim's reset by mail, the attacker's password and token are refused.
func TestResetLocksOutAPreregisteredAttacker(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.register("register", strings.ReplaceAll(zoeRegistration, "Zoe.Lee", "zoe"))
	attacker, refreshToken := bearer(t, s.find("zoe")), s.refreshToken("zoe")
	earlier, token := s.mailedToken("zoe"), s.mailedToken("zoe")
	s.send("POST", "/api/user/reset_password", `{"token":"`+token+`","new_password":"another kite"}`).wants(t, "reset", 200, passwordIsReset)
	s.send("GET", "/api/user/zoe", "", attacker).wants(t, "the attacker's token", 401, unauthenticated)
	s.refresh(refreshToken).wants(t, "the attacker's refresh token", 401, loginAgain)
	s.send("POST", "/api/user/reset_password", `{"token":"`+earlier+`","new_password":"a third kite"}`).wants(t, "an earlier link", 400, invalidToken)
	s.send("POST", "/api/user/login", login("zoe", right)).wants(t, "the attacker's password", 401, problem(401, "unauthenticated", badCredentials))
}

// CVE-2026-55670: tokens issued to a name that another account has later.
func TestNothingOutlivesAnAccount(t *testing.T) {
	t.Parallel()
	s := newService(t)
	before := s.account("bob")
	token, access, refreshToken := s.mailedToken("bob"), bearer(t, before), s.refreshToken("bob")
	limited := s.withDefaultLimits()
	device := deviceToken(t, sendFrom(limited, ownerAddress, "/api/user/login", credentialsOf("bob", right), ""))
	if guess(limited, "bob", device, 20) < 10 { // the known devices' and everybody else's
		t.Error("the old account's counters are not used up")
	}
	s.send("DELETE", "/api/user/bob", "", access).wants(t, "delete", 200, `{"msg":"User deleted."}`)
	if after := s.account("bob"); after.UUID == before.UUID || after.ID == before.ID {
		t.Errorf("the new account has an id of the old one: %+v", after)
	}
	if got := deviceToken(t, sendFrom(limited, ownerAddress, "/api/user/login", credentialsOf("bob", right), device)); got == device {
		t.Error("the new account knows the old one's device, or waits for the old one's failures")
	}
	s.expectChange("the old tokens", false, func() {
		s.send("GET", "/api/user/bob", "", access).wants(t, "access", 401, unauthenticated)
		s.send("PUT", "/api/user/bob", `{"first_name":"B"}`, access).wants(t, "access", 401, unauthenticated)
		s.refresh(refreshToken).wants(t, "refresh", 401, loginAgain)
		s.send("POST", "/api/user/reset_password", `{"token":"`+token+`","new_password":"another kite"}`).wants(t, "reset", 400, invalidToken)
	})
}

// CVE-2026-27946: members that only the server sets, in every spelling that a
// decoder could accept.
func TestServerOwnedMembersAreRefused(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann, boss := s.account("ann"), s.account("boss", asAdmin)
	for _, name := range []string{
		"id", "uuid", "password_hash", "token_version", "reset_version", "created_at", "updated_at", "last_login_at", "password_changed_at",
		"email_verified", "is_admin", "Role", "ROLE", "role ", "Active", "user.role", "user[role]", "$set", "__proto__", "constructor", "passwordHash",
	} {
		member, _ := json.Marshal(name)
		in := `{` + string(member) + `:"ADMIN"`
		s.expectChange(name, false, func() {
			for who, a := range map[string]answer{
				"register": s.send("POST", "/api/user/register", in+`,"username":"zoe","first_name":"Z","last_name":"L","email":"z@example.com","password":"`+right+`"}`),
				"owner":    s.send("PUT", "/api/user/ann", in+`}`, bearer(t, ann)),
				"admin":    s.send("PUT", "/api/user/ann", in+`}`, bearer(t, boss)),
			} {
				if a.status != 400 {
					t.Errorf("%s, %s: %d %s", who, name, a.status, a.body)
				}
			}
		})
	}
	for name, value := range map[string]string{"role": `"ADMIN"`, "active": "true"} { // an ADMIN may set them, and nobody else
		s.expectChange(name, false, func() {
			in := `{"` + name + `":` + value
			a := s.send("POST", "/api/user/register", in+`,"username":"zoe","first_name":"Z","last_name":"L","email":"z@example.com","password":"`+right+`"}`)
			if a.status != 400 {
				t.Errorf("register, %s: %d %s", name, a.status, a.body)
			}
			s.send("PUT", "/api/user/ann", in+`}`, bearer(t, ann)).wants(t, name, 403, forbidden)
		})
	}
}

// A username cannot look like an address, and an address at login finds the
// account that has it and no other.
func TestAnAddressLogsInItsOwnerOnly(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann", func(u *user.User) { u.Email = "ben@ann.example" })
	s.account("ben", func(u *user.User) { u.Email = "ann@ann.example" })
	s.account("ann.example", func(u *user.User) { u.Email = "x@example.com" })
	for given, want := range map[string]string{
		"ann": "ann", "ben": "ben", "ann.example": "ann.example",
		"ben@ann.example": "ann", "ANN@Ann.Example": "ben", "x@example.com": "ann.example",
		"ann@": "", "@ann.example": "", "ann@example.com": "", "ann@ben": "", "ann@ann.example@ann.example": "",
	} {
		a := s.send("POST", "/api/user/login", login(given, right))
		if want == "" {
			a.wants(t, given, 401, problem(401, "unauthenticated", badCredentials))
			continue
		}
		var tokens sessionTokens
		if err := json.Unmarshal([]byte(a.body), &tokens); err != nil || a.status != 200 {
			t.Errorf("%s: %d %s", given, a.status, a.body)
			continue
		}
		s.send("GET", "/api/user/me", "", tokens.header()).wants(t, given, 200, profileOf(s.find(want)))
	}
}

// CVE-2024-27289 and similar: SQL in every field, in stored names and in refused
// ones. A stored name comes back unchanged.
func TestSQLStaysText(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann := s.account("ann")
	for i, sql := range []string{
		`' OR '1'='1`, `' OR 1=1 --`, `"; drop table users; --`, `'; update users set role='ADMIN'; --`, `ann'--`, `\'; select 1; --`,
		`$1`, `$$;select 1;$$`, `%`, `_nn`, `ann' /*`, `*/ or true --`, `' union select password_hash from users --`, `-1`, `'||pg_sleep(9)||'`, `E'\\x27'`, `{"a":1}`, `:name`, `ʼ or 1=1`,
	} {
		text, _ := json.Marshal(sql)
		name := string(text)
		s.expectChange(name, false, func() {
			for call, body := range map[string]string{
				"login":           `{"username":` + name + `,"password":"x"}`,
				"forget_password": `{"username":` + name + `,"email":` + name + `}`,
				"reset_password":  `{"token":` + name + `,"new_password":"another kite"}`,
				"register":        `{"username":` + name + `,"first_name":"A","last_name":"B","email":` + name + `,"password":"another kite"}`,
			} {
				if a := s.send("POST", "/api/user/"+call, body); a.status >= 500 || a.status == 201 || (a.status == 200 && call != "forget_password") {
					t.Errorf("%s %s: %d %s", call, body, a.status, a.body)
				}
			}
		})
		if len(s.box.drain()) > 0 {
			t.Errorf("%s: mailed", name)
		}
		first := fmt.Sprintf("%.49s", sql)
		text, _ = json.Marshal(first)
		s.send("PUT", "/api/user/ann", `{"first_name":`+string(text)+`}`, bearer(t, ann)).wants(t, name, 200, updated)
		if got := s.find("ann"); got.FirstName != first || got.Role != user.RoleUser || got.LastName != ann.LastName {
			t.Errorf("%d: stored %+v", i, got)
		}
	}
}
