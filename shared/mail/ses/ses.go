// Package ses sends mail through Amazon SES (API v2).
//
// It hands over the parts of a mail and leaves the making of the message, its
// signing with DKIM and its delivery to SES. It refuses what SES would do to a
// link for statistics: opens and clicks are never tracked, whatever the account
// or its configuration set says, because a rewritten link carries a one-time
// token through another server.
//
// Merely importing sesv2 costs 650 KB and some 4,350 allocations before main,
// so only functions that mail import this package. The client itself is made at
// the first mail.
package ses

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"roster/shared/mail"
)

// Sender sends mail from one address, for use by several goroutines.
type Sender struct {
	from   string
	client func() *sesv2.Client
}

// New makes a sender. From is MAIL_FROM as mail.ParseFrom takes it, an identity
// verified in SES; a bad one is an error of Send. A configuration set is the
// identity's default one, where it has one.
func New(cfg aws.Config, from string) *Sender {
	return &Sender{
		from:   from,
		client: sync.OnceValue(func() *sesv2.Client { return sesv2.NewFromConfig(cfg) }),
	}
}

// Send sends one mail and returns when SES has taken it, which is not yet its
// delivery. A message that Validate refuses gives mail.ErrInvalid; everything
// else is a *mail.SendError. A try whose answer got lost is repeated, so that
// now and then a mail arrives twice, and never not at all.
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
			// Keeps holiday notices from answering (RFC 3834, section 5).
			Headers: []types.MessageHeader{{Name: aws.String("Auto-Submitted"), Value: aws.String("auto-generated")}},
		}},
		ConfigurationOverrides: &types.ConfigurationOverrides{Tracking: &types.TrackingConfigurationOverrides{
			ClickTrackingEnabled: types.FeatureStatusDisabled,
			OpenTrackingEnabled:  types.FeatureStatusDisabled,
		}},
	}
}

// text names its character set: without one SES takes the bytes for ASCII.
func text(s string) *types.Content {
	return &types.Content{Data: aws.String(s), Charset: aws.String("UTF-8")}
}
