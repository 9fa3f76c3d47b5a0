package fault_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"roster/shared/fault"
)

func TestErrorMatchesItsCodeAndItsCause(t *testing.T) {
	t.Parallel()
	cause := context.DeadlineExceeded
	err := fmt.Errorf("wrapped: %w", &fault.Error{Code: fault.Unavailable, Message: "Out.", Cause: fmt.Errorf("ask: %w", cause)})
	for target, want := range map[error]bool{
		fault.Unavailable: true, cause: true,
		fault.NotFound: false, fault.Code(""): false, context.Canceled: false,
	} {
		if got := errors.Is(err, target); got != want {
			t.Errorf("errors.Is(%v) = %v", target, got)
		}
	}
	var code fault.Code
	if !errors.As(err, &code) || code != fault.Unavailable {
		t.Errorf("errors.As gives the code %q", code)
	}
	if bare := error(&fault.Error{Code: fault.NotFound}); !errors.Is(bare, fault.NotFound) || errors.Is(bare, cause) {
		t.Error("an error without a cause is not its code")
	}
}

func TestErrorTextHasCodeFieldsAndCause(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]*fault.Error{
		"not_found: User not found.":     {Code: fault.NotFound, Message: "User not found."},
		"unavailable: Out.: refused":     {Code: fault.Unavailable, Message: "Out.", Cause: errors.New("refused")},
		"invalid: Bad. (a is x, b is y)": {Code: fault.Invalid, Message: "Bad.", Fields: fault.Fields{"b": "is y", "a": "is x"}},
	} {
		if got := err.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
