package mailing_test

import (
	"strings"
	"testing"

	"roster/localdev/awstest"
	"roster/shared/boot"
	"roster/shared/boot/mailing"
	"roster/shared/mail"
	"roster/shared/mail/ses"
	"roster/shared/mail/smtp"
	"roster/shared/user"
)

const canary = "canary-0123456789"

// environment has what SES needs, changed by pairs of a name and a value.
func environment(t *testing.T, pairs ...string) (*boot.Environment, *awstest.Server) {
	t.Helper()
	server := awstest.New(t)
	values := map[string]string{"MAIL_FROM": "no-reply@example.com", "PUBLIC_URL": "https://accounts.example.com"}
	for _, pair := range server.Env() {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return boot.FromMap(values), server
}

func TestMailIsSentBySESByDefault(t *testing.T) {
	t.Parallel()
	env, server := environment(t)
	notices := mailing.Notices(env)
	if err := env.Check(); err != nil {
		t.Fatal(err)
	}
	transport := transportOf(t, notices)
	if _, ok := transport.(*ses.Sender); !ok || notices.PublicURL != "https://accounts.example.com" {
		t.Fatalf("a %T, with links to %s", transport, notices.PublicURL)
	}
	if err := transport.Send(t.Context(), mail.Message{To: "ann@example.com", Subject: "Hello", Text: "Hello."}); err != nil {
		t.Fatal(err)
	}
	if mails := server.Mails(); len(mails) != 1 || mails[0].From != "no-reply@example.com" {
		t.Errorf("mails: %+v", mails)
	}
}

func TestMailIsSentBySMTPIfAServerIsSet(t *testing.T) {
	t.Parallel()
	env, _ := environment(t, "MAIL_SERVER", "smtp.example.com", "MAIL_USERNAME", "roster", "MAIL_PASSWORD", canary, "AWS_REGION", "")
	notices := mailing.Notices(env)
	if err := env.Check(); err != nil {
		t.Fatal(err)
	}
	transport := transportOf(t, notices)
	if sender, ok := transport.(*smtp.Sender); !ok || sender.String() != "smtp.example.com:587" {
		t.Errorf("%T %v, want SMTP on the submission port", transport, transport)
	}
}

func TestMistakesInTheMailSettingsStopTheStart(t *testing.T) {
	t.Parallel()
	const server = "smtp.example.com"
	for name, test := range map[string]struct {
		pairs []string
		want  string
	}{
		"no sender":            {[]string{"MAIL_FROM", ""}, "MAIL_FROM is missing"},
		"a bad sender":         {[]string{"MAIL_FROM", "Roster"}, "MAIL_FROM (is not an e-mail address"},
		"no origin":            {[]string{"PUBLIC_URL", ""}, "PUBLIC_URL is missing"},
		"neither SES nor SMTP": {[]string{"AWS_REGION", ""}, "MAIL_SERVER (not set: AWS_REGION"},
		"a port in words":      {[]string{"MAIL_SERVER", server, "MAIL_PORT", "smtp"}, "MAIL_PORT must be a whole number from 1 to 65535"},
		"TLS in words":         {[]string{"MAIL_SERVER", server, "MAIL_USE_TLS", "starttls"}, "MAIL_USE_TLS must be true or false"},
		"without TLS": {
			[]string{"MAIL_SERVER", server, "MAIL_USE_TLS", "False"},
			"MAIL_SERVER (MAIL_USE_TLS=false would send mail unencrypted",
		},
		"half an account": {
			[]string{"MAIL_SERVER", server, "MAIL_PASSWORD", canary},
			"MAIL_SERVER (MAIL_USERNAME and MAIL_PASSWORD are only of use together",
		},
		"a server with port":  {[]string{"MAIL_SERVER", server + ":587"}, "MAIL_SERVER (is not the name"},
		"an authority's path": {[]string{"MAIL_SERVER", server, "MAIL_CA", "/etc/ssl/canary.pem"}, "MAIL_CA must be certificates in PEM"},
		"no sender by SMTP":   {[]string{"MAIL_SERVER", server, "MAIL_FROM", ""}, "MAIL_FROM is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, _ := environment(t, test.pairs...)
			mailing.Notices(env)
			err := env.Check()
			if err == nil || !strings.HasPrefix(err.Error(), "the configuration is not usable: "+test.want) ||
				strings.Contains(err.Error(), "canary") {
				t.Errorf("%v, want %q in it", err, test.want)
			}
			t.Log(err)
		})
	}
}

// transportOf returns what sends the mails of the notices.
func transportOf(t *testing.T, n user.Notices) mail.Transport {
	t.Helper()
	mailer, ok := n.Mailer.(mail.Mailer)
	if !ok {
		t.Fatalf("the mailer is a %T", n.Mailer)
	}
	return mailer.Transport
}
