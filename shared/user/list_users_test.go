package user_test

import (
	"context"
	"errors"
	"testing"

	"roster/shared/fault"
	"roster/shared/request"
	"roster/shared/user"
)

// leakyLister is a store that gives everybody a page.
type leakyLister struct {
	caller *user.User
	asked  []user.ListQuery
}

func (l *leakyLister) CallerAndUsers(_ context.Context, _ request.Caller, q user.ListQuery) (*user.User, user.ListPage, error) {
	l.asked = append(l.asked, q)
	return l.caller, user.ListPage{Users: make([]user.Listed, 3)}, nil
}

// The rule stands in this package, too: a store that forgets it shows nothing.
func TestListRefusesWhoMayNotList(t *testing.T) {
	t.Parallel()
	admin := user.User{UUID: annUUID, Role: user.RoleAdmin, Active: true, TokenVersion: 1}
	with := func(change func(*user.User)) *user.User {
		u := admin
		change(&u)
		return &u
	}
	caller := request.Caller{UUID: annUUID, Session: sessionID, TokenVersion: 1}
	for name, c := range map[string]struct {
		caller request.Caller
		found  *user.User
		want   error
	}{
		"an ADMIN":            {caller, &admin, nil},
		"a USER":              {caller, with(func(u *user.User) { u.Role = user.RoleUser }), fault.Forbidden},
		"an inactive ADMIN":   {caller, with(func(u *user.User) { u.Active = false }), fault.Unauthenticated},
		"an old token":        {caller, with(func(u *user.User) { u.TokenVersion = 2 }), fault.Unauthenticated},
		"nobody":              {caller, nil, fault.Unauthenticated},
		"without a login":     {request.Caller{}, &admin, fault.Unauthenticated},
		"another than it was": {caller, with(func(u *user.User) { u.UUID = benUUID }), fault.Unauthenticated},
	} {
		db := &leakyLister{caller: c.found}
		page, err := user.List(t.Context(), request.Request{Caller: c.caller}, db, user.ListQuery{Sort: user.SortUsername, Limit: 50})
		if !errors.Is(err, c.want) || (len(page.Users) > 0) != (c.want == nil) {
			t.Errorf("%s: %+v, %v; want %v", name, page, err, c.want)
		}
	}
}

// The store gets values in the form that it keeps, and no bad query at all.
func TestListAsksInTheStoredForm(t *testing.T) {
	t.Parallel()
	db := &leakyLister{caller: &user.User{UUID: annUUID, Role: user.RoleAdmin, Active: true, TokenVersion: 1}}
	req := request.Request{Caller: request.Caller{UUID: annUUID, Session: sessionID, TokenVersion: 1}}
	for _, q := range []user.ListQuery{{Username: " Ann "}, {Email: " Ann@EXAMPLE.com "}, {UUID: " 01939E6E-5A7C-4BD0-8F0E-3A1F5D0C9B42"}, {Prefix: " An "}} {
		q.Sort, q.Limit = user.SortCreatedAt, 50
		if _, err := user.List(t.Context(), req, db, q); err != nil {
			t.Errorf("%+v: %v", q, err)
		}
	}
	if got := db.asked; len(got) != 4 || got[0].Username != "ann" || got[1].Email != "Ann@example.com" || got[2].UUID != annUUID || got[3].Prefix != "An" {
		t.Errorf("the store is asked for %+v", got)
	}
	if _, err := user.List(t.Context(), req, db, user.ListQuery{Sort: "email", Limit: 50}); !errors.Is(err, fault.Invalid) || len(db.asked) != 4 {
		t.Errorf("an unknown order: %v, and the store is asked %d times", err, len(db.asked))
	}
}
