package api_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"roster"
	"roster/shared/user"
)

// spaces are what autofill, keyboards and copying leave around a name or an address.
var spaces = map[string]string{
	"behind": "%s ", "before": " %s", "lines": "\t%s\r\n", "no-break": "\u00a0%s\u00a0", "ideographic": "\u3000%s\u3000", "of other widths": "\u2003%s\u202f",
	"without width": "\ufeff%s\u200b\u2060", "marks of direction": "\u202a%s\u202c", "more of them": "\u2068%s\u200e\u2069",
}

// spaced are the inputs of a username or an address. Each sends one with space around
// it, and reports what shows that it was taken for ann's.
var spaced = map[string]func(s *service, pad func(string) string) (got, want any){
	"register username": func(s *service, pad func(string) string) (any, any) {
		s.send("POST", "/api/user/register", fmt.Sprintf(`{"username":%s,"first_name":"A","last_name":"B","email":"new@example.com","password":%q}`, pad("Newcomer"), right))
		return s.find("newcomer").Username, "newcomer"
	},
	"register email": func(s *service, pad func(string) string) (any, any) {
		s.send("POST", "/api/user/register", fmt.Sprintf(`{"username":"newcomer","first_name":"A","last_name":"B","email":%s,"password":%q}`, pad("new@example.com"), right))
		return s.find("newcomer").Email, "new@example.com"
	},
	"login username": func(s *service, pad func(string) string) (any, any) {
		return []int{
			s.send("POST", "/api/user/login", fmt.Sprintf(`{"username":%s,"password":%q}`, pad("ann"), right)).status,
			s.send("POST", "/api/user/login", fmt.Sprintf(`{"username":%s,"password":%q}`, pad("ann@example.com"), right)).status,
		}, []int{200, 200}
	},
	"forget_password username": func(s *service, pad func(string) string) (any, any) {
		s.send("POST", "/api/user/forget_password", fmt.Sprintf(`{"username":%s}`, pad("ann")))
		return len(s.box.drain()), 1
	},
	"forget_password email": func(s *service, pad func(string) string) (any, any) {
		s.send("POST", "/api/user/forget_password", fmt.Sprintf(`{"username":%s,"email":%s}`, pad("ann"), pad("Ann@Example.com")))
		return len(s.box.drain()), 1
	},
	"forgotten_password_form account": func(s *service, pad func(string) string) (any, any) {
		for _, account := range []string{"ann", "Ann@Example.com"} {
			s.send("POST", "/forgot_password", "account="+url.QueryEscape(unquoted(pad(account))), "Content-Type: application/x-www-form-urlencoded")
		}
		return len(s.box.drain()), 2
	},
	"update_user username": func(s *service, pad func(string) string) (any, any) {
		s.send("PUT", "/api/user/ann", fmt.Sprintf(`{"username":%s}`, pad("Annie")), bearer(s.t, s.find("chief")))
		return s.find("annie").Email, "ann@example.com"
	},
	"update_user email": func(s *service, pad func(string) string) (any, any) {
		s.send("PUT", "/api/user/ann", fmt.Sprintf(`{"email":%s}`, pad("annie@example.com")), bearer(s.t, s.find("ann")))
		return s.find("ann").Email, "annie@example.com"
	},
	"create_user username": func(s *service, pad func(string) string) (any, any) {
		s.send("POST", "/api/users", fmt.Sprintf(`{"username":%s,"first_name":"A","last_name":"B","email":"new@example.com"}`, pad("Newcomer")), bearer(s.t, s.find("chief")))
		return s.find("newcomer").Email, "new@example.com"
	},
	"create_user email": func(s *service, pad func(string) string) (any, any) {
		s.send("POST", "/api/users", fmt.Sprintf(`{"username":"newcomer","first_name":"A","last_name":"B","email":%s}`, pad("new@example.com")), bearer(s.t, s.find("chief")))
		return s.find("newcomer").Email, "new@example.com"
	},
	"audit user": func(s *service, pad func(string) string) (any, any) {
		chief := bearer(s.t, s.find("chief"))
		raw := func(v string) string { return url.QueryEscape(unquoted(pad(v))) }
		return []int{
			s.send("GET", "/api/audit?user="+raw("ann"), "", chief).status,
			s.send("GET", "/api/audit?user="+raw(s.find("ann").UUID), "", chief).status,
		}, []int{200, 200}
	},
	"path username": func(s *service, pad func(string) string) (any, any) {
		path := "/api/user/" + url.PathEscape(unquoted(pad("Ann")))
		ann, chief := bearer(s.t, s.find("ann")), bearer(s.t, s.find("chief"))
		return []int{
			s.send("GET", path, "", ann).status, s.send("PUT", path, `{"last_name":"New"}`, ann).status, s.send("GET", path+"/sessions", "", chief).status,
			s.send("GET", "/api/user/"+url.PathEscape(unquoted(pad("me"))), "", ann).status, s.send("DELETE", path, "", chief).status,
		}, []int{200, 200, 200, 200, 200}
	},
	"seed_admin": func(_ *service, pad func(string) string) (any, any) {
		in := user.Admin{Username: unquoted(pad("chief")), Email: unquoted(pad("chief@example.com"))}
		return len(in.Check(passwords)), 0
	},
}

// unquoted is a string of JSON as text.
func unquoted(s string) string {
	return strings.NewReplacer(`"`, "", `\t`, "\t", `\r`, "\r", `\n`, "\n").Replace(s)
}

func TestSpaceAroundANameIsRemoved(t *testing.T) {
	t.Parallel()
	for input, run := range spaced {
		for kind, form := range spaces {
			t.Run(input+" "+kind, func(t *testing.T) {
				t.Parallel()
				s := newService(t)
				s.account("ann")
				s.account("chief", asAdmin)
				pad := func(v string) string {
					return `"` + strings.NewReplacer("\t", `\t`, "\r", `\r`, "\n", `\n`).Replace(fmt.Sprintf(form, v)) + `"`
				}
				if got, want := run(s, pad); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%v, want %v", got, want)
				}
			})
		}
	}
}

// A new input of a username or an address gets its line in spaced.
func TestEachInputOfANameIsTriedWithSpace(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(roster.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			for _, p := range slices.Concat(item.Parameters, op.Parameters) {
				if p.Value.In == "path" && p.Value.Name == "username" {
					seen["path username"] = true
				} else if p.Value.Name == "user" {
					seen[op.OperationID+" user"] = true
				}
			}
			if op.RequestBody == nil {
				continue
			}
			for _, media := range op.RequestBody.Value.Content {
				for name := range media.Schema.Value.Properties {
					if op.OperationID == "reset_password_page_submit" { // for password managers, and not read
						continue
					}
					if name == "username" || name == "email" {
						// PATCH takes what PUT takes, by the same code.
						seen[strings.TrimSuffix(op.OperationID, "_patch")+" "+name] = true
					}
				}
			}
		}
	}
	if len(seen) < 9 {
		t.Errorf("openapi.yaml has only %v", seen)
	}
	for input := range seen {
		if spaced[input] == nil {
			t.Errorf("openapi.yaml has %q, which no test gives with space around it", input)
		}
	}
}
