package user

import (
	"context"
	"time"
)

// Registration is what a person gives to get an account.
type Registration struct {
	Username  string `json:"username"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Email     string `json:"email"`
	Password  string `json:"password"`
}

// Check names every bad field.
func (in Registration) Check(p Passwords) Fields {
	_, fields := in.account(p)
	return fields
}

func (in Registration) account(p Passwords) (User, Fields) {
	u := User{FirstName: in.FirstName, LastName: in.LastName, Role: RoleUser, Active: true, TokenVersion: 1}
	fields := Fields{}
	var problem string
	u.Username, problem = usernameProblem(in.Username)
	fields.add("username", problem)
	fields.add("first_name", nameProblem(in.FirstName))
	fields.add("last_name", nameProblem(in.LastName))
	u.Email, problem = emailProblem(in.Email)
	fields.add("email", problem)
	fields.add("password", p.Policy.Problem(in.Password, u.names()...))
	return u, fields
}

// Taken says which of an account's unique fields another one has.
type Taken struct{ Username, Email bool }

// Any reports whether one is taken.
func (t Taken) Any() bool { return t.Username || t.Email }

// Creator stores a new account.
type Creator interface {
	// CreateUser stores the account, unless another has its username or
	// e-mail: then it stores nothing and says which.
	CreateUser(ctx context.Context, u User, e Event) (Taken, error)
}

// Registrar stores new accounts within limits.
type Registrar interface {
	Limiter
	Creator
	Auditor
}

// Register makes an account. It answers Invalid with every bad field, TooMany
// to a network that makes many, and Conflict when the username or the e-mail is
// taken.
func Register(ctx context.Context, from Client, db Registrar, p Passwords, limits Limits, in Registration, now time.Time) error {
	u, fields := in.account(p)
	if err := fields.err(); err != nil {
		return err
	}
	try, err := take(ctx, db, now, limits.register(from.network()))
	if err != nil {
		return err
	}
	if err := p.stolen(ctx, "password", in.Password).err(); err != nil {
		return err
	}
	u.UUID = newUUID()
	u.CreatedAt, u.UpdatedAt, u.PasswordChangedAt = now, now, &now
	u.PasswordHash = p.Hasher.Hash(in.Password)
	event := from.event(now, ActionRegister)
	event.Actor, event.Target = u.UUID, u.UUID
	try.note(&event)
	taken, err := db.CreateUser(ctx, u, event)
	if err != nil {
		return err
	}
	if taken.Any() {
		failed := from.event(now, ActionRegisterFailed)
		try.note(&failed)
		return audit(ctx, db, failed, errTaken(taken))
	}
	return nil
}
