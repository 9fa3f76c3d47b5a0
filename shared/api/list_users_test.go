package api_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type usersPage struct {
	Users []struct {
		Username    string
		EmailStatus string `json:"email_status"`
	}
	Next           string
	EstimatedTotal *int64 `json:"estimated_total"`
}

func (p usersPage) names() string {
	var names []string
	for _, u := range p.Users {
		names = append(names, u.Username)
	}
	return strings.Join(names, " ")
}

// users returns a page of accounts to the ADMIN with this header.
func (s *service) users(query, header string) (page usersPage) {
	s.t.Helper()
	a := s.send("GET", "/api/users?"+query, "", header)
	if err := json.Unmarshal([]byte(a.body), &page); err != nil || a.status != 200 {
		s.t.Fatalf("users?%s: %d %s", query, a.status, a.body)
	}
	return page
}

func TestOnlyAdminsListUsers(t *testing.T) {
	t.Parallel()
	for name, a := range actors {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			s.account("boss", asAdmin)
			header := a.prepare(t, s)
			for _, query := range []string{"", "?q=b", "?username=boss"} {
				got := s.send("GET", "/api/users"+query, "", header)
				switch a.none { // an ADMIN gets 404 for an unknown account
				case 401:
					got.wants(t, "users"+query, 401, unauthenticated)
				case 403:
					got.wants(t, "users"+query, 403, forbidden)
				default:
					if got.status != 200 || !strings.Contains(got.body, `"username":"boss"`) {
						t.Errorf("users%s: %d %s", query, got.status, got.body)
					}
				}
			}
		})
	}
}

