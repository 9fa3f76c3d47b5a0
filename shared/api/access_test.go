package api_test

import (
	"testing"

	"roster/shared/user"
)

// An actor is a state of the account "ann", and what it then sends as proof.
type actor struct {
	// prepare brings the account into the state and returns the header.
	prepare func(t *testing.T, s *service) string
	// want is the status on its own account, on another's, and on none.
	own, other, none int
}

// before makes a token, then does something, and goes on using the token.
func before(change func(t *testing.T, s *service), made ...func(*user.User)) func(*testing.T, *service) string {
	return func(t *testing.T, s *service) string {
		header := bearer(t, s.account("ann", made...))
		change(t, s)
		return header
	}
}

func byBoss(method, body string) func(*testing.T, *service) {
	return func(t *testing.T, s *service) {
		t.Helper()
		if a := s.send(method, "/api/user/ann", body, bearer(t, s.find("boss"))); a.status != 200 {
			t.Fatalf("%s: %d %s", method, a.status, a.body)
		}
	}
}

var nothing = func(*testing.T, *service) {}

var actors = map[string]actor{
	"anonymous":               {func(t *testing.T, s *service) string { s.account("ann"); return "X-Nothing: here" }, 401, 401, 401},
	"USER":                    {before(nothing), 200, 403, 403},
	"ADMIN":                   {before(nothing, asAdmin), 200, 200, 404},
	"USER made inactive":      {before(byBoss("PUT", `{"active":false}`)), 401, 401, 401},
	"ADMIN made inactive":     {before(byBoss("PUT", `{"active":false}`), asAdmin), 401, 401, 401},
	"inactive from the start": {before(nothing, inactive, asAdmin), 401, 401, 401},
	"ADMIN, demoted":          {before(byBoss("PUT", `{"role":"USER"}`), asAdmin), 401, 401, 401},
	"USER, promoted":          {before(byBoss("PUT", `{"role":"ADMIN"}`)), 200, 200, 404}, // the row decides, not the token
	"USER, renamed":           {before(byBoss("PUT", `{"username":"anna"}`)), 403, 403, 403},
	"deleted":                 {before(byBoss("DELETE", "")), 401, 401, 401},
	"deleted, the name taken": {before(func(t *testing.T, s *service) { byBoss("DELETE", "")(t, s); s.account("ann", asAdmin) }), 401, 401, 401},
	"reset since": {before(func(t *testing.T, s *service) {
		token := s.mailedToken("ann")
		s.send("POST", "/api/user/reset_password", `{"token":"`+token+`","new_password":"another kite"}`).wants(t, "reset", 200, passwordIsReset)
	}, asAdmin), 401, 401, 401},
	"password changed since": {before(func(t *testing.T, s *service) {
		s.send("PUT", "/api/user/ann", `{"password":"another kite","current_password":"`+right+`"}`, bearer(t, s.find("ann"))).wants(t, "change", 200, updated)
	}), 401, 401, 401},
	"made active again": {before(func(t *testing.T, s *service) {
		byBoss("PUT", `{"active":false}`)(t, s)
		byBoss("PUT", `{"active":true}`)(t, s)
	}), 401, 401, 401},
	"logged in again": {func(t *testing.T, s *service) string {
		before(byBoss("PUT", `{"role":"USER"}`), asAdmin)(t, s)
		return bearer(t, s.find("ann"))
	}, 200, 403, 403},
}

// Every actor with every method on every kind of target (R-AZ-2).
func TestAccessMatrix(t *testing.T) {
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
					s.touches(method+" "+c.target, c.want == 200 && method != "GET", func() {
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

// CVE-2022-39328: nobody gets another's answer, however many ask at once.
func TestManyCallersAtOnce(t *testing.T) {
	t.Parallel()
	s := newService(t)
	users := make([]user.User, 40)
	for i := range users {
		users[i] = s.account("user" + string(rune('a'+i%26)) + string(rune('a'+i/26)))
	}
	h := routes(s.db, s.box, false)
	done := make(chan answer)
	for i := range 400 {
		u := users[i%len(users)]
		go func() {
			a := send(t, h, "GET", "/api/user/"+u.Username, "", bearer(t, u))
			a.wants(t, u.Username, 200, profileOf(u))
			done <- a
		}()
	}
	for range 400 {
		<-done
	}
}
