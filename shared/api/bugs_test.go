package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/postgres"
	"roster/shared/ratelimit"
	"roster/shared/request"
	"roster/shared/user"
)

// failingDB fails every call as a bug would: with an error that is not a
// fault.Error, or with a panic.
type failingDB struct {
	*postgres.DB
	fail func() error
}

func (b failingDB) Consume(context.Context, []ratelimit.Budget, time.Time) (ratelimit.Attempt, error) {
	return ratelimit.Attempt{}, nil // so that the operation gets to the other calls
}

func (b failingDB) Ping(context.Context) error { return b.fail() }
func (b failingDB) CreateUser(context.Context, user.NewAccount, audit.Event) (user.Taken, error) {
	return user.Taken{}, b.fail()
}

func (b failingDB) UserByUsername(context.Context, string) (*user.User, error) { return nil, b.fail() }

func (b failingDB) CreateReset(context.Context, user.NewReset, audit.Event) (*user.User, error) {
	return nil, b.fail()
}

func (b failingDB) UserByReset(context.Context, []byte, time.Time) (*user.User, error) {
	return nil, b.fail()
}

func (b failingDB) CallerAndTarget(context.Context, request.Caller, string) (caller, target *user.User, err error) {
	return nil, nil, b.fail()
}

func TestBugIsAnswered500WithoutItsCause(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.account("ann")
	const cause = "ERROR: relation \"users\" does not exist (SQLSTATE 42P01)"
	for kind, fail := range map[string]func() error{
		"an error":               func() error { return errors.New(cause) },
		"a code by itself":       func() error { return fault.NotFound },
		"an unknown code":        func() error { return &fault.Error{Code: "surprise", Message: cause} },
		"a panic":                func() error { panic(cause) },
		"a panic with an error":  func() error { panic(errors.New(cause)) },
		"a panic with a refusal": func() error { panic(&fault.Error{Code: fault.NotFound, Message: cause}) },
		"a nil pointer":          func() error { var none *user.User; return errors.New(none.Username) },
		"an error of a library":  func() error { return &json.SyntaxError{} },
	} {
		h := routes(failingDB{s.db, fail}, s.box, false)
		for name, request := range requestForEachEndpoint(t, u) {
			a := request(func(method, path, body string, headers ...string) answer {
				return send(t, h, method, path, body, headers...)
			})
			a.wants(t, kind+", "+name, 500, problem(500, "internal", "Something went wrong on our side."))
			for header, value := range securityHeaders {
				if a.header.Get(header) != value {
					t.Errorf("%s, %s: %s is %q", kind, name, header, a.header.Get(header))
				}
			}
		}
	}
}
