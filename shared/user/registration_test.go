package user_test

import (
	"context"
	"errors"
	"testing"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/request"
	"roster/shared/user"
)

// A closed registration counts and records an attempt as any other refusal, and
// hashes nothing.
func TestRegistrationThatIsClosed(t *testing.T) {
	t.Parallel()
	for mode, test := range map[user.RegistrationMode]struct {
		store   error
		calls   []string
		message string
	}{
		user.RegistrationClosed:     {nil, []string{"Consume", "Record"}, "Registration is closed."},
		user.RegistrationAfterAdmin: {user.ErrNoAdmin, []string{"Consume", "CreateUser", "Record"}, "Registration is not open yet. Please try again later."},
	} {
		db := &store{errs: map[string]error{"CreateUser": test.store}}
		parts := registerParts(passwords)
		parts.Mode = mode
		_, err := user.Register(t.Context(), requestFrom(request.Client{}), db, parts, registration())
		var refusal *fault.Error
		if !errors.As(err, &refusal) || refusal.Code != fault.Forbidden || refusal.Message != test.message {
			t.Errorf("%s: %v", mode, err)
		}
		wantCalls(t, db, test.calls...)
		if len(db.event.Actions) != 1 || db.event.Actions[0] != audit.ActionRegisterFailed {
			t.Errorf("%s: recorded %+v", mode, db.event)
		}
	}
}

func TestOnlyAfterAdminAsksForAnAdmin(t *testing.T) {
	t.Parallel()
	for mode, want := range map[user.RegistrationMode]bool{"": false, user.RegistrationOpen: false, user.RegistrationAfterAdmin: true} {
		db := &asked{}
		parts := registerParts(passwords)
		parts.Mode = mode
		if _, err := user.Register(t.Context(), requestFrom(request.Client{}), db, parts, registration()); err != nil || db.afterAdmin != want {
			t.Errorf("%q: asked %v, want %v; %v", mode, db.afterAdmin, want, err)
		}
	}
}

type asked struct {
	store
	afterAdmin bool
}

func (s *asked) CreateUser(ctx context.Context, a user.NewAccount, e audit.Event) (int64, user.Taken, error) {
	s.afterAdmin = a.AfterAdmin
	return s.store.CreateUser(ctx, a, e)
}
