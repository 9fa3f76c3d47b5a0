package user_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"roster/shared/audit"
	"roster/shared/credential/refresh"
	"roster/shared/fault"
	"roster/shared/mail"
	"roster/shared/request"
	"roster/shared/user"
)

// renewer answers each renewal alike, and keeps the last.
type renewer struct {
	verdict user.Verdict
	account *user.User
	err     error
	renewal user.Renewal
	event   audit.Event
}

func (r *renewer) Renew(_ context.Context, renewal user.Renewal, e audit.Event) (user.Verdict, *user.User, error) {
	r.renewal, r.event = renewal, e
	return r.verdict, r.account, r.err
}

// notices keeps what is mailed, or fails.
type notices struct {
	sent []mail.Message
	err  error
}

func (n *notices) Send(_ context.Context, m mail.Message) error {
	n.sent = append(n.sent, m)
	return n.err
}

func refreshing(t *testing.T, db *renewer, out *notices, tokens user.TokenIssuer, token string) (user.Tokens, error) {
	t.Helper()
	rs := user.RefreshParts{Tokens: tokens, Refresh: refresh.Codec{Keys: refreshKeys}, Sessions: user.DefaultSessionRules, Notices: user.Notices{Mailer: mail.Mailer{Transport: out}, PublicURL: "https://accounts.example.com"}}
	return user.Refresh(t.Context(), from(request.Client{RequestID: "r"}), db, rs, user.RefreshRequest{RefreshToken: token})
}

func TestRefreshAnswersTheChild(t *testing.T) {
	t.Parallel()
	first := refreshKeys.First(sessionID)
	db := &renewer{verdict: user.SessionRenewed, account: ann()}
	got, err := refreshing(t, db, &notices{}, issuer{}, refreshKeys.Encode(first))
	child := refreshKeys.Child(first)
	if err != nil || got.RefreshToken != refreshKeys.Encode(child) || got.AccessToken != annUUID+" 09:30 3 "+sessionID {
		t.Errorf("%+v, %v", got, err)
	}
	r := db.renewal
	if r.Session != sessionID || r.Generation != 1 || !slices.Equal(r.Hash, first.Hash()) || !slices.Equal(r.Child, child.Hash()) ||
		!r.At.Equal(now) || !r.IdleEndsAt.Equal(now.Add(7*24*time.Hour)) || r.Grace != 10*time.Second {
		t.Errorf("the store was asked for %+v", r)
	}
}

func TestRefreshRefuses(t *testing.T) {
	t.Parallel()
	token := refreshKeys.Encode(refreshKeys.First(sessionID))
	for name, c := range map[string]struct {
		db     renewer
		tokens issuer
		token  string
		code   fault.Code
		mails  int
	}{
		"nothing":                   {renewer{}, issuer{}, "", fault.Invalid, 0},
		"text":                      {renewer{verdict: user.SessionRenewed, account: ann()}, issuer{}, "text", fault.Unauthenticated, 0},
		"one that is over":          {renewer{verdict: user.SessionOver}, issuer{}, token, fault.Unauthenticated, 0},
		"one that was used up":      {renewer{verdict: user.TokenReused, account: ann()}, issuer{}, token, fault.Unauthenticated, 1},
		"while the database is out": {renewer{err: errOutage}, issuer{}, token, fault.Unavailable, 0},
		"while nothing is signed":   {renewer{verdict: user.SessionRenewed, account: ann()}, issuer{errOutage}, token, fault.Unavailable, 0},
	} {
		for _, out := range []*notices{{}, {err: errors.New("no mail server")}} { // a mail that fails changes nothing
			got, err := refreshing(t, &c.db, out, c.tokens, c.token)
			if code(err) != c.code || got != (user.Tokens{}) || len(out.sent) != c.mails {
				t.Errorf("%s: %+v, %v, %d mails", name, got, err, len(out.sent))
			}
		}
		if c.mails > 0 && (c.db.event.Actions[0] != audit.ActionRefreshReused || c.db.event.Detail["session"] != sessionID) {
			t.Errorf("%s: the event is %+v", name, c.db.event)
		}
	}
}

func TestDeviceName(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{
		"": true, "Ann's phone": true, "李的电脑": true, strings.Repeat("é", 50): true,
		strings.Repeat("x", 51): false, "a\nb": false, "a\x00b": false, "a\u202eb": false, "a\u2028b": false,
	} {
		fields := user.Credentials{Username: "ann", Password: "x", DeviceName: &name}.Check()
		if _, refused := fields["device_name"]; refused == good || len(fields) > 1 {
			t.Errorf("%q: %v", name, fields)
		}
	}
}

// What has no form of a session is not asked for.
func TestSessionsAskForTheForm(t *testing.T) {
	t.Parallel()
	for _, c := range []request.Caller{{}, {UUID: annUUID, TokenVersion: 3}, {UUID: annUUID, Session: "x", TokenVersion: 3}, {UUID: annUUID, Session: strings.ToUpper(sessionID), TokenVersion: 3}} {
		db := &store{users: []*user.User{ann()}}
		if _, err := user.Get(t.Context(), by(c), db, user.Me); code(err) != fault.Unauthenticated {
			t.Errorf("%+v: %v", c, err)
		}
		if err := user.Logout(t.Context(), by(c), nil, user.LogoutRequest{}); code(err) != fault.Unauthenticated {
			t.Errorf("%+v: %v", c, err)
		}
		did(t, db)
	}
}
