package user

import (
	"context"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
)

// Updater changes accounts.
type Updater interface {
	confirmationStore
	audit.Recorder
	Viewer
	// UpdateUser writes the edit, unless the guard refuses or another account
	// has the new username or e-mail.
	UpdateUser(ctx context.Context, g Guard, e Edit, event audit.Event) (Outcome, error)
}

// UpdateParts are the dependencies of Update, besides the store.
type UpdateParts struct {
	Passwords Passwords
	Limits    Limits
}

// UpdateRequest is the input of Update.
type UpdateRequest struct {
	Username string // of the account, or Me
	Changes  Changes
}

// Update changes an account. Callers may change their own names, e-mail, metadata and
// password. An ADMIN may change the names, e-mail, metadata, username, role and state of
// another account, and the app metadata of each account. Update refuses with TooMany
// after too many wrong current passwords or too many changes of the caller's own e-mail.
func Update(ctx context.Context, req request.Request, db Updater, p UpdateParts, in UpdateRequest) error {
	self, target, err := authorize(ctx, req.Caller, db, in.Username)
	if err != nil {
		return err
	}
	changes := in.Changes
	if self.Role != RoleAdmin && changes.onlyForAdmins() {
		return fault.NotPermitted()
	}
	own := self.UUID == target.UUID
	edit, fields := changes.edit(p.Passwords, *target)
	if err := changes.checkOwnership(own).Merge(fields).Err(); err != nil {
		return err
	}
	var attempt ratelimit.Attempt
	if own && edit.Email != nil && *edit.Email != target.Email {
		if attempt, err = ratelimit.Consume(ctx, db, req.At, p.Limits.email(target.UUID, req.Client)...); err != nil {
			return err
		}
	}
	if changes.CurrentPassword != nil {
		confirmation := passwordConfirmation{
			passwords: p.Passwords, budget: p.Limits.currentPassword(target.UUID), user: *target, password: *changes.CurrentPassword,
		}
		if edit.Clear, err = confirmation.check(ctx, req, db); err != nil {
			return err
		}
	}
	if changes.Password != nil {
		if err := p.Passwords.checkBreach(ctx, "password", *changes.Password); err != nil {
			return notWrong(ctx, db, edit.Clear, err)
		}
		hash := p.Passwords.Hasher.Hash(*changes.Password)
		edit.PasswordHash = &hash
	}
	edit.At = req.At
	return guardedEdit{edit: edit, req: req, username: in.Username, target: *target, attempt: attempt, guard: Guard{
		Caller: req.Caller, AsAdmin: !own || changes.onlyForAdmins(),
		TargetUUID: target.UUID, RemovesAdmin: edit.demotes() || edit.deactivates(),
	}}.write(ctx, db)
}
