package user_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"roster/shared/audit"
	"roster/shared/credential/refresh"
	"roster/shared/fault"
	"roster/shared/mail"
	"roster/shared/request"
	"roster/shared/user"
)

// renewer gives every renewal the same outcome, and keeps the last renewal.
type renewer struct {
	outcome user.RenewalOutcome
	account *user.User
	err     error
	renewal user.Renewal
	event   audit.Event

	firstRepeat bool
	repeatErr   error
}

func (r *renewer) Renew(_ context.Context, renewal user.Renewal, e audit.Event) (user.RenewalOutcome, *user.User, error) {
	r.renewal, r.event = renewal, e
	return r.outcome, r.account, r.err
}

func (r *renewer) RecordRepeat(_ context.Context, session string, generation int64, e audit.Event) (bool, error) {
	r.event = e
	return r.firstRepeat, r.repeatErr
}

func refreshSession(t *testing.T, db *renewer, out *outbox, tokens user.TokenIssuer, token string) (user.Tokens, error) {
	t.Helper()
	rs := user.RefreshParts{Tokens: tokens, Refresh: refresh.Codec{Keys: refreshKeys}, Sessions: user.DefaultSessionRules, Notices: user.Notices{Mailer: mail.Mailer{Transport: out}, PublicURL: "https://accounts.example.com"}}
	return user.Refresh(t.Context(), requestFrom(request.Client{RequestID: "r"}), db, rs, user.RefreshRequest{RefreshToken: token})
}

func TestRefreshAnswersTheNextToken(t *testing.T) {
	t.Parallel()
	first := refreshKeys.First(sessionID)
	db := &renewer{outcome: user.SessionRenewed, account: ann()}
	got, err := refreshSession(t, db, &outbox{}, fakeIssuer{}, refreshKeys.Encode(first))
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

func TestRefreshMailsOnlyOnReuse(t *testing.T) {
	t.Parallel()
	token := refreshKeys.Encode(refreshKeys.First(sessionID))
	for name, c := range map[string]struct {
		db     renewer
		tokens fakeIssuer
		token  string
		code   fault.Code
		mails  int
	}{
		"nothing":                     {renewer{}, fakeIssuer{}, "", fault.Invalid, 0},
		"text":                        {renewer{outcome: user.SessionRenewed, account: ann()}, fakeIssuer{}, "text", fault.Unauthenticated, 0},
		"a token of an ended session": {renewer{outcome: user.SessionOver}, fakeIssuer{}, token, fault.Unauthenticated, 0},
		"a used token":                {renewer{outcome: user.TokenReused, account: ann()}, fakeIssuer{}, token, fault.Unauthenticated, 1},
		"another client's token":      {renewer{outcome: user.TokenRepeated, account: ann(), firstRepeat: true}, fakeIssuer{}, token, fault.Unauthenticated, 1},
		"the same again":              {renewer{outcome: user.TokenRepeated, account: ann()}, fakeIssuer{}, token, fault.Unauthenticated, 0},
		"one that is not recorded":    {renewer{outcome: user.TokenRepeated, account: ann(), firstRepeat: true, repeatErr: errOutage}, fakeIssuer{}, token, fault.Unavailable, 0},
		"a database outage":           {renewer{err: errOutage}, fakeIssuer{}, token, fault.Unavailable, 0},
		"an outage of the keys":       {renewer{outcome: user.SessionRenewed, account: ann()}, fakeIssuer{errOutage}, token, fault.Unavailable, 0},
	} {
		for _, out := range []*outbox{{}, {err: errors.New("no mail server")}} { // a mail that fails changes nothing
			got, err := refreshSession(t, &c.db, out, c.tokens, c.token)
			if code(err) != c.code || got != (user.Tokens{}) || len(out.sent) != c.mails {
				t.Errorf("%s: %+v, %v, %d mails", name, got, err, len(out.sent))
			}
		}
		action := audit.ActionRefreshReused
		if c.db.outcome == user.TokenRepeated {
			action = audit.ActionRefreshRepeated
		}
		if c.mails > 0 && (c.db.event.Actions[0] != action || c.db.event.Detail["session"] != sessionID) {
			t.Errorf("%s: the event is %+v", name, c.db.event)
		}
	}
}
