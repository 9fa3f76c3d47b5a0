package user

import (
	"context"
	"log/slog"
	"net/url"
	"time"

	"roster/shared/aws/metric"
)

// Mailer mails what the operations have to say to the owner of an account. The
// address is always the stored one and never one of a request.
type Mailer interface {
	SendPasswordReset(ctx context.Context, to, username, link string, validFor time.Duration) error
	SendAdminInvitation(ctx context.Context, to, username, link string, validFor time.Duration) error
	SendSessionEnded(ctx context.Context, to, username, service string, at time.Time) error
}

// Notices is how the owner of an account is told what happened: by Mailer, with
// links that begin with PublicURL and hold nothing of a request.
type Notices struct {
	Mailer    Mailer
	PublicURL string
}

// resetLink is where a new password is set with the token.
func (n Notices) resetLink(token string) string {
	return n.PublicURL + "/reset_password?token=" + url.QueryEscape(token)
}

// logUnsent logs and counts a mail that failed. The operation goes on: its
// answer must not tell whether there was anybody to mail.
func logUnsent(ctx context.Context, to User, err error) {
	if err != nil {
		slog.ErrorContext(ctx, "a mail was not sent", "uuid", to.UUID, "error", err)
		metric.Count(ctx, "MailFailed")
	}
}
