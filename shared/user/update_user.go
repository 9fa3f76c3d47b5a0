package user

import (
	"context"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
)

// Changes are the fields to change; nil leaves one as it is.
type Changes struct {
	Username        *string `json:"username"`
	FirstName       *string `json:"first_name"`
	LastName        *string `json:"last_name"`
	Email           *string `json:"email"`
	Password        *string `json:"password"`
	CurrentPassword *string `json:"current_password"`
	Role            *Role   `json:"role"`
	Active          *bool   `json:"active"`
}

// Check names every bad value.
func (in Changes) Check(p Passwords) fault.Fields {
	_, fields := in.edit(p, User{})
	return fields
}

// Updater changes accounts.
type Updater interface {
	ratelimit.Limiter
	audit.Recorder
	Viewer
	// UpdateUser makes the change, unless the guard refuses or another
	// account has the new username or e-mail.
	UpdateUser(ctx context.Context, g Guard, e Edit, event audit.Event) (Outcome, error)
}

// UpdateParts is what an update needs beside the store.
type UpdateParts struct {
	Passwords Passwords
	Limits    Limits
}

// UpdateRequest is what to change of which account.
type UpdateRequest struct {
	Username string // of the account, or Me
	Changes  Changes
}

// Update changes the caller's own names, e-mail and password, or as ADMIN
// another account's names, e-mail, username, role and activity. It answers
// TooMany when the current password was wrong, or the caller's e-mail changed,
// too often.
func Update(ctx context.Context, req request.Request, db Updater, p UpdateParts, in UpdateRequest) error {
	self, target, err := authorize(ctx, req.Caller, db, in.Username)
	if err != nil {
		return err
	}
	changes := in.Changes
	if self.Role != RoleAdmin && (changes.Role != nil || changes.Active != nil) {
		return fault.NotPermitted() // an ADMIN's to give
	}
	own := self.UUID == target.UUID
	edit, fields := changes.edit(p.Passwords, *target)
	if err := changes.checkOwnership(own).Merge(fields).Err(); err != nil {
		return err
	}
	var attempt ratelimit.Attempt
	if own && edit.Email != nil && *edit.Email != target.Email {
		if attempt, err = ratelimit.Consume(ctx, db, req.At, p.Limits.email(target.UUID, req.Client.Network())...); err != nil {
			return err
		}
	}
	if changes.CurrentPassword != nil {
		confirmation := passwordConfirmation{passwords: p.Passwords, budget: p.Limits.currentPassword(target.UUID), user: *target, password: *changes.CurrentPassword}
		if edit.Clear, err = confirmation.check(ctx, req, db); err != nil {
			return err
		}
	}
	if changes.Password != nil {
		if err := p.Passwords.checkBreach(ctx, "password", *changes.Password); err != nil {
			return err
		}
		hash := p.Passwords.Hasher.Hash(*changes.Password)
		edit.PasswordHash = &hash
	}
	edit.At = req.At
	return guardedEdit{edit: edit, req: req, username: in.Username, target: *target, attempt: attempt, guard: Guard{
		Caller: req.Caller, AsAdmin: !own || edit.Role != nil || edit.Active != nil,
		TargetUUID: target.UUID, RemovesAdmin: edit.demotes() || edit.deactivates(),
	}}.write(ctx, db)
}

// misplaced names the fields that this caller may not give, and those that are
// missing beside them.
func (in Changes) checkOwnership(own bool) fault.Fields {
	fields := fault.Fields{}
	switch {
	case own && in.Username != nil:
		fields.Add("username", "can be changed by another admin only")
	case !own && in.Password != nil:
		fields.Add("password", "can be changed by its owner only; a reset mail lets them choose a new one")
	}
	switch {
	case own && in.Password != nil && in.CurrentPassword == nil:
		fields.Add("current_password", "is required to change the password")
	case !own && in.CurrentPassword != nil:
		fields.Add("current_password", "is for one's own password only")
	}
	return fields
}

// edit turns valid changes into what to write.
func (in Changes) edit(p Passwords, target User) (Edit, fault.Fields) {
	e, fields := Edit{FirstName: in.FirstName, LastName: in.LastName, Role: in.Role, Active: in.Active}, fault.Fields{}
	after := target
	if in.Username != nil {
		name, reason := checkUsername(*in.Username)
		fields.Add("username", reason)
		e.Username, after.Username = &name, name
	}
	if in.FirstName != nil {
		fields.Add("first_name", checkName(*in.FirstName))
		after.FirstName = *in.FirstName
	}
	if in.LastName != nil {
		fields.Add("last_name", checkName(*in.LastName))
		after.LastName = *in.LastName
	}
	if in.Email != nil {
		address, reason := checkEmail(*in.Email)
		fields.Add("email", reason)
		e.Email, after.Email = &address, address
	}
	if in.Role != nil && *in.Role != RoleUser && *in.Role != RoleAdmin {
		fields.Add("role", "must be USER or ADMIN")
	}
	if in.Password != nil {
		fields.Add("password", p.Policy.Check(*in.Password, after.contextWords()...))
	}
	return e, fields
}
