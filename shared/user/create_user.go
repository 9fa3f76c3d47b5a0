package user

import (
	"context"
	"encoding/json"
	"time"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
)

// Creation is the input of Create. With neither a password nor an invitation,
// nobody can log in until somebody asks for a reset of the password.
type Creation struct {
	Username  string  `json:"username"`
	FirstName string  `json:"first_name"`
	LastName  string  `json:"last_name"`
	Email     string  `json:"email"`
	Password  *string `json:"password"`
	Invite    *bool   `json:"invite"` // mails a link with which the owner sets the password
	Role      *Role   `json:"role"`
	Active    *bool   `json:"active"`

	Metadata    *json.RawMessage `json:"metadata"`
	AppMetadata *json.RawMessage `json:"app_metadata"`
}

// Check names every bad field.
func (in Creation) Check(p Passwords) fault.Fields {
	_, fields := in.account(p)
	return fields
}

// invites reports whether a link is mailed.
func (in Creation) invites() bool { return in.Invite != nil && *in.Invite }

func (in Creation) account(p Passwords) (User, fault.Fields) {
	u := User{Role: RoleUser, Active: true, TokenVersion: 1, Metadata: "{}", AppMetadata: "{}"}
	changes := Changes{
		Username: &in.Username, FirstName: &in.FirstName, LastName: &in.LastName, Email: &in.Email, Password: in.Password,
		Role: in.Role, Active: in.Active, Metadata: in.Metadata, AppMetadata: in.AppMetadata,
	}
	edit, fields := changes.edit(p, u)
	u.Username, u.FirstName, u.LastName, u.Email = *edit.Username, *edit.FirstName, *edit.LastName, *edit.Email
	setIfGiven(&u.Role, edit.Role)
	setIfGiven(&u.Active, edit.Active)
	setIfGiven(&u.Metadata, edit.Metadata)
	setIfGiven(&u.AppMetadata, edit.AppMetadata)
	switch {
	case in.invites() && in.Password != nil:
		fields.Add("invite", "is for an account without a password")
	case in.invites() && !u.Active:
		fields.Add("invite", "is for an active account")
	}
	return u, fields
}

func setIfGiven[T any](field, given *T) {
	if given != nil {
		*field = *given
	}
}

// CreateOutcome is the result of CreateUserAsAdmin. Without an id, nothing was
// stored.
type CreateOutcome struct {
	ID            int64
	CallerRefused bool
	Taken         Taken
}

// AdminCreator stores accounts for an ADMIN.
type AdminCreator interface {
	Viewer
	audit.Recorder
	ratelimit.Limiter
	// CreateUserAsAdmin stores an account, and for it the reset token if that is not
	// nil, if the caller is still an ADMIN whose token is accepted, and no other
	// account has the username or the e-mail.
	CreateUserAsAdmin(ctx context.Context, c request.Caller, u User, r *NewReset, e audit.Event) (CreateOutcome, error)
}

// CreateParts are the dependencies of Create, besides the store.
type CreateParts struct {
	Passwords Passwords
	Tokens    OneTimeTokens
	Notices   Notices
	Limits    Limits
}

// Created is the result of Create.
type Created struct {
	User   User
	Mailed bool // whether the invitation was sent
}

// Create makes an account for an ADMIN. It refuses with Invalid and every bad field,
// with Conflict if the username or the e-mail is taken, and with TooMany if the ADMIN
// has sent too many mails. If the mail cannot be sent, the account stays: SendReset
// sends another mail.
func Create(ctx context.Context, req request.Request, db AdminCreator, p CreateParts, in Creation) (Created, error) {
	self, err := authorizeAdmin(ctx, req.Caller, db)
	if err != nil {
		return Created{}, err
	}
	u, fields := in.account(p.Passwords)
	if err := fields.Err(); err != nil {
		return Created{}, err
	}
	u.UUID = newUUID()
	now := req.At.Truncate(time.Microsecond) // as exactly as it is stored
	u.CreatedAt, u.UpdatedAt = now, now
	if in.Password != nil {
		if err := p.Passwords.checkBreach(ctx, "password", *in.Password); err != nil {
			return Created{}, err
		}
		u.PasswordHash, u.PasswordChangedAt = p.Passwords.Hasher.Hash(*in.Password), &now
	}
	if !in.invites() {
		u, err = storeCreated(ctx, req, db, u, nil)
		return Created{User: u}, err
	}
	if _, err := ratelimit.Consume(ctx, db, req.At, p.Limits.adminMail(self.UUID)); err != nil {
		return Created{}, err
	}
	token, hash := p.Tokens.Mint()
	if u, err = storeCreated(ctx, req, db, u, &NewReset{Hash: hash, CreatedAt: now, ExpiresAt: now.Add(InvitationLifetime)}); err != nil {
		return Created{}, err
	}
	return Created{User: u, Mailed: p.Notices.sendLink(ctx, u, token) == nil}, nil
}

// storeCreated stores the account and returns it with its id.
func storeCreated(ctx context.Context, req request.Request, db AdminCreator, u User, r *NewReset) (User, error) {
	event := audit.NewEvent(req, audit.ActionCreate)
	event.AddIf(r != nil, audit.ActionResetAsked)
	event.Target, event.Detail = u.UUID, Edit{Role: &u.Role, Active: &u.Active}.detail()
	done, err := db.CreateUserAsAdmin(ctx, req.Caller, u, r, event)
	switch {
	case err != nil:
		return User{}, err
	case done.CallerRefused:
		return User{}, fault.NotLoggedIn()
	case done.Taken.Any():
		return User{}, audit.RecordRefusal(ctx, db, audit.NewEvent(req, audit.ActionCreateFailed), errTaken(done.Taken))
	}
	u.ID = done.ID
	return u, nil
}