func TestUsersAreListedFilteredAndFound(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ben := s.account("ben")
	s.account("ann")
	s.account("cid", inactive)
	as := bearer(t, s.account("boss", asAdmin))
	s.send("PUT", "/api/user/ben", `{"first_name":"Anders"}`, as)
	for query, want := range map[string]string{
		"sort=username":                         "ann ben boss cid",
		"":                                      "boss cid ann ben",
		"sort=created_at":                       "boss cid ann ben",
		"sort=username&role=ADMIN":              "boss",
		"sort=username&role=USER":               "ann ben cid",
		"sort=username&active=true":             "ann ben boss",
		"active=false":                          "cid",
		"sort=username&q=an":                    "ann ben",
		"q=ANDERS":                              "ben",
		"q=" + url.QueryEscape("ann@"):          "ann",
		"q=%25":                                 "",
		"q=+ann+":                               "ann",
		"q=an&role=ADMIN":                       "",
		"email_status=ok&limit=1&sort=username": "ann",
		"email_status=bounced":                  "",
		"created_after=2020-01-01T00:00:00Z&q=ann":    "ann",
		"created_before=2020-01-01T00:00:00Z":         "",
		"username=BEN":                                "ben",
		"email=" + url.QueryEscape("Ben@Example.com"): "ben",
		"uuid=" + strings.ToUpper(ben.UUID):           "ben",
		"id=1":                                        "ben",
		"id=99":                                       "",
		"username=dan":                                "",
	} {
		if got := s.users(query, as).names(); got != want {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}
	if page := s.users("count=estimate&limit=1", as); page.EstimatedTotal == nil || *page.EstimatedTotal != 4 {
		t.Errorf("with a count: %+v", page)
	}
	if page := s.users("limit=1", as); page.EstimatedTotal != nil || page.Users[0].EmailStatus != "ok" {
		t.Errorf("without a count: %+v", page)
	}
}

// A listed account is the account that GET answers, without its metadata.
func TestAListedUserIsTheUser(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	as := bearer(t, s.account("boss", asAdmin))
	s.send("PUT", "/api/user/ann", `{"metadata":{"colour":"red"}}`, as)
	var want map[string]any
	var got struct{ Users []map[string]any }
	for path, into := range map[string]any{"/api/user/ann": &want, "/api/users?username=ann": &got} {
		if err := json.Unmarshal([]byte(s.send("GET", path, "", as).body), into); err != nil {
			t.Fatal(err)
		}
	}
	delete(want, "metadata")
	delete(want, "app_metadata")
	want["email_status"] = "ok"
	if diff := cmp.Diff([]map[string]any{want}, got.Users); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPagesOfUsersFollowEachOther(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, name := range []string{"ann", "ben", "cid", "dan", "eve"} {
		s.account(name)
	}
	as := bearer(t, s.account("boss", asAdmin))
	for query, want := range map[string]string{
		"sort=username&limit=2":                      "ann ben|boss cid|dan eve",
		"sort=username&limit=4&role=USER":            "ann ben cid dan|eve",
		"limit=5":                                    "boss eve dan cid ben|ann",
		"sort=last_login_at&limit=3":                 "boss eve dan|cid ben ann",
		"sort=last_login_at&limit=100&q=e":           "eve",
		"limit=3&created_after=2020-01-01T00:00:00Z": "boss eve dan|cid ben ann",
	} {
		var pages []string
		for next := ""; ; {
			page := s.users(query+next, as)
			pages = append(pages, page.names())
			if page.Next == "" {
				break
			}
			next = "&cursor=" + page.Next
		}
		if got := strings.Join(pages, "|"); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

// A cursor is good for the query that it was made for, as the answer gave it.
func TestAForgedCursorOfUsersIsRefused(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	as := bearer(t, s.account("boss", asAdmin))
	next := s.users("limit=1&q=a&sort=username", bearer(t, s.account("anna", asAdmin))).Next
	if got := s.users("limit=2&q=a&sort=username&count=estimate&cursor="+next, as).names(); got != "anna" {
		t.Errorf("the next page, of another length, has %q", got)
	}
	raw, err := base64.RawURLEncoding.DecodeString(next)
	if err != nil {
		t.Fatal(err)
	}
	changed := append([]byte{}, raw...)
	changed[len(changed)-1]++
	for name, query := range map[string]string{
		"another order":   "q=a&cursor=" + next,
		"another prefix":  "q=an&sort=username&cursor=" + next,
		"one filter more": "q=a&sort=username&active=true&cursor=" + next,
		"no filter":       "sort=username&cursor=" + next,
		"another place":   "q=a&sort=username&cursor=" + base64.RawURLEncoding.EncodeToString(changed),
		"cut short":       "q=a&sort=username&cursor=" + next[:len(next)-1],
		"made up":         "q=a&sort=username&cursor=1",
		"of the log":      "cursor=AAYxZ0dF5AAAAwAAAAAAAAAR",
	} {
		a := s.send("GET", "/api/users?"+query, "", as)
		if a.status != 400 || !strings.Contains(a.body, `"cursor":"is not the next of an earlier answer to the same query"`) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

func TestUsersNamesEveryBadParameter(t *testing.T) {
	t.Parallel()
	s := newService(t)
	as := bearer(t, s.account("boss", asAdmin))
	const (
		alone = "names one account, so it takes no filter, cursor or count beside it"
		at    = "must be a time such as 2026-01-31T12:00:00Z"
		whole = "must be a whole number from 1"
	)
	for query, want := range map[string]map[string]string{
		"limit=0":                             {"limit": "must be a whole number from 1 to 100"},
		"limit=101":                           {"limit": "must be a whole number from 1 to 100"},
		"limit=ten":                           {"limit": "must be a whole number from 1 to 100"},
		"sort=email":                          {"sort": "must be created_at, username or last_login_at"},
		"role=admin":                          {"role": "must be USER or ADMIN"},
		"active=1":                            {"active": "must be true or false"},
		"email_status=bad":                    {"email_status": "must be ok, soft_bounce, bounced, complained or suppressed"},
		"created_after=today":                 {"created_after": at},
		"created_before=1800-01-01T00:00:00Z": {"created_before": at},
		"created_after=2026-01-01T00:00:00Z&created_before=2026-01-01T00:00:00Z": {"created_before": "must be after created_after"},
		"count=yes":                     {"count": "must be estimate"},
		"q=":                            {"q": "must not be empty"},
		"q=+%E2%80%8B":                  {"q": "must not be blank"},
		"q=a%00":                        {"q": "must be text in UTF-8 without NUL"},
		"q=%FF":                         {"q": "must be text in UTF-8 without NUL"},
		"q=" + strings.Repeat("a", 255): {"q": "must have at most 254 characters"},
		"q=a&q=b":                       {"q": "is given more than once"},
		"offset=7":                      {"offset": "is not a parameter of this call"},
		"id=0":                          {"id": whole},
		"id=-1":                         {"id": whole},
		"id=9223372036854775808":        {"id": whole},
		"username=a":                    {"username": "must be a username"},
		"email=ann":                     {"email": "must be an e-mail address"},
		"uuid=7":                        {"uuid": "must be a UUID"},
		"username=ann&q=a":              {"username": alone},
		"uuid=00000000-0000-4000-8000-000000000000&id=7": {"uuid": alone, "id": alone},
		"id=7&count=estimate":                            {"id": alone},
		"id=7&active=true":                               {"id": alone},
		"role=x&limit=x&sort=x":                          {"role": "must be USER or ADMIN", "limit": "must be a whole number from 1 to 100", "sort": "must be created_at, username or last_login_at"},
	} {
		a := s.send("GET", "/api/users?"+query, "", as)
		var problem struct{ Fields map[string]string }
		if err := json.Unmarshal([]byte(a.body), &problem); err != nil || a.status != 400 {
			t.Errorf("%q: %d %s", query, a.status, a.body)
		}
		if diff := cmp.Diff(want, problem.Fields); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
	}
}
