package user_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	pending     bool // other attempts are being checked
	last        bool

	calls   []string
	created user.User
	login   user.LoginRecord
	reset   user.NewReset
	newHash string
	guard   user.Guard
	edit    user.Edit
	budgets []ratelimit.Budget
	lookup  user.Lookup
	known   bool // the device is known
	cleared []ratelimit.Budget
	failed  []ratelimit.Budget
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

func (s *store) AttemptAtAccount(_ context.Context, l user.Lookup, _ time.Time) (user.Found, error) {
	found := user.Found{
		Attempt: ratelimit.Attempt{Wait: s.wait, Last: s.last, Pending: s.pending}, KnownDevice: s.known && l.Device != nil,
		User: s.find(func(u *user.User) bool {
			return (l.Username != "" || l.Email != "") && (l.Username == "" || u.Username == l.Username) && (l.Email == "" || strings.EqualFold(u.Email, l.Email))
		}),
	}
	s.lookup, s.budgets = l, slices.Concat(l.OtherDevice, l.Budgets)
	if found.KnownDevice {
		s.budgets = slices.Concat(l.KnownDevice, l.Budgets)
	}
	owner := ratelimit.Owner{Typed: l.Typed}
	if found.User != nil {
		owner = ratelimit.Owner{Account: found.User.UUID}
	}
	s.budgets = ratelimit.Of(owner, s.budgets...)
	return found, s.call("AttemptAtAccount")
}

func (s *store) RecordFailure(_ context.Context, failed []ratelimit.Budget, e audit.Event) error {
	s.failed, s.event = failed, e
	return s.call("RecordFailure")
}

func (s *store) ClearLimits(_ context.Context, budgets []ratelimit.Budget) error {
	s.cleared = budgets
	return s.call("ClearLimits")
}

// keys returns what identifies each budget.
func keys(budgets []ratelimit.Budget) []string {
	var list []string
	for _, b := range budgets {
		key := b.Key
		if b.PerAccount {
			key += b.Owner.Account + b.Owner.Typed + "\x00"
		}
		list = append(list, key)
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

func (s *store) CreateUser(_ context.Context, a user.NewAccount, e audit.Event) (int64, user.Taken, error) {
	s.created, s.event = a.User, e
	return 7, s.taken, s.call("CreateUser")
}

func (s *store) CreateReset(_ context.Context, r user.NewReset, e audit.Event) (*user.User, error) {
	s.reset, s.event = r, e
	if err := s.call("CreateReset"); err != nil {
		return nil, err
	}
	name, email := r.Target.Username, r.Target.Email
	return s.find(func(u *user.User) bool {
		return (name != nil || email != nil) && (name == nil || *name == u.Username) && (email == nil || *email == u.Email) && u.Active
	}), nil
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

// The target must be in the event that the function sends, because its MAC covers
// no target that the statement fills in.
func (s *store) needsTarget(e audit.Event, uuid string) error {
	if e.Target != uuid {
		return fmt.Errorf("the event %v is about %q and names %q", e.Actions, uuid, e.Target)
	}
	return nil
}

func (s *store) UpdateUser(_ context.Context, g user.Guard, e user.Edit, event audit.Event) (user.Outcome, error) {
	s.guard, s.edit, s.event = g, e, event
	if err := s.needsTarget(event, g.TargetUUID); err != nil {
		return s.outcome, err
	}
	return s.outcome, s.call("UpdateUser")
}

func (s *store) DeleteUser(_ context.Context, g user.Guard, _ []ratelimit.Budget, e audit.Event) (user.Outcome, error) {
	s.guard, s.event = g, e
	if err := s.needsTarget(e, g.TargetUUID); err != nil {
		return s.outcome, err
	}
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
	key  string
	wait time.Duration
}

func (s *exhaustedStore) AttemptAtAccount(ctx context.Context, l user.Lookup, now time.Time) (user.Found, error) {
	found, err := s.store.AttemptAtAccount(ctx, l, now)
	if slices.Contains(keys(s.budgets), s.key) {
		found.Wait = s.wait
	}
	return found, err
}
