package api_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLogoutEndsTheSessionsOfItsScope(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann := s.account("ann")
	s.account("ben")
	bystander := s.login("ben")
	for i, c := range []struct {
		body   string
		scope  string
		opens  []int // this session, another one
		status int
	}{
		{"", "this", []int{401, 200}, 200},
		{`{}`, "this", []int{401, 200}, 200},
		{`{"scope":"this"}`, "this", []int{401, 200}, 200},
		{`{"scope":"others"}`, "others", []int{200, 401}, 200},
		{`{"scope":"all"}`, "all", []int{401, 401}, 200},
		{`{"scope":"ALL"}`, "", []int{200, 200}, 400},
		{`{"scope":null}`, "", []int{200, 200}, 400},
		{`[]`, "", []int{200, 200}, 400},
		{` `, "", []int{200, 200}, 400},
	} {
		this, other := s.login("ann"), s.login("ann")
		session, _ := refreshKeys.Parse(this.RefreshToken)
		id := fmt.Sprint("logout-", i)
		a := s.send("POST", "/api/user/logout", c.body, this.header(), "X-Request-Id: "+id, "User-Agent: agent/1.0")
		if a.status != c.status || a.status == 200 && a.body != "{\"msg\":\"Logged out.\"}\n" {
			t.Errorf("%s: %d %s", c.body, a.status, a.body)
		}
		if diff := cmp.Diff(c.opens, []int{s.getMeStatus(this), s.getMeStatus(other)}); diff != "" {
			t.Errorf("%s: access tokens (-want +got):\n%s", c.body, diff)
		}
		if diff := cmp.Diff(c.opens, []int{s.refresh(this.RefreshToken).status, s.refresh(other.RefreshToken).status}); diff != "" {
			t.Errorf("%s: refresh tokens (-want +got):\n%s", c.body, diff)
		}
		var want []auditEntry
		if c.status == 200 {
			want = []auditEntry{{"logout", ann.UUID, ann.UUID, `{"scope": "` + c.scope + `", "session": "` + session.Session + `"}`}}
		}
		if diff := cmp.Diff(want, s.auditEntries(id), cmp.AllowUnexported(auditEntry{})); diff != "" {
			t.Errorf("%s: log (-want +got):\n%s", c.body, diff)
		}
	}
	if s.getMeStatus(bystander) != 200 {
		t.Error("a session of another account has ended")
	}
}
