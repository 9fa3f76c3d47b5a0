package user_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/audit"
	"roster/shared/credential/blocklist"
	"roster/shared/credential/onetime"
	"roster/shared/credential/password"
	"roster/shared/credential/refresh"
	"roster/shared/fault"
	"roster/shared/mail"
	"roster/shared/ratelimit"
	"roster/shared/request"
	"roster/shared/user"
)

var (
	now    = time.Date(2026, 1, 5, 9, 30, 0, 0, time.UTC)
	tokens = onetime.New([]byte("0123456789abcdef0123456789abcdef"))

	passwords = user.Passwords{Hasher: password.NewHasher(""), Policy: password.Policy{MinLength: 8, Common: blocklist.Common}}
	// right is everybody's password here; its hash is made once.
	rightHash = sync.OnceValue(func() string { return passwords.Hasher.Hash(right) })
)

const (
	right    = "zebra kite moon"
	annUUID  = "01939e6e-5a7c-4bd0-8f0e-3a1f5d0c9b42"
	benUUID  = "01939e6e-5a7c-4bd0-8f0e-3a1f5d0c9b43"
	rootUUID = "01939e6e-5a7c-4bd0-8f0e-3a1f5d0c9b44"

	sessionID = "01939e6e-5a7c-4bd0-8f0e-3a1f5d0c9b45"
)

var refreshKeys = refresh.New([]byte("0123456789abcdefghijklmnopqrstuv"))

func ann() *user.User {
	return &user.User{
		ID: 1, UUID: annUUID, Username: "ann.lee", FirstName: "Ann", LastName: "Lee", Email: "ann@example.com",
		Role: user.RoleUser, Active: true, TokenVersion: 3, CreatedAt: now, UpdatedAt: now, PasswordHash: rightHash(),
	}
}

func ben() *user.User {
	u := ann()
	u.ID, u.UUID, u.Username, u.FirstName, u.LastName, u.Email = 2, benUUID, "ben", "Ben", "Day", "ben@example.com"
	return u
}

func boss() *user.User {
	u := ann()
	u.ID, u.UUID, u.Username, u.Email, u.Role = 3, rootUUID, "boss", "boss@example.com", user.RoleAdmin
	return u
}

func with(u *user.User, change func(*user.User)) *user.User {
	change(u)
	return u
}

func callerOf(u *user.User) request.Caller {
	return request.Caller{UUID: u.UUID, Session: sessionID, TokenVersion: u.TokenVersion}
}

// store is every store at once. It answers what it is told and notes what it
// was asked, in order.
type store struct {
	users []*user.User
	errs  map[string]error // by method

	taken       user.Taken
	outcome     user.Outcome
	notRecorded bool
	notSpent    bool
	wait        time.Duration
	last        bool

	calls   []string
	created user.User
	login   user.LoginRecord
	reset   user.Reset
	asked   []string // what CreateReset was asked for
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

func (s *store) find(fits func(*user.User) bool) *user.User {
	if i := slices.IndexFunc(s.users, fits); i >= 0 {
		return s.users[i]
	}
	return nil
}

func (s *store) Consume(_ context.Context, budgets []ratelimit.Budget, _ time.Time) (ratelimit.Attempt, error) {
	s.budgets = budgets
	return ratelimit.Attempt{Wait: s.wait, Last: s.last}, s.call("Take")
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
	return s.call("Audit")
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

func (s *store) CreateUser(_ context.Context, u user.User, e audit.Event) (user.Taken, error) {
	s.created, s.event = u, e
	return s.taken, s.call("CreateUser")
}

func (s *store) CreateReset(_ context.Context, username, email string, r user.Reset, e audit.Event) (*user.User, error) {
	s.reset, s.asked, s.event = r, []string{username, email}, e
	if err := s.call("CreateReset"); err != nil {
		return nil, err
	}
	return s.find(func(u *user.User) bool { return u.Username == username && u.Email == email && u.Active }), nil
}

func (s *store) UserByReset(_ context.Context, hash []byte, _ time.Time) (*user.User, error) {
	err := s.call("UserByReset")
	if !slices.Equal(hash, s.reset.Hash) || len(s.users) == 0 {
		return nil, err
	}
	return s.users[0], err
}

func (s *store) SpendReset(_ context.Context, spent user.SpentReset, e audit.Event) (bool, error) {
	s.newHash, s.cleared, s.event = spent.PasswordHash, spent.Clear, e
	err := s.call("SpendReset")
	return err == nil && !s.notSpent, err
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

// devices knows the one token "known".
type devices struct{}

func (devices) Issue(username, id string, _ time.Time) string { return username + " " + id }

func (devices) Open(_, token string, _ time.Time) string {
	if token == "known" {
		return "device1"
	}
	return ""
}

func logins(p user.Passwords, tokens user.TokenIssuer) user.LoginParts {
	return user.LoginParts{Passwords: p, Tokens: tokens, Refresh: refresh.Codec{Keys: refreshKeys}, Devices: devices{}, Limits: user.DefaultLimits, Sessions: user.DefaultSessionRules}
}

// issuer signs nothing.
type issuer struct{ err error }

func (i issuer) Ready(context.Context) (user.Issue, error) {
	return func(b user.Subject, at time.Time) (string, time.Duration, error) {
		return b.UUID + at.Format(" 15:04 ") + string(rune('0'+b.TokenVersion)) + " " + b.Session, 15 * time.Minute, nil
	}, i.err
}

// outbox keeps what is sent.
type outbox struct {
	sent []mail.Message
	err  error
}

func (o *outbox) Send(_ context.Context, m mail.Message) error {
	o.sent = append(o.sent, m)
	return o.err
}

// errOutage is what a store says when it cannot be reached.
var errOutage = &fault.Error{Code: fault.Unavailable, Message: "Out.", RetryAfter: 2 * time.Second, Cause: errors.New("connection refused")}

// code is the code of a refusal, "" of none.
func code(err error) fault.Code {
	var e *fault.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func refusedWith(t testing.TB, err error, want fault.Code, fields fault.Fields) {
	t.Helper()
	var e *fault.Error
	if !errors.As(err, &e) || e.Code != want {
		t.Fatalf("error %v, want %s", err, want)
	}
	if diff := cmp.Diff(fields, e.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func did(t testing.TB, s *store, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, s.calls); diff != "" {
		t.Errorf("asked of the store (-want +got):\n%s", diff)
	}
}

// usedUp is a store in which one budget is empty.
type usedUp struct {
	store
	key string
}

func (s *usedUp) Consume(ctx context.Context, budgets []ratelimit.Budget, now time.Time) (ratelimit.Attempt, error) {
	if _, err := s.store.Consume(ctx, budgets, now); err != nil {
		return ratelimit.Attempt{}, err
	}
	if slices.Contains(keys(budgets), s.key) {
		return ratelimit.Attempt{Wait: 24 * time.Hour}, nil
	}
	return ratelimit.Attempt{}, nil
}

// from is a request that anyone may make, by that caller is one of a user; both
// are made now.
func from(c request.Client) request.Request { return request.Request{Client: c, At: now} }
func by(c request.Caller) request.Request   { return request.Request{Caller: c, At: now} }
