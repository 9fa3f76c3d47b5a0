package user

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"roster/shared/audit"
	"roster/shared/aws/metric"
)

// Seeder stores the admin's account.
type Seeder interface {
	Creator
	UserByUsername(ctx context.Context, username string) (*User, error)
	// UserByEmail returns nil if there is none.
	UserByEmail(ctx context.Context, email string) (*User, error)
	ResetCreator
}

// Seeded says what SeedAdmin did. It is logged and reported.
type Seeded struct {
	Created bool `json:"created"`
	// Link leads to the page that sets the password, if none was given. It is
	// secret: only the mail and localdev's terminal may show it.
	Link   string `json:"-"`
	Mailed bool   `json:"mailed"` // whether the link was sent
	Note   string `json:"note"`   // what happened, for a person
	// Missing says that there is no admin: another account has the username or the
	// e-mail, and nobody but a person can decide whose it is.
	Missing bool `json:"missing,omitempty"`
}

// SeedAdminParts are the dependencies of SeedAdmin, besides the store.
type SeedAdminParts struct {
	Passwords Passwords
	Tokens    OneTimeTokens
	Notices   Notices
}

// SeedAdmin creates the admin's account if no account has its username, and
// changes nothing otherwise: it never resets a password, and never promotes an
// account that somebody registered with that username. Two runs at the same time
// create one account. If another account has the e-mail, that is not an error:
// otherwise anyone could stop every deployment by registering with it.
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
		return existingAdmin(ctx, *existing), nil
	}
	u.UUID, u.CreatedAt, u.UpdatedAt = newUUID(), now, now
	if in.Password != "" {
		u.PasswordHash, u.PasswordChangedAt = p.Passwords.Hasher.Hash(in.Password), &now
	}
	_, taken, err := db.CreateUser(ctx, NewAccount{User: u}, audit.Event{Actions: []audit.Action{audit.ActionSeed}, At: now, Target: u.UUID})
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

// existingAdmin reports on the account that has the admin's username. Anybody may
// have registered it.
func existingAdmin(ctx context.Context, u User) Seeded {
	switch {
	case u.Role != RoleAdmin:
		return notSeeded(ctx, "the account exists and is not an ADMIN; it was left as it is. If it is not yours, choose another ADMIN_USERNAME")
	case !u.Active:
		return notSeeded(ctx, "the account exists and is not active; it was left as it is")
	}
	return Seeded{Note: "the account exists; nothing to do"}
}

// notSeeded warns that there is no admin, and counts it.
func notSeeded(ctx context.Context, note string) Seeded {
	slog.WarnContext(ctx, "the admin's account was not made", "note", note)
	metric.Count(ctx, "AdminNotSeeded")
	return Seeded{Note: note, Missing: true}
}

// emailTaken reports that another account has the admin's e-mail. It may be the
// admin's account under a new username, or the account of somebody else.
func emailTaken(ctx context.Context, db Seeder, email string) (Seeded, error) {
	holder, err := db.UserByEmail(ctx, email)
	if err != nil {
		return Seeded{}, err
	}
	if holder != nil && holder.Role == RoleAdmin && holder.Active {
		return Seeded{Note: "the account with ADMIN_EMAIL is an active ADMIN and is taken for the admin; nothing to do"}, nil
	}
	return notSeeded(ctx, "not made: ADMIN_EMAIL belongs to another account; give the admin an address of its own"), nil
}

// invite mails the admin a link to the page that sets a password.
func (p SeedAdminParts) invite(ctx context.Context, db ResetCreator, u User, now time.Time) (Seeded, error) {
	token, hash := p.Tokens.Mint()
	event := audit.Event{Actions: []audit.Action{audit.ActionSeed, audit.ActionResetAsked}, At: now, Target: u.UUID} // so that the MAC covers it
	if _, err := db.CreateReset(ctx, newReset(ResetTarget{Username: &u.Username, Email: &u.Email}, hash, now), event); err != nil {
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
