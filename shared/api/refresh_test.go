package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
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

// refreshFrom refreshes from an address, with the same user agent.
func (s *service) refreshFrom(address, token string) answer {
	return sendFrom(routes(s.db, s.box, false), address, "/api/user/refresh", `{"refresh_token":"`+token+`"}`, "")
}

func (s *service) newTokenFrom(address, token string) string {
	s.t.Helper()
	a := s.refreshFrom(address, token)
	var o sessionTokens
	if err := json.Unmarshal([]byte(a.body), &o); err != nil || a.status != 200 {
		s.t.Fatalf("from %s: %d %s", address, a.status, a.body)
	}
	return o.RefreshToken
}

// A thief who has copied the session's tokens waits until its owner refreshes,
// and repeats that within the grace.
func TestOnlyTheSameClientMayRepeatARefresh(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann := s.account("ann")
	token := s.refreshToken("ann")
	for i := range 3 {
		next := s.newTokenFrom("192.0.2.1", token)
		for range 5 {
			if a := s.refreshFrom("198.51.100.7", token); a.status != 401 {
				t.Errorf("another network, refresh %d: %d %s", i, a.status, a.body)
			}
			a := s.send("POST", "/api/user/refresh", `{"refresh_token":"`+token+`"}`, "User-Agent: another")
			if a.status != 401 {
				t.Errorf("another user agent, refresh %d: %d %s", i, a.status, a.body)
			}
		}
		for _, address := range []string{"192.0.2.1", "192.0.2.200"} { // of the same /24
			if again := s.newTokenFrom(address, token); again != next {
				t.Errorf("the owner's tab at %s got another token", address)
			}
		}
		token = next
	}
	if n := s.countAudit("refresh_repeated", ann.UUID); n != 3 {
		t.Errorf("the log has %d entries, want one for each token", n)
	}
	mails := s.box.drain()
	if len(mails) != 1 || mails[0].To != "ann@example.com" || !strings.HasPrefix(mails[0].Subject, "Your login was used from a second place") {
		t.Errorf("the owner was mailed %+v", mails)
	}
	s.verifyAuditChains()
}

// countAudit returns how many entries have the action, the target and an address.
func (s *service) countAudit(action, target string) (n int) {
	s.t.Helper()
	if err := postgrestest.Pool(s.t).QueryRow(s.t.Context(), "select count(*) from audit where $1 = any (actions) and target = $2 and event::jsonb ->> 'address' is not null",
		action, target).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// A thief must not see when the owner refreshes.
func TestSessionsDoNotShowWhenTheyWereRefreshed(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann := s.account("ann")
	token := s.refreshToken("ann")
	if _, err := postgrestest.Pool(t).Exec(t.Context(), "update sessions set created_at = created_at - interval '1 hour', last_used_at = last_used_at - interval '30 minutes', idle_ends_at = idle_ends_at - interval '30 minutes'"); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		var list struct {
			Sessions []struct {
				LastUsedAt  time.Time `json:"last_used_at"`
				IdleEndsAt  time.Time `json:"idle_ends_at"`
				LastAddress string    `json:"last_address"`
			} `json:"sessions"`
		}
		if err := json.Unmarshal([]byte(s.send("GET", "/api/user/me/sessions", "", bearer(t, ann)).body), &list); err != nil {
			t.Fatal(err)
		}
		for _, session := range list.Sessions {
			if session.LastAddress == "" { // made by bearer, not by a login
				continue
			}
			for name, at := range map[string]time.Time{"last_used_at": session.LastUsedAt, "idle_ends_at": session.IdleEndsAt} {
				if at.Minute()%5 != 0 || at.Second() != 0 || at.Nanosecond() != 0 {
					t.Errorf("%s is %v", name, at)
				}
			}
			if want := []string{"192.0.2.1", "198.51.100.7"}[i]; session.LastAddress != want {
				t.Errorf("the last address is %s, want %s", session.LastAddress, want)
			}
		}
		token = s.newTokenFrom("198.51.100.7", token)
	}
}
