package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/shared/credential/refresh"
)

const loginAgain = `{"type":"about:blank","title":"Unauthorized","status":401,"code":"unauthenticated","msg":"Please log in.","request_id":"refresh"}`

func TestRefreshRotatesTheTokenAndReuseEndsTheSession(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	first := s.login("ann")
	second := s.tokensFrom("POST", "/api/user/refresh", `{"refresh_token":"`+first.RefreshToken+`"}`)
	lost := s.tokensFrom("POST", "/api/user/refresh", `{"refresh_token":"`+first.RefreshToken+`"}`)
	if second.RefreshToken != lost.RefreshToken || second.RefreshToken == first.RefreshToken {
		t.Errorf("a client whose answer was lost got %q, not %q", lost.RefreshToken, second.RefreshToken)
	}
	for _, o := range []sessionTokens{first, second, lost} {
		if s.getMeStatus(o) != 200 {
			t.Error("an access token of the session is refused")
		}
	}
	third := s.tokensFrom("POST", "/api/user/refresh", `{"refresh_token":"`+second.RefreshToken+`"}`)
	s.refresh(first.RefreshToken).wants(t, "a token older than the last", 401, loginAgain)
	for _, o := range []sessionTokens{first, second, lost, third} {
		if s.getMeStatus(o) != 401 {
			t.Error("an access token outlives its session")
		}
		s.refresh(o.RefreshToken).wants(t, "a token of a session that has ended", 401, loginAgain)
	}
}

// Both the owner and the client with the copied token are logged out.
func TestReuseIsRecordedAndMailedOnce(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann := s.account("ann")
	other, first := s.login("ann"), s.login("ann")
	session, _ := refreshKeys.Parse(first.RefreshToken)
	second := s.tokensFrom("POST", "/api/user/refresh", `{"refresh_token":"`+first.RefreshToken+`"}`)
	s.tokensFrom("POST", "/api/user/refresh", `{"refresh_token":"`+second.RefreshToken+`"}`)
	for i := range 3 {
		a := s.send("POST", "/api/user/refresh", `{"refresh_token":"`+first.RefreshToken+`"}`, fmt.Sprint("X-Request-Id: reuse-", i), "User-Agent: agent/1.0")
		var want []auditEntry
		if i == 0 {
			want = []auditEntry{{"refresh_reused", "", ann.UUID, `{"session": "` + session.Session + `"}`}}
		}
		if diff := cmp.Diff(want, s.auditEntries(fmt.Sprint("reuse-", i)), cmp.AllowUnexported(auditEntry{})); diff != "" || a.status != 401 {
			t.Errorf("%d: %d, log (-want +got):\n%s", i, a.status, diff)
		}
	}
	if s.getMeStatus(other) != 200 {
		t.Error("another session of the account has ended, too")
	}
	mails := s.box.drain()
	if len(mails) != 1 || mails[0].To != "ann@example.com" || !strings.HasPrefix(mails[0].Subject, "One of your devices was logged out") {
		t.Errorf("the owner was mailed %+v", mails)
	}
	s.verifyAuditChains()
}

func TestRefreshRefusesForeignTokens(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	forged := refresh.New([]byte("another secret, of 32 bytes also"))
	session, _ := refreshKeys.Parse(s.refreshToken("ann"))
	for name, token := range map[string]string{
		"text": "x", "another key's": forged.Encode(forged.First(session.Session)), "of no session": refreshKeys.Encode(refreshKeys.First("00000000-0000-4000-8000-000000000000")),
		"an access token": s.login("ann").AccessToken, "one that is to come": refreshKeys.Encode(refreshKeys.Child(session)), "a new first one": refreshKeys.Encode(refreshKeys.First(session.Session)),
	} {
		s.refresh(token).wants(t, name, 401, loginAgain)
	}
	s.send("POST", "/api/user/refresh", `{}`).wants(t, "nothing", 400, invalid("refresh_token", "is required"))
	s.send("POST", "/api/user/refresh", `{"refresh_token":""}`).wants(t, "empty", 400, invalid("refresh_token", "is required"))
	if a := s.refresh(refreshKeys.Encode(session)); a.status != 200 {
		t.Errorf("a refused refresh has changed the session: %d %s", a.status, a.body)
	}
}
