// Package ses sends mail through Amazon SES (API v2).
//
//	mailer := mail.Mailer{Transport: ses.New(cfg, "no-reply@example.com")}
//
// SES composes the message from its parts, signs it with DKIM and delivers it. The
// package refuses to let SES track opens and clicks, whatever the account or its
// configuration set says: a rewritten link would send a one-time token to another
// server.
//
// Importing sesv2 alone costs 650 KB and about 4,350 allocations before main, so
// only functions that mail import this package. The client is created for the
// first mail.
package ses

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"roster/shared/mail"
)

// Sender sends mail from one address. It is safe for concurrent use.
type Sender struct {
	from   string
	client func() *sesv2.Client
}

// New returns a sender. From is MAIL_FROM in the form of mail.ParseFrom; SES must
// have verified it. If it is bad, Send returns an error. SES uses the identity's
// default configuration set, if there is one.
func New(cfg aws.Config, from string) *Sender {
	return &Sender{
		from:   from,
		client: sync.OnceValue(func() *sesv2.Client { return sesv2.NewFromConfig(cfg) }),
	}
}

// Send sends one mail. It returns when SES has accepted the mail, which may be
// before its delivery. The error is mail.ErrInvalid if Validate refuses the
// message, otherwise a *mail.SendError. The SDK repeats a call if the answer was
// lost, so a mail may sometimes arrive twice.
func (s *Sender) Send(ctx context.Context, m mail.Message) error {
	if err := m.Validate(); err != nil {
		return err
	}
	from, err := mail.ParseFrom(s.from)
	if err != nil {
		return mail.NewSendError("SES", m.To, mail.ErrSetup, err)
	}
	if _, err := s.client().SendEmail(ctx, input(from, m)); err != nil {
		return mail.NewSendError("SES", m.To, kindOf(err), err)
	}
	return nil
}

func input(from mail.From, m mail.Message) *sesv2.SendEmailInput {
	body := &types.Body{Text: text(m.Text)}
	if m.HTML != "" {
		body.Html = text(m.HTML)
	}
	return &sesv2.SendEmailInput{
		FromEmailAddress: aws.String(from.String()),
		Destination:      &types.Destination{ToAddresses: []string{m.To}},
		Content: &types.EmailContent{Simple: &types.Message{
			Subject: text(m.Subject),
			Body:    body,
			// Automatic replies must not answer this mail (RFC 3834, section 5).
			Headers: []types.MessageHeader{{Name: aws.String("Auto-Submitted"), Value: aws.String("auto-generated")}},
		}},
		ConfigurationOverrides: &types.ConfigurationOverrides{Tracking: &types.TrackingConfigurationOverrides{
			ClickTrackingEnabled: types.FeatureStatusDisabled,
			OpenTrackingEnabled:  types.FeatureStatusDisabled,
		}},
	}
}

// text sets the character set; without one SES assumes ASCII.
func text(s string) *types.Content {
	return &types.Content{Data: aws.String(s), Charset: aws.String("UTF-8")}
}
