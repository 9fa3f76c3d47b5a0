package api_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"roster/shared/audit"
	"roster/shared/ratelimit"
	"roster/shared/request"
	"roster/shared/user"
)

// emptyDB stands for an empty database, so that the fuzzer needs none. It fails
// the test for text that PostgreSQL would refuse.
type emptyDB struct{ t *testing.T }

func (e emptyDB) checkText(texts ...string) {
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			e.t.Errorf("%q reached the database", s)
		}
	}
}

func (e emptyDB) CreateUser(_ context.Context, u user.NewAccount, event audit.Event) (user.Taken, error) {
	e.checkText(u.Username, u.FirstName, u.LastName, u.Email, event.Client.UserAgent, event.Client.RequestID)
	return user.Taken{Username: true}, nil
}

func (e emptyDB) UserByUsername(_ context.Context, name string) (*user.User, error) {
	e.checkText(name)
	return nil, errors.New("the fuzzer computes no hash") // because it is slow
}

func (e emptyDB) RecordLogin(context.Context, user.LoginRecord, audit.Event) (bool, error) {
	return false, nil
}

func (e emptyDB) CreateReset(_ context.Context, r user.NewReset, event audit.Event) (*user.User, error) {
	e.checkText(r.Username, r.Email, event.Client.UserAgent, event.Client.RequestID)
	return nil, nil
}

func (e emptyDB) UserByReset(context.Context, []byte, time.Time) (*user.User, error) { return nil, nil }

func (e emptyDB) UseReset(context.Context, user.ResetUse, audit.Event) (bool, error) {
	return false, nil
}

func (e emptyDB) CallerAndTarget(_ context.Context, c request.Caller, name string) (caller, target *user.User, err error) {
	e.checkText(name)
	u := &user.User{UUID: c.UUID, Username: "ann", TokenVersion: 1, Active: true, Role: user.RoleAdmin}
	return u, u, nil
}

func (e emptyDB) UpdateUser(_ context.Context, _ user.Guard, edit user.Edit, event audit.Event) (user.Outcome, error) {
	e.checkText(event.Client.UserAgent, event.Client.RequestID)
	for _, s := range []*string{edit.Username, edit.FirstName, edit.LastName, edit.Email} {
		if s != nil {
			e.checkText(*s)
		}
	}
	return user.Outcome{Done: true}, nil
}

func (e emptyDB) DeleteUser(context.Context, user.Guard, audit.Event) (user.Outcome, error) {
	return user.Outcome{Done: true}, nil
}

func (e emptyDB) Consume(context.Context, []ratelimit.Budget, time.Time) (ratelimit.Attempt, error) {
	return ratelimit.Attempt{}, nil
}

func (e emptyDB) Record(_ context.Context, event audit.Event) error {
	e.checkText(event.Client.UserAgent, event.Client.RequestID)
	return nil
}

func (e emptyDB) ListAudit(context.Context, string, audit.Query) (audit.Page, error) {
	return audit.Page{}, nil
}
func (e emptyDB) Ping(context.Context) error { return nil }

func (e emptyDB) Renew(context.Context, user.Renewal, audit.Event) (user.RenewalOutcome, *user.User, error) {
	return user.SessionOver, nil, nil
}

func (e emptyDB) EndOwnSessions(context.Context, request.Caller, user.LogoutScope, audit.Event) (bool, error) {
	return true, nil
}

func (e emptyDB) Sessions(context.Context, string) ([]user.Session, error) { return nil, nil }

func (e emptyDB) EndSession(_ context.Context, _ user.Guard, id string, _ audit.Event) (user.Outcome, error) {
	e.checkText(id)
	return user.Outcome{Done: true}, nil
}
