package api_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"roster/localdev/postgrestest"
)

type auditPage struct {
	Events []struct {
		At                     time.Time
		Actions                []string
		Actor, Target, Address string
		UserAgent              string `json:"user_agent"`
		RequestID              string `json:"request_id"`
		ActorUsername          string `json:"actor_username"`
		TargetUsername         string `json:"target_username"`
		Detail                 map[string]string
	}
	Next string
}

// audit returns a page of the log to the ADMIN with this header.
func (s *service) audit(query, header string) (page auditPage) {
	s.t.Helper()
	a := s.send("GET", "/api/audit?"+query, "", header)
	if err := json.Unmarshal([]byte(a.body), &page); err != nil || a.status != 200 {
		s.t.Fatalf("audit?%s: %d %s", query, a.status, a.body)
	}
	return page
}

func TestOnlyAdminsReadTheAuditLog(t *testing.T) {
	t.Parallel()
	for name, a := range actors {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			s.account("boss", asAdmin)
			header := a.prepare(t, s)
			want, body := 200, ""
			switch { // an ADMIN gets 404 for an unknown account
			case a.none == 401:
				want, body = 401, unauthenticated
			case a.none == 403:
				want, body = 403, forbidden
			}
			got := s.send("GET", "/api/audit", "", header)
			if want != 200 {
				got.wants(t, "audit", want, body)
			} else if got.status != 200 {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
}

func TestAuditLogIsPagedAndFiltered(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann, boss := s.account("ann"), s.account("boss", asAdmin)
	as := bearer(t, boss)
	for i := range 4 {
		s.send("POST", "/api/user/login", fmt.Sprintf(`{"username":"ann","password":"wrong %d"}`, i))
	}
	s.send("DELETE", "/api/user/ann", "", as)

	var seen []string
	query := "limit=2"
	for {
		page := s.audit(query, as)
		for _, e := range page.Events {
			seen = append(seen, strings.Join(e.Actions, "+"))
		}
		if page.Next == "" {
			break
		}
		query = "limit=2&before=" + page.Next
	}
	if want := "delete" + strings.Repeat(" login_failed", 4) + " register register"; strings.Join(seen, " ") != want {
		t.Errorf("the pages contain %q, want %s", seen, want)
	}
	// The account is deleted: only its UUID finds its events.
	s.send("GET", "/api/audit?user=ann", "", as).wants(t, "a name that is gone", 404, noSuchUser)
	for query, want := range map[string]int{
		"user=" + ann.UUID: 6, "user=" + strings.ToUpper(ann.UUID): 6, "user=boss": 2, "user=BOSS": 2,
		"action=login_failed": 4, "user=boss&action=delete": 1, "user=00000000-0000-0000-0000-000000000000": 0,
		"since=2020-01-01T00:00:00Z": 7, "until=2020-01-01T00:00:00Z": 0, "since=" + url.QueryEscape("2020-01-01T00:00:00.5+01:00"): 7,
		"limit=3": 3, "limit=100": 7, "": 7,
	} {
		if page := s.audit(query, as); len(page.Events) != want {
			t.Errorf("%q: %d events, want %d", query, len(page.Events), want)
		}
	}
	e := s.audit("action=delete", as).Events[0]
	if e.Actor != boss.UUID || e.Target != ann.UUID || e.Address != "192.0.2.1" || e.RequestID != requestID || time.Since(e.At) > time.Minute {
		t.Errorf("the deletion is %+v", e)
	}
}

func TestAuditNamesEveryBadParameter(t *testing.T) {
	t.Parallel()
	s := newService(t)
	as := bearer(t, s.account("boss", asAdmin))
	const (
		user, action, limit = "must be a username or a UUID", "is not an action of the audit log", "must be a whole number from 1 to 100"
		at, cursor, twice   = "must be a time such as 2026-01-31T12:00:00Z", "is not the next of an earlier answer", "is given more than once"
		unknown, empty      = "is not a parameter of this call", "must not be empty"
	)
	for query, fields := range map[string]map[string]string{
		"user=a%00b":                      {"user": user},
		"user='":                          {"user": user},
		"user=" + strings.Repeat("a", 40): {"user": user},
		"action=Login":                    {"action": action},
		"action=login%27":                 {"action": action},
		"limit=0":                         {"limit": limit},
		"limit=101":                       {"limit": limit},
		"limit=-1":                        {"limit": limit},
		"limit=1.0":                       {"limit": limit},
		"limit=99999999999999999999":      {"limit": limit},
		"limit=x":                         {"limit": limit},
		"since=yesterday":                 {"since": at},
		"since=2026-01-31":                {"since": at},
		"since=0001-01-01T00:00:00Z":      {"since": at},
		"until=9999-01-01T00:00:00Z":      {"until": at},
		"until=2026-13-01T00:00:00Z":      {"until": at},
		"since=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z": {"until": "must be after since"},
		"before=x":          {"before": cursor},
		"limit=1&limit=2":   {"limit": twice},
		"user=ann&user=ben": {"user": twice},
		"page=2":            {"page": unknown},
		"Limit=2":           {"Limit": unknown},
		"limit=&user=&action=&since=&until=&before=": {"limit": empty, "user": empty, "action": empty, "since": empty, "until": empty, "before": empty},
		"user=-&action=x&since=x&until=x&limit=x&before=x&x=x": {
			"user": user, "action": action, "since": at, "until": at, "limit": limit, "before": cursor, "x": unknown,
		},
	} {
		text, _ := json.Marshal(fields)
		want := strings.Replace(problem(400, "invalid", "Some parameters are not valid."), `"code"`, `"fields":`+string(text)+`,"code"`, 1)
		s.send("GET", "/api/audit?"+query, "", as).wants(t, query, 400, want)
	}
	for _, query := range []string{"limit=%zz", "a;b", "user=%"} {
		s.send("GET", "/api/audit?"+query, "", as).wants(t, query, 400, problem(400, "invalid", "The query is not well formed."))
	}
	if errs := postgrestest.Errors(t); len(errs) > 0 {
		t.Errorf("PostgreSQL logged errors: %q", errs)
	}
}

// CVE-2026-33503: a cursor comes from the client, so it must not reach a
// statement as anything but values of the right types.
func TestAuditRefusesForgedCursors(t *testing.T) {
	t.Parallel()
	s := newService(t)
	as := bearer(t, s.account("boss", asAdmin))
	s.account("ann")
	good := s.audit("limit=1", as).Next
	if len(good) != 24 {
		t.Fatalf("the cursor is %q", good)
	}
	refused, accepted := 0, 0
	plain, described := routes(s.db, s.box, false), map[string]bool{}
	try := func(cursor string) {
		t.Helper()
		path := "/api/audit?before=" + url.QueryEscape(cursor)
		a := send(t, plain, "GET", path, "", as)
		if !described[a.body] { // each answer is held against the description once
			described[a.body] = true
			a = s.send("GET", path, "", as)
		}
		switch a.status {
		case 400:
			refused++
		case 200:
			accepted++
			if len(cursor) != 24 {
				t.Errorf("%q is accepted", cursor)
			}
		default:
			t.Errorf("%q: %d %s", cursor, a.status, a.body)
		}
	}
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := range good {
		try(good[:i])
		try(good[:i] + "\n" + good[i:])
		for _, c := range letters {
			try(good[:i] + string(c) + good[i+1:])
		}
		for _, c := range "+/=' \x00%;é" {
			try(good[:i] + string(c) + good[i+1:])
		}
	}
	for _, c := range []string{good + "A", good + "AAAA", good + "=", good + "\n", strings.Repeat("A", 24), strings.Repeat("_", 24), "' or 1=1 --", strings.Repeat("A", 5000)} {
		try(c)
	}
	if refused == 0 || accepted == 0 {
		t.Errorf("%d cursors are refused, %d accepted", refused, accepted)
	}
	if errs := postgrestest.Errors(t); len(errs) > 0 {
		t.Errorf("PostgreSQL logged errors: %q", errs)
	}
}

// A person reads names and not UUIDs. The log has none, so they are the names of now.
func TestAuditHasTheUsernamesOfNow(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	s.account("ben")
	as := bearer(t, s.account("boss", asAdmin))
	s.send("PUT", "/api/user/ann", `{"role":"ADMIN"}`, as)
	s.send("PUT", "/api/user/ann", `{"username":"anna"}`, as)
	s.send("DELETE", "/api/user/ben", "", as)
	for action, want := range map[string]string{"role_changed": "boss anna", "username_changed": "boss anna", "delete": "boss "} {
		e := s.audit("action="+action, as).Events[0]
		if got := e.ActorUsername + " " + e.TargetUsername; got != want {
			t.Errorf("%s: the usernames are %q, want %q", action, got, want)
		}
	}
	page := s.audit("user=anna&action=role_changed", as)
	if len(page.Events) != 1 || page.Events[0].TargetUsername != "anna" {
		t.Errorf("the events of one account: %+v", page.Events)
	}
}
