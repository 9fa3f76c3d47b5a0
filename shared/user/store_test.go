package user_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
	"roster/shared/user"
)

// store implements every store interface. It returns what the test has set, and
// records its calls in order.
type store struct {
	users []*user.User
	errs  map[string]error // by method

	taken       user.Taken
	outcome     user.Outcome
	notRecorded bool
	notUsed     bool
	wait        time.Duration
	last        bool

	calls   []string
	created user.User
	login   user.LoginRecord
	reset   user.NewReset
	newHash string
	guard   user.Guard
	edit    user.Edit
	budgets []ratelimit.Budget
	cleared []string
	event   audit.Event
}

func (s *store) call(name string) error {
	s.calls = append(s.calls, name)
	return s.errs[name]
}

func (s *store) find(matches func(*user.User) bool) *user.User {
	if i := slices.IndexFunc(s.users, matches); i >= 0 {
		return s.users[i]
	}
	return nil
}

func (s *store) Consume(_ context.Context, budgets []ratelimit.Budget, _ time.Time) (ratelimit.Attempt, error) {
	s.budgets = budgets
	return ratelimit.Attempt{Wait: s.wait, Last: s.last}, s.call("Consume")
}

func keys(budgets []ratelimit.Budget) []string {
	var list []string
	for _, b := range budgets {
		list = append(list, b.Key)
	}
	return list
}

func (s *store) Record(_ context.Context, e audit.Event) error {
	s.event = e
	return s.call("Record")
}

func (s *store) UserByUsername(_ context.Context, name string) (*user.User, error) {
	err := s.call("UserByUsername")
	return s.find(func(u *user.User) bool { return u.Username == name }), err
}

func (s *store) UserByEmail(_ context.Context, email string) (*user.User, error) {
	err := s.call("UserByEmail")
	return s.find(func(u *user.User) bool { return u.Email == email }), err
}

func (s *store) RecordLogin(_ context.Context, l user.LoginRecord, e audit.Event) (bool, error) {
	s.login, s.event = l, e
	err := s.call("RecordLogin")
	return err == nil && !s.notRecorded, err
}

func (s *store) CreateUser(_ context.Context, a user.NewAccount, e audit.Event) (user.Taken, error) {
	s.created, s.event = a.User, e
	return s.taken, s.call("CreateUser")
}

func (s *store) CreateReset(_ context.Context, r user.NewReset, e audit.Event) (*user.User, error) {
	s.reset, s.event = r, e
	if err := s.call("CreateReset"); err != nil {
		return nil, err
	}
	return s.find(func(u *user.User) bool { return u.Username == r.Username && u.Email == r.Email && u.Active }), nil
}

func (s *store) UserByReset(_ context.Context, hash []byte, _ time.Time) (*user.User, error) {
	err := s.call("UserByReset")
	if !slices.Equal(hash, s.reset.Hash) || len(s.users) == 0 {
		return nil, err
	}
	return s.users[0], err
}

func (s *store) UseReset(_ context.Context, use user.ResetUse, e audit.Event) (bool, error) {
	s.newHash, s.cleared, s.event = use.PasswordHash, use.Clear, e
	err := s.call("UseReset")
	return err == nil && !s.notUsed, err
}

func (s *store) CallerAndTarget(_ context.Context, c request.Caller, name string) (caller, target *user.User, err error) {
	err = s.call("CallerAndTarget")
	return s.find(func(u *user.User) bool { return u.UUID == c.UUID }), s.find(func(u *user.User) bool { return u.Username == name }), err
}

func (s *store) UpdateUser(_ context.Context, g user.Guard, e user.Edit, event audit.Event) (user.Outcome, error) {
	s.guard, s.edit, s.event = g, e, event
	return s.outcome, s.call("UpdateUser")
}

func (s *store) DeleteUser(_ context.Context, g user.Guard, e audit.Event) (user.Outcome, error) {
	s.guard, s.event = g, e
	return s.outcome, s.call("DeleteUser")
}

// errOutage is the error of a store that cannot be reached.
var errOutage = &fault.Error{Code: fault.Unavailable, Message: "Out.", RetryAfter: 2 * time.Second, Cause: errors.New("connection refused")}

func wantCalls(t testing.TB, s *store, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, s.calls); diff != "" {
		t.Errorf("calls of the store (-want +got):\n%s", diff)
	}
}

// exhaustedStore is a store in which one budget is used up.
type exhaustedStore struct {
	store
	key string
}

func (s *exhaustedStore) Consume(ctx context.Context, budgets []ratelimit.Budget, now time.Time) (ratelimit.Attempt, error) {
	if _, err := s.store.Consume(ctx, budgets, now); err != nil {
		return ratelimit.Attempt{}, err
	}
	if slices.Contains(keys(budgets), s.key) {
		return ratelimit.Attempt{Wait: 24 * time.Hour}, nil
	}
	return ratelimit.Attempt{}, nil
}
