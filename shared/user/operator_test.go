package user_test

import (
	"context"
	"testing"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/user"
)

// operatorStore answers an operator's changes with these outcomes, and afterwards that
// the account has changed since it was read.
type operatorStore struct {
	*store
	outcomes []user.Outcome
	guards   []user.Guard
	edits    []user.Edit
	events   []audit.Event
	between  func() // what happens between two attempts
}

func (s *operatorStore) next(g user.Guard, e audit.Event) (o user.Outcome) {
	s.guards, s.events = append(s.guards, g), append(s.events, e)
	if len(s.outcomes) > 0 {
		o, s.outcomes = s.outcomes[0], s.outcomes[1:]
	}
	if s.between != nil {
		s.between()
	}
	return o
}

func (s *operatorStore) UpdateUserAsOperator(_ context.Context, g user.Guard, e user.Edit, event audit.Event) (user.Outcome, error) {
	s.edits = append(s.edits, e)
	return s.next(g, event), nil
}

func (s *operatorStore) DeleteUserAsOperator(_ context.Context, g user.Guard, _ []ratelimit.Budget, event audit.Event) (user.Outcome, error) {
	return s.next(g, event), nil
}

func (s *operatorStore) ProfileByUsername(ctx context.Context, username string) (*user.User, error) {
	return s.UserByUsername(ctx, username)
}

func (s *operatorStore) UsersForOperator(context.Context, user.ListQuery) (user.ListPage, error) {
	return user.ListPage{}, nil
}

func demote() user.SetAccess { return user.SetAccess{Role: new(user.RoleUser)} }

// An account that has changed since it was read is read and decided on again.
func TestAnOperatorDecidesAgain(t *testing.T) {
	t.Parallel()
	db := &operatorStore{store: &store{users: []*user.User{ann()}}, outcomes: []user.Outcome{{}, {Done: true}}}
	db.between = func() { db.users = []*user.User{with(ann(), func(u *user.User) { u.Role = user.RoleAdmin })} }
	if err := user.SetAccessAsOperator(t.Context(), db, "Ann.Lee", demote(), now); err != nil {
		t.Fatal(err)
	}
	if len(db.edits) != 2 || db.edits[0].RevokeTokens || !db.edits[1].RevokeTokens {
		t.Errorf("edits %+v: only the second is a demotion, which ends tokens", db.edits)
	}
	if g := db.guards[1]; g.ExpectedTarget.Role != user.RoleAdmin || !g.RemovesAdmin || g.Caller.UUID != "" {
		t.Errorf("guard %+v", g)
	}
	for _, e := range db.events {
		if e.Actor != "" || e.Target != annUUID || e.Detail["by"] != "command line" || e.Detail["role"] != "USER" {
			t.Errorf("event %+v", e)
		}
	}
}

func TestAnOperatorGivesUp(t *testing.T) {
	t.Parallel()
	db := &operatorStore{store: &store{users: []*user.User{ann()}}}
	wantRefusal(t, user.SetAccessAsOperator(t.Context(), db, "ann.lee", demote(), now), fault.Unavailable, nil)
	if len(db.edits) != 3 {
		t.Errorf("%d attempts", len(db.edits))
	}
}

func TestAnOperatorIsRefused(t *testing.T) {
	t.Parallel()
	db := &operatorStore{store: &store{users: []*user.User{boss()}}}
	wantRefusal(t, user.SetAccessAsOperator(t.Context(), db, "boss", user.SetAccess{Role: new(user.Role("root"))}, now), fault.Invalid, fault.Fields{"role": "must be USER or ADMIN"})
	wantRefusal(t, user.SetAccessAsOperator(t.Context(), db, "zoe", demote(), now), fault.NotFound, nil)
	wantRefusal(t, user.DeleteAsOperator(t.Context(), db, "!", now), fault.NotFound, nil)
	if len(db.guards) != 0 {
		t.Errorf("written: %+v", db.guards)
	}
	for action, attempt := range map[audit.Action]func() error{
		audit.ActionUpdateFailed: func() error { return user.SetAccessAsOperator(t.Context(), db, "boss", demote(), now) },
		audit.ActionDeleteFailed: func() error { return user.DeleteAsOperator(t.Context(), db, "boss", now) },
	} {
		db.outcomes = []user.Outcome{{LastAdmin: true}}
		wantRefusal(t, attempt(), fault.Conflict, nil)
		if e := db.event; len(e.Actions) != 1 || e.Actions[0] != action || e.Detail["by"] != "command line" || e.Target != rootUUID {
			t.Errorf("%s: the event is %+v", action, e)
		}
	}
	_, err := user.ListAsOperator(t.Context(), db, user.ListQuery{Sort: "age", Limit: 1})
	wantRefusal(t, err, fault.Invalid, fault.Fields{"sort": "must be created_at, username or last_login_at"})
}
