package user

import (
	"context"
	"time"
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
func (in Changes) Check(p Passwords) Fields {
	_, fields := in.edit(p, User{})
	return fields
}

// Updater changes accounts.
type Updater interface {
	Limiter
	Auditor
	Viewer
	// UpdateUser makes the change, unless the guard refuses or another
	// account has the new username or e-mail.
	UpdateUser(ctx context.Context, g Guard, e Edit, event Event) (Outcome, error)
}

// Update changes one's own names, e-mail and password, or as ADMIN another's
// names, e-mail, username, role and activity. It answers TooMany when the
// current password was wrong, or one's own e-mail changed, too often.
func Update(ctx context.Context, caller Caller, from Client, db Updater, p Passwords, limits Limits, username string, in Changes, now time.Time) error {
	self, target, err := authorize(ctx, caller, db, username)
	if err != nil {
		return err
	}
	if self.Role != RoleAdmin && (in.Role != nil || in.Active != nil) {
		return errForbidden() // an ADMIN's to give
	}
	own := self.UUID == target.UUID
	edit, fields := in.edit(p, *target)
	if err := in.misplaced(own).and(fields).err(); err != nil {
		return err
	}
	var try Try
	if own && edit.Email != nil && *edit.Email != target.Email {
		if try, err = take(ctx, db, now, limits.email(target.UUID, from.network())...); err != nil {
			return err
		}
	}
	if in.CurrentPassword != nil {
		if edit.Clear, err = confirm(ctx, from, db, p, limits, *target, *in.CurrentPassword, now); err != nil {
			return err
		}
	}
	if in.Password != nil {
		if err := p.stolen(ctx, "password", *in.Password).err(); err != nil {
			return err
		}
		hash := p.Hasher.Hash(*in.Password)
		edit.PasswordHash = &hash
	}
	edit.At = now
	return change{edit: edit, from: from, name: username, target: *target, try: try, guard: Guard{
		Caller: caller, AsAdmin: !own || edit.Role != nil || edit.Active != nil,
		TargetUUID: target.UUID, TakesAdmin: edit.demotes() || edit.deactivates(),
	}}.write(ctx, db)
}

// misplaced names the fields that this call does not know, or not without
// another.
func (in Changes) misplaced(own bool) Fields {
	fields := Fields{}
	switch {
	case own && in.Username != nil:
		fields.add("username", "can be changed by another admin only")
	case !own && in.Password != nil:
		fields.add("password", "can be changed by its owner only; a reset mail lets them choose a new one")
	}
	switch {
	case own && in.Password != nil && in.CurrentPassword == nil:
		fields.add("current_password", "is required to change the password")
	case !own && in.CurrentPassword != nil:
		fields.add("current_password", "is for one's own password only")
	}
	return fields
}

// edit turns valid changes into what to write.
func (in Changes) edit(p Passwords, target User) (Edit, Fields) {
	e, fields := Edit{FirstName: in.FirstName, LastName: in.LastName, Role: in.Role, Active: in.Active}, Fields{}
	after := target
	if in.Username != nil {
		name, problem := usernameProblem(*in.Username)
		fields.add("username", problem)
		e.Username, after.Username = &name, name
	}
	if in.FirstName != nil {
		fields.add("first_name", nameProblem(*in.FirstName))
		after.FirstName = *in.FirstName
	}
	if in.LastName != nil {
		fields.add("last_name", nameProblem(*in.LastName))
		after.LastName = *in.LastName
	}
	if in.Email != nil {
		address, problem := emailProblem(*in.Email)
		fields.add("email", problem)
		e.Email, after.Email = &address, address
	}
	if in.Role != nil && *in.Role != RoleUser && *in.Role != RoleAdmin {
		fields.add("role", "must be USER or ADMIN")
	}
	if in.Password != nil {
		fields.add("password", p.Policy.Problem(*in.Password, after.names()...))
	}
	return e, fields
}
