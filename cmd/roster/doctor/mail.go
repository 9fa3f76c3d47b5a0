package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"roster/shared/mail"
)

// mail examines the way of the mails: SMTP if MAIL_SERVER is set, else Amazon SES, and
// what DNS says about the sender.
func (s Subject) mail(ctx context.Context) []Finding {
	const check = "mail"
	if s.Env == nil {
		return []Finding{notChecked(check, noSettings, giveSettings)}
	}
	env := s.Env.Scoped()
	from := env.Optional("MAIL_FROM", "")
	if from == "" {
		return []Finding{failed(check, "MAIL_FROM is missing", "set it to an address that is verified in SES")}
	}
	sender, err := mail.ParseFrom(from)
	if err != nil {
		return []Finding{failed(check, err.Error(), "correct MAIL_FROM where it is set")}
	}
	domain := sender.Domain()
	var all []Finding
	if host := env.Optional("MAIL_SERVER", ""); host != "" {
		all = []Finding{smtp(ctx, host, env.Int("MAIL_PORT", 587, 1, 65535)), s.spf(ctx, domain)}
	} else {
		all = s.ses(ctx, sender.Address, domain)
	}
	return append(all, s.dmarc(ctx, domain))
}

// smtp connects to the mail server and waits for its greeting (RFC 5321 §4.2). On the
// port for TLS from the beginning there is none before it.
func smtp(ctx context.Context, host string, port int) Finding {
	const check = "mail: SMTP server"
	const fix = "correct MAIL_SERVER and MAIL_PORT, and let the functions' security group reach it"
	server := net.JoinHostPort(host, fmt.Sprint(port))
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", server)
	if err != nil {
		return failed(check, server+" cannot be reached: "+lastCause(err).Error(), fix)
	}
	defer func() { _ = conn.Close() }()
	if port == 465 {
		return ok(check, server+" can be reached")
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	greeting := make([]byte, 4)
	if n, _ := conn.Read(greeting); n < 3 || string(greeting[:3]) != "220" {
		return failed(check, server+" does not greet as a mail server does", fix)
	}
	return ok(check, server+" greets")
}

func lastCause(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err
}

// ses asks Amazon SES about the account and the sender.
func (s Subject) ses(ctx context.Context, address, domain string) []Finding {
	if s.AWS == nil {
		return []Finding{s.noAWS("mail: SES")}
	}
	client := sesv2.NewFromConfig(*s.AWS)
	account, err := client.GetAccount(ctx, &sesv2.GetAccountInput{})
	if err != nil {
		return []Finding{awsRefusal("mail: SES", err, "ses:GetAccount and ses:GetEmailIdentity")}
	}
	all := []Finding{sending(account), sandbox(account)}
	name, identity, err := findIdentity(ctx, client, address, domain)
	var missing *types.NotFoundException
	switch {
	case errors.As(err, &missing):
		return append(all, failed("mail: identity", "neither "+domain+" nor "+address+" is an identity of SES", "create and verify "+domain+" in SES in this Region: docs/deploy.md"))
	case err != nil:
		return append(all, awsRefusal("mail: identity", err, "ses:GetEmailIdentity"))
	}
	all = append(all, verified(name, identity), dkim(name, identity))
	if m := identity.MailFromAttributes; m != nil && aws.ToString(m.MailFromDomain) != "" {
		all = append(all, s.spf(ctx, aws.ToString(m.MailFromDomain)))
	}
	return all
}

func sending(a *sesv2.GetAccountOutput) Finding {
	const check = "mail: SES sends"
	switch status := aws.ToString(a.EnforcementStatus); {
	case !a.SendingEnabled || status == "SHUTDOWN":
		return failed(check, "SES does not send for this account", "see the account's page in SES, and answer AWS there")
	case status == "PROBATION":
		return warning(check, "SES has put the account on probation", "see the account's page in SES: too many mails bounce or are reported as spam")
	}
	return ok(check, "yes")
}

func sandbox(a *sesv2.GetAccountOutput) Finding {
	const check = "mail: SES sandbox"
	if !a.ProductionAccessEnabled {
		return warning(check, "SES is in the sandbox, so mails reach only verified addresses", "request production access in SES")
	}
	if q := a.SendQuota; q != nil {
		return ok(check, fmt.Sprintf("left; %.0f mails a day, %.0f of them used", q.Max24HourSend, q.SentLast24Hours))
	}
	return ok(check, "left")
}

// findIdentity returns the identity that a mail of the address is sent with: that of
// the address, if there is one, else that of its domain.
func findIdentity(ctx context.Context, client *sesv2.Client, address, domain string) (name string, out *sesv2.GetEmailIdentityOutput, err error) {
	var missing *types.NotFoundException
	for _, name = range []string{address, domain} {
		out, err = client.GetEmailIdentity(ctx, &sesv2.GetEmailIdentityInput{EmailIdentity: &name})
		if err == nil || !errors.As(err, &missing) {
			break
		}
	}
	return name, out, err
}

func verified(name string, identity *sesv2.GetEmailIdentityOutput) Finding {
	const check = "mail: identity"
	if !identity.VerifiedForSendingStatus {
		return failed(check, name+" is not verified", "add the DNS records that SES shows for it, or open the link that SES has mailed")
	}
	return ok(check, name+" is verified")
}

func dkim(name string, identity *sesv2.GetEmailIdentityOutput) Finding {
	const check = "mail: DKIM"
	const fix = "turn on Easy DKIM for the domain in SES, and add its three CNAME records"
	d := identity.DkimAttributes
	if d == nil || !d.SigningEnabled || d.Status != types.DkimStatusSuccess {
		return warning(check, "mails of "+name+" are not signed", fix)
	}
	return ok(check, "mails of "+name+" are signed")
}
