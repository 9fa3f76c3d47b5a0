package user

import (
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
