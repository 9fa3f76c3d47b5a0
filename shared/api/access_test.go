package api_test

import (
	"fmt"
	"sync"
	"testing"

	"roster/shared/user"
)

// An actor is the account "ann" in a certain state, with the token that it sends.
type actor struct {
	// prepare brings the account into the state and returns the header.
	prepare func(t *testing.T, s *service) string
	// The statuses for its own account, another account and an unknown one.
	own, other, none int
}

// tokenFromBefore returns a token that was issued before the change.
func tokenFromBefore(change func(t *testing.T, s *service), made ...func(*user.User)) func(*testing.T, *service) string {
	return func(t *testing.T, s *service) string {
		header := bearer(t, s.account("ann", made...))
		change(t, s)
		return header
	}
}

func asBoss(method, body string) func(*testing.T, *service) {
	return func(t *testing.T, s *service) {
		t.Helper()
		if a := s.send(method, "/api/user/ann", body, bearer(t, s.find("boss"))); a.status != 200 {
			t.Fatalf("%s: %d %s", method, a.status, a.body)
		}
	}
}

var doNothing = func(*testing.T, *service) {}

var actors = map[string]actor{
	"anonymous":                        {func(t *testing.T, s *service) string { s.account("ann"); return "X-Nothing: here" }, 401, 401, 401},
	"USER":                             {tokenFromBefore(doNothing), 200, 403, 403},
	"ADMIN":                            {tokenFromBefore(doNothing, asAdmin), 200, 200, 404},
	"USER made inactive":               {tokenFromBefore(asBoss("PUT", `{"active":false}`)), 401, 401, 401},
	"ADMIN made inactive":              {tokenFromBefore(asBoss("PUT", `{"active":false}`), asAdmin), 401, 401, 401},
	"inactive from the start":          {tokenFromBefore(doNothing, inactive, asAdmin), 401, 401, 401},
	"ADMIN, demoted":                   {tokenFromBefore(asBoss("PUT", `{"role":"USER"}`), asAdmin), 401, 401, 401},
	"USER, promoted":                   {tokenFromBefore(asBoss("PUT", `{"role":"ADMIN"}`)), 200, 200, 404}, // the row decides, not the token
	"USER, renamed":                    {tokenFromBefore(asBoss("PUT", `{"username":"anna"}`)), 403, 403, 403},
	"deleted":                          {tokenFromBefore(asBoss("DELETE", "")), 401, 401, 401},
	"deleted, the name is taken again": {tokenFromBefore(func(t *testing.T, s *service) { asBoss("DELETE", "")(t, s); s.account("ann", asAdmin) }), 401, 401, 401},
	"password reset since": {tokenFromBefore(func(t *testing.T, s *service) {
		token := s.mailedToken("ann")
		s.send("POST", "/api/user/reset_password", `{"token":"`+token+`","new_password":"another kite"}`).wants(t, "reset", 200, passwordIsReset)
	}, asAdmin), 401, 401, 401},
	"password changed since": {tokenFromBefore(func(t *testing.T, s *service) {
		s.send("PUT", "/api/user/ann", `{"password":"another kite","current_password":"`+right+`"}`, bearer(t, s.find("ann"))).wants(t, "change", 200, updated)
	}), 401, 401, 401},
	"made active again": {tokenFromBefore(func(t *testing.T, s *service) {
		asBoss("PUT", `{"active":false}`)(t, s)
		asBoss("PUT", `{"active":true}`)(t, s)
	}), 401, 401, 401},
	"logged in again": {func(t *testing.T, s *service) string {
		tokenFromBefore(asBoss("PUT", `{"role":"USER"}`), asAdmin)(t, s)
		return bearer(t, s.find("ann"))
	}, 200, 403, 403},
}

// R-AZ-2: every actor with every method on every kind of target.
func TestOnlyOwnersAndAdminsReachAnAccount(t *testing.T) {
	t.Parallel()
	bodies := map[string]string{"GET": "", "PUT": `{"first_name":"New"}`, "DELETE": ""}
	answers := map[int]string{401: unauthenticated, 403: forbidden, 404: noSuchUser}
	for name, a := range actors {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			s.account("boss", asAdmin)
			header := a.prepare(t, s)
			s.account("ben")
			s.account("chief", asAdmin)
			for _, method := range []string{"GET", "PUT", "DELETE"} {
				for _, c := range []struct {
					target string
					want   int
				}{{"nobody", a.none}, {"ben", a.other}, {"chief", a.other}, {"ann", a.own}} {
					s.expectChange(method+" "+c.target, c.want == 200 && method != "GET", func() {
						got := s.send(method, "/api/user/"+c.target, bodies[method], header)
						if c.want == 200 {
							if got.status != 200 {
								t.Errorf("%s %s: %d %s", method, c.target, got.status, got.body)
							}
							return
						}
						got.wants(t, method+" "+c.target, c.want, answers[c.want])
					})
				}
			}
		})
	}
}

// What only an ADMIN may call: every actor with each of the calls.
func TestOnlyAdminsActOnOtherAccounts(t *testing.T) {
	t.Parallel()
	answers := map[int]string{401: unauthenticated, 403: forbidden}
	for name, a := range actors {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			s.account("boss", asAdmin)
			header := a.prepare(t, s)
			s.account("ben")
			for call, c := range map[string]struct {
				method, path, body string
				success            int
			}{
				"create":       {"POST", "/api/users", `{` + newUser + `,"role":"ADMIN"}`, 201},
				"change":       {"PATCH", "/api/users", bulkOf(`{"username":"ben","role":"ADMIN"}`), 200},
				"mail":         {"POST", "/api/user/ben/reset", "", 200},
				"its own mail": {"POST", "/api/user/me/reset", "", 200},
			} {
				s.box.drain()
				s.expectChange(call, a.other == 200, func() {
					got := s.send(c.method, c.path, c.body, header)
					if a.other == 200 {
						if got.status != c.success {
							t.Errorf("%s: %d %s", call, got.status, got.body)
						}
						return
					}
					got.wants(t, call, a.other, answers[a.other])
					if sent := s.box.drain(); len(sent) > 0 {
						t.Errorf("%s: mailed %v", call, sent)
					}
				})
			}
		})
	}
}

// CVE-2022-39328: concurrent requests must not mix up their answers.
func TestConcurrentCallersGetTheirOwnAnswers(t *testing.T) {
	t.Parallel()
	s := newService(t)
	users := make([]user.User, 500)
	for i := range users {
		users[i] = s.account(fmt.Sprintf("user%d", i))
	}
	h := routes(s.db, s.box, false)
	var all sync.WaitGroup
	for _, u := range users {
		all.Go(func() {
			send(t, h, "GET", "/api/user/"+u.Username, "", bearer(t, u)).wants(t, u.Username, 200, profileOf(u))
		})
	}
	all.Wait()
}
