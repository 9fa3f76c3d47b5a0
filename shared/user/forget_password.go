package user

import (
	"context"
	"log/slog"
	"net/url"
	"time"

	"roster/shared/aws/metric"
	"roster/shared/mail"
)

// ResetLifetime is how long a reset token is good.
const ResetLifetime = 30 * time.Minute

// ResetRequest names an account by its username and its e-mail, both.
type ResetRequest struct {
	Username string `json:"username"`
	Email    string `json:"email"`
}

// Check names what is missing; like Credentials.Check it says nothing of form.
func (in ResetRequest) Check() Fields {
	fields := Fields{}
	if in.Username == "" {
		fields.add("username", "is required")
	}
	if in.Email == "" {
		fields.add("email", "is required")
	}
	return fields
}

// Reset is a reset token as it is stored: its hash and its time.
type Reset struct {
	Hash      []byte
	CreatedAt time.Time
	ExpiresAt time.Time
}

// ResetCreator stores reset tokens.
type ResetCreator interface {
	// CreateReset stores the token for the active account that has both the
	// username and the e-mail, and returns that account; nil when there is
	// none, and then nothing is stored. At most three of an account are kept.
	CreateReset(ctx context.Context, username, email string, r Reset, e Event) (*User, error)
}

// OneTimeTokens mints tokens and hashes them.
type OneTimeTokens interface {
	Mint() (token string, hash []byte)
	Hash(token string) (hash []byte, ok bool)
}

// Mailer sends one message.
type Mailer interface {
	Send(ctx context.Context, m mail.Message) error
}

// ResetMail is how a reset token gets to its owner: by Mailer, in a link that
// begins with PublicURL and never with anything of a request.
type ResetMail struct {
	Mailer    Mailer
	PublicURL string
}

func (m ResetMail) link(token string) string {
	return m.PublicURL + "/reset_password?token=" + url.QueryEscape(token)
}

// Forgetter stores reset tokens within limits.
type Forgetter interface {
	Limiter
	ResetCreator
}

// ForgetPassword mails a reset token to the stored address of the active
// account that has this username and e-mail. It returns a token of the same
// form and the same error, nil, whether or not there is one; a mail that cannot
// be sent is logged and counted and changes nothing either. It answers TooMany
// to a network that asks often and for an account that is asked for often,
// whether or not there is one.
func ForgetPassword(ctx context.Context, from Client, db Forgetter, tokens OneTimeTokens, out ResetMail, limits Limits, in ResetRequest, now time.Time) (token string, err error) {
	if err := in.Check().err(); err != nil {
		return "", err
	}
	name, _ := CanonicalUsername(in.Username)
	email, _ := emailProblem(in.Email)
	try, err := take(ctx, db, now, limits.forgetAccount(in, email), limits.Forget.budget("forget network", from.network()))
	if err != nil {
		return "", err
	}
	event := from.event(now, ActionResetAsked)
	try.note(&event)
	token, hash := tokens.Mint()
	u, err := db.CreateReset(ctx, name, email, Reset{Hash: hash, CreatedAt: now, ExpiresAt: now.Add(ResetLifetime)}, event)
	if err != nil || u == nil {
		return token, err
	}
	message := mail.PasswordReset(mail.PasswordResetInput{To: u.Email, Username: u.Username, Link: out.link(token), ValidFor: ResetLifetime})
	_ = send(ctx, out.Mailer, message, *u)
	return token, nil
}

// send logs and counts a mail that fails; to the caller it changes little.
func send(ctx context.Context, mailer Mailer, m mail.Message, to User) error {
	err := mailer.Send(ctx, m)
	if err != nil {
		slog.ErrorContext(ctx, "a mail was not sent", "uuid", to.UUID, "error", err)
		metric.Count(ctx, "MailFailed")
	}
	return err
}
