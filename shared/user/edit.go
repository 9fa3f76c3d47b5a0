package user

import (
	"context"
	"errors"
	"strconv"
	"time"
)

// Edit is what a change writes; nil keeps a column.
type Edit struct {
	Username, FirstName, LastName, Email, PasswordHash *string

	Role   *Role
	Active *bool
	At     time.Time
	// EndTokens ends every access token issued so far, EndResets every reset
	// token that has been mailed.
	EndTokens, EndResets bool
	// EndSessions ends every session but KeepSession. Those that are kept when
	// tokens end get new ones by their refresh tokens.
	EndSessions bool
	KeepSession string
	// Clear are the keys of budgets to give back.
	Clear []string
}

// decisions is how often a change is decided on before it is given up.
const decisions = 3

// write makes the change, with what it ends and what the log says of it decided
// on the target as it was read. A target that another change has made a
// different one is read, and decided on, once more.
func (e Edit) write(ctx context.Context, from Client, db Updater, name string, target User, g Guard) error {
	for range decisions {
		g.Username, g.Seen = target.Username, target.standing()
		event := from.event(e.At, e.actions(target)...)
		event.Actor, event.Detail = g.Caller.UUID, e.detail()
		outcome, err := db.UpdateUser(ctx, g, e.ending(target), event)
		if err == nil {
			err = outcome.err()
		}
		if !errors.Is(err, NotFound) {
			return err
		}
		_, again, err := authorize(ctx, g.Caller, db, name)
		if err != nil {
			return err
		}
		if again.UUID != target.UUID {
			return errNotFound() // that name is another account's now
		}
		target = *again
	}
	return &Error{Code: Unavailable, Message: "The account is being changed. Please try again.", RetryAfter: time.Second}
}

// ending adds what the edit ends, decided on the target. Values that are what it
// already has are written all the same, but end nothing.
func (e Edit) ending(target User) Edit {
	all := e.deactivates() || e.PasswordHash != nil
	e.EndSessions = all
	e.EndTokens = all || (e.demotes() && target.Role == RoleAdmin)
	e.EndResets = all || (e.Email != nil && *e.Email != target.Email)
	return e
}

func (e Edit) demotes() bool     { return e.Role != nil && *e.Role != RoleAdmin }
func (e Edit) deactivates() bool { return e.Active != nil && !*e.Active }

// actions are what the edit changes, for the audit log.
func (e Edit) actions(target User) []Action {
	var list []Action
	note := func(changed bool, a Action) {
		if changed {
			list = append(list, a)
		}
	}
	note(e.Username != nil && *e.Username != target.Username, ActionUsernameChanged)
	note(e.Email != nil && *e.Email != target.Email, ActionEmailChanged)
	note(e.PasswordHash != nil, ActionPasswordChanged)
	note(e.Role != nil && *e.Role != target.Role, ActionRoleChanged)
	note(e.Active != nil && *e.Active != target.Active, ActionActiveChanged)
	note(len(list) == 0 || e.FirstName != nil || e.LastName != nil, ActionProfileChanged)
	return list
}

// detail are the new values that a reader of the log needs. Names and addresses
// are not among them: they are to go with the account.
func (e Edit) detail() map[string]string {
	d := map[string]string{}
	if e.Role != nil {
		d["role"] = string(*e.Role)
	}
	if e.Active != nil {
		d["active"] = strconv.FormatBool(*e.Active)
	}
	return d
}
