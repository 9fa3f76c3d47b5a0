package user

import (
	"context"
	"errors"
	"time"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
)

// Registration is the input of Register.
type Registration struct {
	Username  string `json:"username"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Email     string `json:"email"`
	Password  string `json:"password"`
}

// Check names every bad field.
func (in Registration) Check(p Passwords) fault.Fields {
	_, fields := in.account(p)
	return fields
}

func (in Registration) account(p Passwords) (User, fault.Fields) {
	u := User{Role: RoleUser, Active: true, TokenVersion: 1}
	fields := fault.Fields{}
	var reason string
	u.Username, reason = checkUsername(in.Username)
	fields.Add("username", reason)
	u.FirstName, reason = checkName(in.FirstName)
	fields.Add("first_name", reason)
	u.LastName, reason = checkName(in.LastName)
	fields.Add("last_name", reason)
	u.Email, reason = checkEmail(in.Email)
	fields.Add("email", reason)
	fields.Add("password", p.Policy.Check(in.Password, u.contextWords()...))
	return u, fields
}

// RegisterStore stores new accounts and counts attempts.
type RegisterStore interface {
	ratelimit.Limiter
	audit.Recorder
	Creator
}

// RegisterParts are the dependencies of Register, besides the store.
type RegisterParts struct {
	Passwords Passwords
	Limits    Limits
	Mode      RegistrationMode
}

// Register creates an account and returns it. It refuses with Invalid and every
// bad field, with TooMany if the network has registered too often, with Forbidden
// while registration is closed, and with Conflict if the username or the e-mail is
// taken.
func Register(ctx context.Context, req request.Request, db RegisterStore, p RegisterParts, in Registration) (User, error) {
	u, fields := in.account(p.Passwords)
	if err := fields.Err(); err != nil {
		return User{}, err
	}
	attempt, err := ratelimit.Consume(ctx, db, req.At, p.Limits.register(req.Client)...)
	if err != nil {
		return User{}, err
	}
	refused := func(refusal error) (User, error) {
		failed := audit.NewEvent(req, audit.ActionRegisterFailed)
		failed.AddIf(attempt.Last, audit.ActionWait)
		return User{}, audit.RecordRefusal(ctx, db, failed, refusal)
	}
	if p.Mode == RegistrationClosed {
		return refused(errRegistrationClosed())
	}
	if err := p.Passwords.checkBreach(ctx, "password", in.Password); err != nil {
		return User{}, err
	}
	u.UUID = newUUID()
	now := req.At.Truncate(time.Microsecond) // as exactly as it is stored
	u.CreatedAt, u.UpdatedAt, u.PasswordChangedAt = now, now, &now
	u.PasswordHash = p.Passwords.Hasher.Hash(in.Password)
	event := audit.NewEvent(req, audit.ActionRegister)
	event.Actor, event.Target = u.UUID, u.UUID
	event.AddIf(attempt.Last, audit.ActionWait)
	id, taken, err := db.CreateUser(ctx, NewAccount{User: u, AfterAdmin: p.Mode == RegistrationAfterAdmin}, event)
	switch {
	case errors.Is(err, ErrNoAdmin):
		return refused(errRegistrationNotOpen())
	case err != nil:
		return User{}, err
	case taken.Any():
		return refused(errTaken(taken))
	}
	u.ID = id
	return u, nil
}
