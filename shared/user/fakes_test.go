package user_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/credential/blocklist"
	"roster/shared/credential/onetime"
	"roster/shared/credential/password"
	"roster/shared/credential/refresh"
	"roster/shared/fault"
	"roster/shared/mail"
	"roster/shared/request"
	"roster/shared/user"
)

var (
	now    = time.Date(2026, 1, 5, 9, 30, 0, 0, time.UTC)
	tokens = onetime.New([]byte("0123456789abcdef0123456789abcdef"))

	passwords = user.Passwords{Hasher: password.NewHasher(""), Policy: password.Policy{MinLength: 8, Common: blocklist.Common}}
	// rightHash is computed once, because hashing is slow.
	rightHash = sync.OnceValue(func() string { return passwords.Hasher.Hash(right) })
)

const (
	right    = "zebra kite moon" // the password of every account here
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

// fakeDevices takes any text for a token.
type fakeDevices struct{}

func (fakeDevices) Mint() (token string, hash []byte) { return "new", []byte("hash of new") }

func (fakeDevices) Hash(token string) (hash []byte, ok bool) {
	if token == "" {
		return nil, false
	}
	return []byte("hash of " + token), true
}

func registerParts(p user.Passwords) user.RegisterParts {
	return user.RegisterParts{Passwords: p, Limits: user.DefaultLimits}
}

func loginParts(p user.Passwords, tokens user.TokenIssuer) user.LoginParts {
	return user.LoginParts{Passwords: p, Tokens: tokens, Refresh: refresh.Codec{Keys: refreshKeys}, Devices: fakeDevices{}, Limits: user.DefaultLimits, Sessions: user.DefaultSessionRules}
}

// fakeIssuer returns readable text in place of signed tokens.
type fakeIssuer struct{ err error }

func (i fakeIssuer) Ready(context.Context) (user.Issue, error) {
	return func(s user.Subject, at time.Time) (string, time.Duration, error) {
		return s.UUID + at.Format(" 15:04 ") + string(rune('0'+s.TokenVersion)) + " " + s.Session, 15 * time.Minute, nil
	}, i.err
}

// outbox keeps the mails that are sent.
type outbox struct {
	sent []mail.Message
	err  error
}

func (o *outbox) Send(_ context.Context, m mail.Message) error {
	o.sent = append(o.sent, m)
	return o.err
}

// code returns the code of a refusal, and "" if err is none.
func code(err error) fault.Code {
	var e *fault.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func wantRefusal(t testing.TB, err error, want fault.Code, fields fault.Fields) {
	t.Helper()
	var e *fault.Error
	if !errors.As(err, &e) || e.Code != want {
		t.Fatalf("error %v, want %s", err, want)
	}
	if diff := cmp.Diff(fields, e.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

// requestFrom returns a request without a caller, requestBy one with a caller.
func requestFrom(c request.Client) request.Request { return request.Request{Client: c, At: now} }
func requestBy(c request.Caller) request.Request   { return request.Request{Caller: c, At: now} }
