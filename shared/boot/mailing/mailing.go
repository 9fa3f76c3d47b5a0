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

// ResetMail returns how reset links are mailed.
func ResetMail(env *boot.Environment) user.ResetMail {
	return user.ResetMail{Mailer: mailer(env), PublicURL: env.Origin("PUBLIC_URL")}
}

// Notices returns how the owners of accounts are told what happened to them. A
// mistake in the settings of mails stops no start: it is logged with each notice
// that is not mailed, and who has a session keeps it.
func Notices(env *boot.Environment) user.Notices {
	aside := env.Aside()
	n := user.Notices{Mailer: mailer(aside), PublicURL: env.Origin("PUBLIC_URL")}
	if err := aside.Check(); err != nil {
		n.Mailer = without{err}
	}
	return n
}

// without is a Mailer whose settings are not usable.
type without struct{ err error }

func (w without) Send(context.Context, mail.Message) error { return w.err }

func mailer(env *boot.Environment) user.Mailer {
	from := env.Text("MAIL_FROM")
	if host := env.Given("MAIL_SERVER"); host != "" {
		return smtpSender(env, host, from)
	}
	if _, err := mail.ParseFrom(from); from != "" && err != nil {
		env.Refuse("MAIL_FROM", err)
	}
	cfg, err := awsenv.From(func(name string) string { return env.Optional(name, "") })
	if err != nil {
		env.Refuse("MAIL_SERVER", err) // no SMTP server, and nothing to reach SES with
	}
	return ses.New(cfg, from)
}

const submissionPort = 587 // RFC 6409 §3.1

func smtpSender(env *boot.Environment, host, from string) user.Mailer {
	port := env.Number("MAIL_PORT", submissionPort, 1, 65535)
	sender, err := smtp.New(smtp.Config{
		Host: host, Port: port, TLS: smtp.ModeFor(port, env.Switch("MAIL_USE_TLS", true)),
		Username: env.Given("MAIL_USERNAME"), Password: env.Given("MAIL_PASSWORD"), From: from,
	})
	if err != nil {
		env.Refuse("MAIL_SERVER", err)
		return nil
	}
	return sender
}
