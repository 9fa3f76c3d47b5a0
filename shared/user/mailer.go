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

// logUnsent logs and counts a mail that could not be sent. The operation goes on,
// because its answer must not reveal whether there was an account to mail to.
func logUnsent(ctx context.Context, to User, err error) {
	if err != nil {
		slog.ErrorContext(ctx, "a mail was not sent", "uuid", to.UUID, "error", err)
		metric.Count(ctx, "MailFailed")
	}
}
