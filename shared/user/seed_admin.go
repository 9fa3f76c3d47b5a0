package user

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"roster/shared/aws/metric"
	"roster/shared/mail"
)

// Admin is the account that seeding ensures.
type Admin struct {
	Username string
	Email    string
	Password string // "": a one-time link to set it is mailed instead
}

// Check names every bad field. The name may be a reserved one.
func (in Admin) Check(p Passwords) Fields {
	_, fields := in.account(p)
	return fields
}

func (in Admin) account(p Passwords) (User, Fields) {
	u := User{FirstName: "Admin", LastName: "Admin", Role: RoleAdmin, Active: true, TokenVersion: 1}
	fields := Fields{}
	name, ok := CanonicalUsername(in.Username)
	if !ok {
		fields.add("ADMIN_USERNAME", "is not a username")
	}
	email, problem := emailProblem(in.Email)
	fields.add("ADMIN_EMAIL", problem)
	u.Username, u.Email = name, email
	if in.Password != "" {
		fields.add("ADMIN_PASSWORD", p.Policy.Problem(in.Password, u.names()...))
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
	// Link is where the password is set, when none was given. It is a secret:
	// for the mail, and for localdev's terminal.
	Link   string `json:"-"`
	Mailed bool   `json:"mailed"` // the link was sent
	Note   string `json:"note"`
}

// SeedAdmin ensures the admin's account. It makes it when its name is free and
// changes nothing otherwise: it never resets a password and never promotes an
// account that was registered under the name. Two that run at once make one. An
// address that is another account's is no error: whoever registers with it
// would stop every deployment.
func SeedAdmin(ctx context.Context, db Seeder, p Passwords, tokens OneTimeTokens, out ResetMail, in Admin, now time.Time) (Seeded, error) {
	u, fields := in.account(p)
	if err := fields.err(); err != nil {
		return Seeded{}, err
	}
	existing, err := db.UserByUsername(ctx, u.Username)
	if err != nil {
		return Seeded{}, err
	}
	if existing != nil {
		return Seeded{Note: noteOn(*existing)}, nil
	}
	u.UUID, u.CreatedAt, u.UpdatedAt = newUUID(), now, now
	if in.Password != "" {
		u.PasswordHash, u.PasswordChangedAt = p.Hasher.Hash(in.Password), &now
	}
	taken, err := db.CreateUser(ctx, u, Event{Actions: []Action{ActionSeed}, At: now, Target: u.UUID})
	switch {
	case err != nil:
		return Seeded{}, err
	case taken.Username:
		return Seeded{Note: "another run has just made the account"}, nil
	case taken.Email:
		return elsewhere(ctx, db, u.Email)
	case in.Password != "":
		return Seeded{Created: true, Note: "made with the password given"}, nil
	}
	return invite(ctx, db, tokens, out, u, now)
}

func noteOn(u User) string {
	switch {
	case u.Role != RoleAdmin:
		return "the account exists and is not an ADMIN; it was left as it is"
	case !u.Active:
		return "the account exists and is not active; it was left as it is"
	}
	return "the account exists; nothing to do"
}

// elsewhere is for an address that another account has: the admin's own, under
// a new name, or a stranger's.
func elsewhere(ctx context.Context, db Seeder, email string) (Seeded, error) {
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

func invite(ctx context.Context, db ResetCreator, tokens OneTimeTokens, out ResetMail, u User, now time.Time) (Seeded, error) {
	token, hash := tokens.Mint()
	if _, err := db.CreateReset(ctx, u.Username, u.Email, Reset{Hash: hash, CreatedAt: now, ExpiresAt: now.Add(ResetLifetime)}, Event{Actions: []Action{ActionSeed, ActionResetAsked}, At: now}); err != nil {
		return Seeded{}, errors.Join(errors.New("the admin's account was made, its link was not; use forget_password"), err)
	}
	done := Seeded{Created: true, Link: out.link(token), Note: "made; a link to set its password was mailed"}
	message := mail.AdminInvitation(mail.AdminInvitationInput{To: u.Email, Username: u.Username, Link: done.Link, ValidFor: ResetLifetime})
	if err := send(ctx, out.Mailer, message, u); err != nil {
		done.Note = "made; its mail was not sent: use forget_password when mail works"
		return done, nil
	}
	done.Mailed = true
	return done, nil
}
