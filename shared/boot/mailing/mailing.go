// Package mailing assembles what sends mail: SMTP where MAIL_SERVER names a
// server, else Amazon SES. It is apart from package boot so that only functions
// that mail link the two.
package mailing

import (
	"context"

	"roster/shared/aws/awsenv"
	"roster/shared/boot"
	"roster/shared/mail"
	"roster/shared/mail/ses"
	"roster/shared/mail/smtp"
	"roster/shared/user"
)

// Notices returns how mails reach the owners of accounts. A mistake in the
// settings stops the start.
func Notices(env *boot.Environment) user.Notices {
	return user.Notices{Mailer: mail.Mailer{Transport: transport(env)}, PublicURL: env.Origin("PUBLIC_URL")}
}

// OptionalNotices is Notices for a function that can do without mail. A mistake
// in the settings of mail does not stop its start: it is logged with each notice
// that is not mailed.
func OptionalNotices(env *boot.Environment) user.Notices {
	scoped := env.Scoped()
	t := transport(scoped)
	if err := scoped.Check(); err != nil {
		t = unusable{err}
	}
	return user.Notices{Mailer: mail.Mailer{Transport: t}, PublicURL: env.Origin("PUBLIC_URL")}
}

// unusable is a transport whose settings are wrong.
type unusable struct{ err error }

func (u unusable) Send(context.Context, mail.Message) error { return u.err }

func transport(env *boot.Environment) mail.Transport {
	from := env.Text("MAIL_FROM")
	if host := env.OptionalSecret("MAIL_SERVER"); host != "" {
		return smtpTransport(env, host, from)
	}
	if _, err := mail.ParseFrom(from); from != "" && err != nil {
		env.AddError("MAIL_FROM", err)
	}
	cfg, err := awsenv.From(func(name string) string { return env.Optional(name, "") })
	if err != nil {
		env.AddError("MAIL_SERVER", err) // no SMTP server, and nothing to reach SES with
	}
	return ses.New(cfg, from)
}

const submissionPort = 587 // RFC 6409 §3.1

func smtpTransport(env *boot.Environment, host, from string) mail.Transport {
	port := env.Number("MAIL_PORT", submissionPort, 1, 65535)
	sender, err := smtp.New(smtp.Config{
		Host: host, Port: port, TLS: smtp.ModeFor(port, env.Switch("MAIL_USE_TLS", true)),
		Username: env.OptionalSecret("MAIL_USERNAME"), Password: env.OptionalSecret("MAIL_PASSWORD"), From: from,
		Roots: env.Certificates("MAIL_CA"),
	})
	if err != nil {
		env.AddError("MAIL_SERVER", err)
		return nil
	}
	return sender
}
