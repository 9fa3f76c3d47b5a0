package api_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
	"roster/shared/user"
)

// promisedRefusals returns the table of SECURITY.md: what is refused and why, and
// the action that the log has for it.
func promisedRefusals(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^ *\\| (.*?) \\| (.*?) \\| `([a-z_]+)` \\|$").FindAllStringSubmatch(string(text), -1) {
		table[row[1]+": "+row[2]] = row[3]
	}
	return table
}

// Each refusal that SECURITY.md promises to record is recorded, once, and nothing
// else is promised.
func TestEachPromisedRefusalIsRecorded(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann, boss := bearer(t, s.account("ann")), bearer(t, s.account("boss", asAdmin))
	s.account("ben")
	s.account("off", inactive)
	used := s.mailedToken("ben")
	s.send("POST", "/api/user/reset_password", `{"token":"`+used+`","new_password":"another kite"}`).wants(t, "reset", 200, passwordIsReset)
	again := func(names ...string) (all []func() answer) {
		for _, name := range names {
			all = append(all, func() answer { return s.send("PUT", "/api/user/me", `{"email":"`+name+`"}`, ann) })
		}
		return all
	}
	one := func(send func() answer) []func() answer { return []func() answer{send} }
	refresh := func(body func() string, headers ...string) []func() answer {
		return one(func() answer { return s.send("POST", "/api/user/refresh", body(), headers...) })
	}
	renewed := func(times int) func() string { // the body with the first token, after so many refreshes
		return func() string {
			body := `{"refresh_token":"` + s.refreshToken("ann") + `"}`
			for next := body; times > 0; times-- {
				next = `{"refresh_token":"` + s.tokensFrom("POST", "/api/user/refresh", next).RefreshToken + `"}`
			}
			return body
		}
	}
	refusals := map[string][]func() answer{
		"register: the username or the address is taken": one(func() answer {
			return s.send("POST", "/api/user/register", strings.Replace(zoeRegistration, "Zoe.Lee", "ann", 1))
		}),
		"register: registration is closed, or not open yet": {
			func() answer { return s.registerIn(user.RegistrationClosed) },
		},
		"login: the name is unknown":       one(func() answer { return s.send("POST", "/api/user/login", login("nobody", right)) }),
		"login: the password is wrong":     one(func() answer { return s.send("POST", "/api/user/login", login("ann", "wrong")) }),
		"login: the account is not active": one(func() answer { return s.send("POST", "/api/user/login", login("off", right)) }),
		"reset_password, the page too: the token is unknown or used": {
			func() answer {
				return s.send("POST", "/api/user/reset_password", `{"token":"`+used+`","new_password":"third kite"}`)
			},
			func() answer {
				return s.send("POST", "/reset_password", "token="+used+"&new_password=third+kite&repeat_password=third+kite", "Content-Type: application/x-www-form-urlencoded")
			},
		},
		"change_password, PUT: the current password is wrong": {
			func() answer {
				return s.send("POST", "/api/user/change_password", `{"current_password":"wrong","new_password":"another kite"}`, ann)
			},
			func() answer {
				return s.send("PUT", "/api/user/me", `{"current_password":"wrong","password":"another kite"}`, ann)
			},
		},
		"PUT: the username or the address is taken": append(again("ben@example.com", "BEN@example.com", "boss@example.com", "off@example.com"), func() answer {
			return s.send("PUT", "/api/user/ann", `{"username":"ben"}`, boss)
		}, func() answer {
			return s.send("PUT", "/api/user/ann", `{"email":"ben@example.com"}`, boss)
		}),
		"PUT: the last active ADMIN would be gone": {
			func() answer { return s.send("PUT", "/api/user/boss", `{"role":"USER"}`, boss) },
			func() answer { return s.send("PUT", "/api/user/boss", `{"active":false}`, boss) },
		},
		"DELETE: the last active ADMIN would be gone":                         one(func() answer { return s.send("DELETE", "/api/user/boss", "", boss) }),
		"refresh: the token was used before":                                  refresh(renewed(2)),
		"refresh: another client sent a token within the grace after its use": refresh(renewed(1), "User-Agent: another"),
	}
	promised := map[string]string{}
	for name, requests := range refusals {
		for _, request := range requests {
			a, entries := s.recorded(request)
			if len(entries) != 1 || a.status < 400 || a.status >= 500 {
				t.Errorf("%s: answered %d %s, recorded %q", name, a.status, a.body, entries)
				continue
			}
			promised[name] = entries[0]
		}
	}
	if diff := cmp.Diff(promisedRefusals(t), promised); diff != "" {
		t.Errorf("what SECURITY.md promises and what the log has (-want +got):\n%s", diff)
	}
}

// recorded makes a request and returns the actions of the refusals that the log
// has since then.
func (s *service) recorded(request func() answer) (a answer, actions []string) {
	s.t.Helper()
	list := func() (all []string) {
		rows, err := postgrestest.Pool(s.t).Query(s.t.Context(), "select actions[1] from audit order by at")
		if err != nil {
			s.t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var action string
			if err := rows.Scan(&action); err != nil {
				s.t.Fatal(err)
			}
			if strings.HasSuffix(action, "_failed") || slices.Contains([]string{"refresh_reused", "refresh_repeated"}, action) {
				all = append(all, action)
			}
		}
		return all
	}
	before := len(list())
	a = request()
	return a, list()[before:]
}
