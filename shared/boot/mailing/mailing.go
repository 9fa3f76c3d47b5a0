// Package mailing makes what sends mail, from the settings of a function: SMTP
// if MAIL_SERVER is set, else Amazon SES. It is not part of package boot so that
// only functions that send mail link the two.
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

// Notices returns what mails the owners of accounts. A mistake in the settings
// stops the start.
func Notices(env *boot.Environment) user.Notices {
	return user.Notices{Mailer: mail.Mailer{Transport: transport(env), AppName: env.AppName()}, PublicURL: env.PublicURL()}
}

// OptionalNotices is Notices for a function whose main work is not mail. A
// mistake in the mail settings does not stop its start. Every notice then fails
// with that error, and the caller logs it.
func OptionalNotices(env *boot.Environment) user.Notices {
	scoped := env.Scoped()
	t, app := transport(scoped), scoped.AppName()
	if err := scoped.Check(); err != nil {
		t = misconfigured{err}
	}
	return user.Notices{Mailer: mail.Mailer{Transport: t, AppName: app}, PublicURL: env.PublicURL()}
}

// misconfigured is the transport if the settings are wrong: it sends nothing.
type misconfigured struct{ err error }

func (u misconfigured) Send(context.Context, mail.Message) error { return u.err }

func transport(env *boot.Environment) mail.Transport {
	from := env.Required("MAIL_FROM")
	if host := env.OptionalSecret("MAIL_SERVER"); host != "" {
		return smtpTransport(env, host, from)
	}
	if _, err := mail.ParseFrom(from); from != "" && err != nil {
		env.AddError("MAIL_FROM", err)
	}
	cfg, err := awsenv.From(func(name string) string { return env.Optional(name, "") })
	if err != nil {
		env.AddError("MAIL_SERVER", err) // neither an SMTP server nor the settings for SES
	}
	return ses.New(cfg, from)
}

const submissionPort = 587 // RFC 6409 §3.1

func smtpTransport(env *boot.Environment, host, from string) mail.Transport {
	port := env.Int("MAIL_PORT", submissionPort, 1, 65535)
	sender, err := smtp.New(smtp.Config{
		Host: host, Port: port, TLS: smtp.ModeFor(port, env.Bool("MAIL_USE_TLS", true)),
		Username: env.OptionalSecret("MAIL_USERNAME"), Password: env.OptionalSecret("MAIL_PASSWORD"), From: from,
		Roots: env.Certificates("MAIL_CA"),
	})
	if err != nil {
		env.AddError("MAIL_SERVER", err)
		return nil
	}
	return sender
}
