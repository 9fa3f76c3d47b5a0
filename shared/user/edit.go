package user

import (
	"strconv"
	"time"

	"roster/shared/audit"
)

// Edit is what a change writes; nil keeps a column.
type Edit struct {
	Username, FirstName, LastName, Email, PasswordHash *string

	Role   *Role
	Active *bool
	At     time.Time
	// EndTokens revokes every access token issued so far, EndResets every reset
	// token that has been mailed.
	EndTokens, EndResets bool
	// EndSessions ends every session but KeepSession. A session that is kept
	// while its access tokens are revoked gets new ones by its refresh token.
	EndSessions bool
	KeepSession string
	// Clear are the keys of budgets to clear.
	Clear []string
}

// ending adds what the edit ends, decided on the target. A value that the target
// has already is written all the same, but ends nothing.
func (e Edit) withRevocations(target User) Edit {
	all := e.deactivates() || e.PasswordHash != nil
	e.EndSessions = all
	e.EndTokens = all || (e.demotes() && target.Role == RoleAdmin)
	e.EndResets = all || (e.Email != nil && *e.Email != target.Email)
	return e
}

func (e Edit) demotes() bool     { return e.Role != nil && *e.Role != RoleAdmin }
func (e Edit) deactivates() bool { return e.Active != nil && !*e.Active }

// actions are what the edit changes, for the audit log.
func (e Edit) actions(target User) []audit.Action {
	var list []audit.Action
	add := func(changed bool, a audit.Action) {
		if changed {
			list = append(list, a)
		}
	}
	add(e.Username != nil && *e.Username != target.Username, audit.ActionUsernameChanged)
	add(e.Email != nil && *e.Email != target.Email, audit.ActionEmailChanged)
	add(e.PasswordHash != nil, audit.ActionPasswordChanged)
	add(e.Role != nil && *e.Role != target.Role, audit.ActionRoleChanged)
	add(e.Active != nil && *e.Active != target.Active, audit.ActionActiveChanged)
	add(len(list) == 0 || e.FirstName != nil || e.LastName != nil, audit.ActionProfileChanged)
	return list
}

// detail holds the new values that a reader of the log needs. It leaves out
// names and addresses: they must disappear when the account is deleted.
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
