package user

import (
	"strconv"
	"time"

	"roster/shared/audit"
	"roster/shared/ratelimit"
)

// Edit is what an update writes. A nil field keeps the stored value.
type Edit struct {
	Username, FirstName, LastName, Email, PasswordHash *string

	// Metadata and AppMetadata are compact JSON objects.
	Metadata, AppMetadata *string

	Role   *Role
	Active *bool
	At     time.Time
	// RevokeTokens revokes all access tokens issued so far, RevokeResets all reset
	// tokens mailed so far.
	RevokeTokens, RevokeResets bool
	// EndSessions ends all sessions except KeepSession. RevokeTokens also revokes
	// the access tokens of KeepSession; its refresh token gets it a new one.
	EndSessions bool
	KeepSession string
	Clear       []ratelimit.Budget
}

// withRevocations adds what the edit revokes. A value that the target already
// has is written again but revokes nothing.
func (e Edit) withRevocations(target User) Edit {
	all := e.deactivates() || e.PasswordHash != nil
	e.EndSessions = all
	e.RevokeTokens = all || (e.demotes() && target.Role == RoleAdmin)
	e.RevokeResets = all || (e.Email != nil && *e.Email != target.Email)
	return e
}

func (e Edit) demotes() bool     { return e.Role != nil && *e.Role != RoleAdmin }
func (e Edit) deactivates() bool { return e.Active != nil && !*e.Active }

// actions returns the edit's actions for the audit log.
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
	add(e.Metadata != nil || e.AppMetadata != nil, audit.ActionMetadataChanged)
	add(len(list) == 0 || e.FirstName != nil || e.LastName != nil, audit.ActionProfileChanged)
	return list
}

// detail returns the new role and state for the audit log. It leaves out names,
// addresses and metadata, which must disappear when the account is deleted.
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
