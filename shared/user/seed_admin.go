package user

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"roster/shared/audit"
	"roster/shared/aws/metric"
	"roster/shared/fault"
)

// Admin is the account that seeding ensures.
type Admin struct {
	Username string
	Email    string
	Password string // "": a one-time link to set it is mailed instead
}

// Check names every bad field. The name may be a reserved one.
func (in Admin) Check(p Passwords) fault.Fields {
	_, fields := in.account(p)
	return fields
}

func (in Admin) account(p Passwords) (User, fault.Fields) {
	u := User{FirstName: "Admin", LastName: "Admin", Role: RoleAdmin, Active: true, TokenVersion: 1}
	fields := fault.Fields{}
	name, ok := CanonicalUsername(in.Username)
	if !ok {
		fields.Add("ADMIN_USERNAME", "is not a username")
	}
	email, reason := checkEmail(in.Email)
	fields.Add("ADMIN_EMAIL", reason)
	u.Username, u.Email = name, email
	if in.Password != "" {
		fields.Add("ADMIN_PASSWORD", p.Policy.Check(in.Password, u.contextWords()...))
	}
	return u, fields
}

// Seeder stores the admin's account.
type Seeder interface {
	Creator
	UserByUsername(ctx context.Context, username string) (*User, error)
	// UserByEmail returns nil when there is none.
	UserByEmail(ctx context.Context, email string) (*User, error)
	ResetCreator
}

// Seeded says what seeding did, in words for a log.
type Seeded struct {
	Created bool `json:"created"`
	// Link is where the password is set, when none was given. It is a secret,
	// for the mail and for localdev's terminal.
	Link   string `json:"-"`
	Mailed bool   `json:"mailed"` // the link was sent
	Note   string `json:"note"`
}

// SeedAdminParts is what seeding needs beside the store.
type SeedAdminParts struct {
	Passwords Passwords
	Tokens    OneTimeTokens
	Notices   Notices
}

// SeedAdmin ensures the admin's account. It makes the account when its name is
// free and changes nothing otherwise: it never resets a password and never
// promotes an account that was registered under the name. Two runs at once make
// one account. An address that another account has is no error: otherwise
// anybody could stop every deployment by registering with it.
func SeedAdmin(ctx context.Context, db Seeder, p SeedAdminParts, in Admin, now time.Time) (Seeded, error) {
	u, fields := in.account(p.Passwords)
	if err := fields.Err(); err != nil {
		return Seeded{}, err
	}
	existing, err := db.UserByUsername(ctx, u.Username)
	if err != nil {
		return Seeded{}, err
	}
	if existing != nil {
		return Seeded{Note: existingNote(*existing)}, nil
	}
	u.UUID, u.CreatedAt, u.UpdatedAt = newUUID(), now, now
	if in.Password != "" {
		u.PasswordHash, u.PasswordChangedAt = p.Passwords.Hasher.Hash(in.Password), &now
	}
	taken, err := db.CreateUser(ctx, u, audit.Event{Actions: []audit.Action{audit.ActionSeed}, At: now, Target: u.UUID})
	switch {
	case err != nil:
		return Seeded{}, err
	case taken.Username:
		return Seeded{Note: "another run has just made the account"}, nil
	case taken.Email:
		return emailTaken(ctx, db, u.Email)
	case in.Password != "":
		return Seeded{Created: true, Note: "made with the password given"}, nil
	}
	return p.invite(ctx, db, u, now)
}

func existingNote(u User) string {
	switch {
	case u.Role != RoleAdmin:
		return "the account exists and is not an ADMIN; it was left as it is"
	case !u.Active:
		return "the account exists and is not active; it was left as it is"
	}
	return "the account exists; nothing to do"
}

// addressTaken is for an address that another account has: the admin's own,
// under a new name, or a stranger's.
func emailTaken(ctx context.Context, db Seeder, email string) (Seeded, error) {
	holder, err := db.UserByEmail(ctx, email)
	if err != nil {
		return Seeded{}, err
	}
	if holder != nil && holder.Role == RoleAdmin && holder.Active {
		return Seeded{Note: "the account with ADMIN_EMAIL is an active ADMIN and is taken for the admin; nothing to do"}, nil
	}
	const note = "not made: ADMIN_EMAIL belongs to another account; give the admin an address of its own"
	slog.WarnContext(ctx, "the admin's account was not made", "note", note)
	metric.Count(ctx, "AdminNotSeeded")
	return Seeded{Note: note}, nil
}

// invite mails the admin a link to set a password.
func (p SeedAdminParts) invite(ctx context.Context, db ResetCreator, u User, now time.Time) (Seeded, error) {
	token, hash := p.Tokens.Mint()
	event := audit.Event{Actions: []audit.Action{audit.ActionSeed, audit.ActionResetAsked}, At: now}
	if _, err := db.CreateReset(ctx, u.Username, u.Email, newReset(hash, now), event); err != nil {
		return Seeded{}, errors.Join(errors.New("the admin's account was made, its link was not; use forget_password"), err)
	}
	done := Seeded{Created: true, Link: p.Notices.resetLink(token), Note: "made; a link to set its password was mailed"}
	err := p.Notices.Mailer.SendAdminInvitation(ctx, u.Email, u.Username, done.Link, ResetLifetime)
	if logUnsent(ctx, u, err); err != nil {
		done.Note = "made; its mail was not sent: use forget_password when mail works"
		return done, nil
	}
	done.Mailed = true
	return done, nil
}
