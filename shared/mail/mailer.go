package mail

import (
	"context"
	"time"
)

// Transport sends one message. Packages ses and smtp are transports.
type Transport interface {
	Send(ctx context.Context, m Message) error
}

// Mailer makes each mail and sends it through a transport. It implements
// user.Mailer.
type Mailer struct {
	Transport Transport
	AppName   string // APP_NAME; may be empty
}

// SendPasswordReset mails a link that sets a new password.
func (m Mailer) SendPasswordReset(ctx context.Context, to, username, link string, validFor time.Duration) error {
	return m.Transport.Send(ctx, PasswordReset(PasswordResetInput{App: m.AppName, To: to, Username: username, Link: link, ValidFor: validFor}))
}

// SendAdminInvitation mails a link that sets the first admin's password.
func (m Mailer) SendAdminInvitation(ctx context.Context, to, username, link string, validFor time.Duration) error {
	return m.Transport.Send(ctx, AdminInvitation(AdminInvitationInput{App: m.AppName, To: to, Username: username, Link: link, ValidFor: validFor}))
}

// SendInvitation mails a link that sets the first password of an account.
func (m Mailer) SendInvitation(ctx context.Context, to, username, link string, validFor time.Duration) error {
	return m.Transport.Send(ctx, Invitation(InvitationInput{App: m.AppName, To: to, Username: username, Link: link, ValidFor: validFor}))
}

// SendSessionEnded mails that a session has ended because its refresh token was
// used twice.
func (m Mailer) SendSessionEnded(ctx context.Context, to, username, service string, at time.Time) error {
	return m.Transport.Send(ctx, SessionEnded(Warning{App: m.AppName, To: to, Username: username, Service: service, At: at}))
}

// SendTokenRepeated mails that another client has sent a session's refresh token.
func (m Mailer) SendTokenRepeated(ctx context.Context, to, username, service string, at time.Time) error {
	return m.Transport.Send(ctx, TokenRepeated(Warning{App: m.AppName, To: to, Username: username, Service: service, At: at}))
}
