package api_test

import (
	"encoding/json"
	"errors"
	"testing"

	"roster/shared/fault"
	"roster/shared/user"
)

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
