package user_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"roster/shared/user"
)

func TestErrorIsItsCodeAndItsCause(t *testing.T) {
	t.Parallel()
	cause := context.DeadlineExceeded
	err := fmt.Errorf("wrapped: %w", &user.Error{Code: user.Unavailable, Message: "Out.", Cause: fmt.Errorf("ask: %w", cause)})
	for target, want := range map[error]bool{
		user.Unavailable: true, cause: true,
		user.NotFound: false, user.Code(""): false, context.Canceled: false,
	} {
		if got := errors.Is(err, target); got != want {
			t.Errorf("errors.Is(%v) = %v", target, got)
		}
	}
	var code user.Code
	if !errors.As(err, &code) || code != user.Unavailable {
		t.Errorf("errors.As gives the code %q", code)
	}
	if bare := error(&user.Error{Code: user.NotFound}); !errors.Is(bare, user.NotFound) || errors.Is(bare, cause) {
		t.Error("an error without a cause is not its code")
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]*user.Error{
		"not_found: User not found.":     {Code: user.NotFound, Message: "User not found."},
		"unavailable: Out.: refused":     {Code: user.Unavailable, Message: "Out.", Cause: errors.New("refused")},
		"invalid: Bad. (a is x, b is y)": {Code: user.Invalid, Message: "Bad.", Fields: user.Fields{"b": "is y", "a": "is x"}},
	} {
		if got := err.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
