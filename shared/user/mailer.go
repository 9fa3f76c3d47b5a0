package user

import (
	"context"
	"log/slog"
	"net/url"
	"time"

	"roster/shared/aws/metric"
)

// Mailer sends mails to the owners of accounts. The address is always the stored
// one, never one from a request.
type Mailer interface {
	SendPasswordReset(ctx context.Context, to, username, link string, validFor time.Duration) error
	SendAdminInvitation(ctx context.Context, to, username, link string, validFor time.Duration) error
	SendInvitation(ctx context.Context, to, username, link string, validFor time.Duration) error
	SendSessionEnded(ctx context.Context, to, username, service string, at time.Time) error
	SendTokenRepeated(ctx context.Context, to, username, service string, at time.Time) error
}

// Notices holds what the operations need to send mails. Links begin with
// PublicURL, never with a host from a request.
type Notices struct {
	Mailer    Mailer
	PublicURL string
}

// resetLink returns the link to the page where the token sets a new password.
func (n Notices) resetLink(token string) string {
	return n.PublicURL + "/reset_password?token=" + url.QueryEscape(token)
}

// sendLink mails the link with which the owner of an account sets its password. An
// account without one gets an invitation.
func (n Notices) sendLink(ctx context.Context, to User, token string) error {
	send := n.Mailer.SendPasswordReset
	if to.PasswordHash == "" {
		send = n.Mailer.SendInvitation
	}
	err := send(ctx, to.Email, to.Username, n.resetLink(token), linkLifetime(to))
	logUnsent(ctx, to, err)
	return err
}

// linkLifetime is how long a link is valid that an ADMIN has sent to an account.
func linkLifetime(to User) time.Duration {
	if to.PasswordHash == "" {
		return InvitationLifetime
	}
	return ResetLifetime
}

// logUnsent logs and counts a mail that could not be sent. The operation goes on,
// because its answer must not reveal whether there was an account to mail to.
func logUnsent(ctx context.Context, to User, err error) {
	if err != nil {
		slog.ErrorContext(ctx, "a mail was not sent", "uuid", to.UUID, "error", err)
		metric.Count(ctx, "MailFailed")
	}
}
