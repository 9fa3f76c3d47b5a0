package postgres_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"roster/localdev/postgrestest"
	"roster/shared/credential/refresh"
	"roster/shared/fault"
	"roster/shared/request"
	"roster/shared/user"
)

// A session that a change keeps is alive during the change, too. A refresh at
// that moment succeeds, with the account as it was before the change or as it is
// after it, and never with half of each.
func TestRenewDuringAChange(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]user.Edit{
		"a change of the password": {RevokeTokens: true, EndSessions: true},
		"a demotion":               {RevokeTokens: true, Role: ptr(user.RoleUser)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := openMany(t)
			rounds(t, func(round int) {
				u := create(t, db, adminAccount(fmt.Sprintf("ann%d", round)))
				token := logIn(t, db, u, time.Now())
				g := user.Guard{Caller: request.Caller{UUID: u.UUID, Session: token.Session, TokenVersion: 1}, TargetUUID: u.UUID, Username: u.Username}
				e := edit
				if e.At = now; e.EndSessions {
					e.KeepSession = token.Session
				}
				concurrently(6, func(i int) {
					if i == 0 {
						if o, err := db.UpdateUser(t.Context(), g, e, event); !o.Done && !errors.Is(err, fault.Unavailable) {
							t.Errorf("the change: %+v, %v", o, err)
						}
						return
					}
					verdict, got, err := db.Renew(t.Context(), renewalOf(token, time.Now()), event)
					switch {
					case errors.Is(err, fault.Unavailable): // it met a time limit of the database
					case err != nil || verdict != user.SessionRenewed:
						t.Errorf("round %d: a refresh is answered %v, %v", round, verdict, err)
					case edit.Role != nil && (got.TokenVersion == 2) != (got.Role == user.RoleUser):
						t.Errorf("round %d: a refresh finds version %d and role %s", round, got.TokenVersion, got.Role)
					}
				})
				if got := renew(t, db, refreshKeys.Child(token), time.Now()); got != user.SessionRenewed {
					t.Errorf("round %d: the next refresh is answered %v", round, got)
				}
			})
		})
	}
}

// An ADMIN ends a session while its owner changes the password in it. The session
// ends, whichever comes first.
func TestEndSessionDuringAChange(t *testing.T) {
	t.Parallel()
	db := openMany(t)
	boss := create(t, db, adminAccount("boss"))
	byBoss := callerOf(t, boss)
	rounds(t, func(round int) {
		u := create(t, db, account(fmt.Sprintf("ann%d", round)))
		mine := request.Caller{UUID: u.UUID, Session: postgrestest.Session(t, u.UUID, 1), TokenVersion: 1}
		var ended user.Outcome
		var endErr error
		concurrently(2, func(i int) {
			if i == 0 {
				g := user.Guard{Caller: mine, TargetUUID: u.UUID, Username: u.Username}
				_, err := db.UpdateUser(t.Context(), g, user.Edit{At: now, RevokeTokens: true, EndSessions: true, KeepSession: mine.Session}, event)
				if err != nil && !errors.Is(err, fault.Unavailable) {
					t.Errorf("the change: %v", err)
				}
				return
			}
			g := user.Guard{Caller: byBoss, AsAdmin: true, TargetUUID: u.UUID, Username: u.Username}
			ended, endErr = db.EndSession(t.Context(), g, mine.Session, event)
		})
		if errors.Is(endErr, fault.Unavailable) {
			return
		}
		left, err := db.Sessions(t.Context(), u.UUID)
		if !ended.Done || endErr != nil || len(left) > 0 || err != nil {
			t.Errorf("round %d: %+v, %v; %d sessions are left, %v", round, ended, endErr, len(left), err)
		}
	})
}

// renewalOf returns the renewal that the token makes at that time.
func renewalOf(token refresh.Token, at time.Time) user.Renewal {
	return user.Renewal{
		Session: token.Session, Generation: token.Generation, Hash: token.Hash(), Child: refreshKeys.Child(token).Hash(),
		At: at, IdleEndsAt: at.Add(7 * 24 * time.Hour), Grace: 10 * time.Second,
		Client: request.Client{UserAgent: "agent/1.0"},
	}
}
