package user

import (
	"context"
	"errors"
	"maps"
	"time"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/ratelimit"
)

// An operator works on the database from the command line. An operator has the
// database's password and no account. These operations check no permission: no handler
// calls them, and a person who can log in as the functions' role can change each row
// anyway. They keep the rules for an ADMIN: the last active ADMIN stays, tokens,
// sessions and links end, and the audit log has an entry, without an actor and with the
// detail by.

// OperatorStore changes accounts for an operator.
type OperatorStore interface {
	audit.Recorder
	Creator
	ResetCreator
	// UsersForOperator returns a page of accounts.
	UsersForOperator(ctx context.Context, q ListQuery) (ListPage, error)
	// ProfileByUsername returns the account with its metadata, nil if there is none.
	ProfileByUsername(ctx context.Context, username string) (*User, error)
	// UpdateUserAsOperator writes the edit, unless the guard, which has no caller,
	// refuses.
	UpdateUserAsOperator(ctx context.Context, g Guard, e Edit, event audit.Event) (Outcome, error)
	// DeleteUserAsOperator removes the account and everything that belongs to it,
	// unless the guard refuses.
	DeleteUserAsOperator(ctx context.Context, g Guard, clear []ratelimit.Budget, event audit.Event) (Outcome, error)
}

// byOperator is the detail of an operator's events.
var byOperator = map[string]string{"by": "command line"}

func operatorEvent(target User, now time.Time, actions ...audit.Action) audit.Event {
	return audit.Event{Actions: actions, At: now, Target: target.UUID, Detail: maps.Clone(byOperator)}
}

// FindAsOperator returns the account with the username, with its metadata, or NotFound.
func FindAsOperator(ctx context.Context, db OperatorStore, username string) (User, error) {
	name, _ := CanonicalUsername(username) // "" for an invalid name, which no account has
	u, err := db.ProfileByUsername(ctx, name)
	if err == nil && u == nil {
		err = errNotFound()
	}
	if err != nil {
		return User{}, err
	}
	return *u, nil
}

// SetAccess is a role and a state to set. What is nil stays as it is.
type SetAccess struct {
	Role   *Role
	Active *bool
}

// SetAccessAsOperator changes the role or the state of an account. It ends what Update
// ends, and refuses with Conflict to take the last active ADMIN away.
func SetAccessAsOperator(ctx context.Context, db OperatorStore, username string, set SetAccess, now time.Time) error {
	edit := Edit{Role: set.Role, Active: set.Active, At: now}
	if edit.Role != nil && *edit.Role != RoleUser && *edit.Role != RoleAdmin {
		return fault.Fields{"role": "must be USER or ADMIN"}.Err()
	}
	for range maxWrites {
		target, err := FindAsOperator(ctx, db, username)
		if err != nil {
			return err
		}
		event := operatorEvent(target, now, edit.actions(target)...)
		maps.Copy(event.Detail, edit.detail())
		outcome, err := db.UpdateUserAsOperator(ctx, Guard{
			TargetUUID: target.UUID, Username: target.Username, ExpectedTarget: target.snapshot(),
			RemovesAdmin: edit.demotes() || edit.deactivates(),
		}, edit.withRevocations(target), event)
		if err == nil {
			err = outcome.err()
		}
		if errors.Is(err, fault.NotFound) {
			continue // it has changed since it was read
		}
		return recordOperatorRefusal(ctx, db, operatorEvent(target, now, audit.ActionUpdateFailed), err)
	}
	return errChanging()
}

// DeleteAsOperator removes an account. It refuses with Conflict to remove the last
// active ADMIN.
func DeleteAsOperator(ctx context.Context, db OperatorStore, username string, now time.Time) error {
	target, err := FindAsOperator(ctx, db, username)
	if err != nil {
		return err
	}
	guard := Guard{TargetUUID: target.UUID, Username: target.Username, RemovesAdmin: true}
	outcome, err := db.DeleteUserAsOperator(ctx, guard, countersOf(target.UUID), operatorEvent(target, now, audit.ActionDelete))
	if err == nil {
		err = outcome.err()
	}
	return recordOperatorRefusal(ctx, db, operatorEvent(target, now, audit.ActionDeleteFailed), err)
}

// recordOperatorRefusal records a refusal to remove the last active ADMIN.
func recordOperatorRefusal(ctx context.Context, db audit.Recorder, failed audit.Event, err error) error {
	if errors.Is(err, fault.Conflict) {
		return audit.RecordRefusal(ctx, db, failed, err)
	}
	return err
}
