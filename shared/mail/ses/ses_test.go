package ses_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"roster/localdev/awstest"
	"roster/shared/mail"
	"roster/shared/mail/ses"
)

func message() mail.Message {
	return mail.Message{To: "ann@example.com", Subject: "Grüße", Text: "Γειά\ncanary-token\n", HTML: "<p>Γειά canary-token</p>"}
}

func TestSendHandsTheMailToSES(t *testing.T) {
	t.Parallel()
	server := awstest.New(t)
	if err := ses.New(server.Config(), "Größe <no-reply@example.com>").Send(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	want := []awstest.Mail{{
		From: "=?utf-8?q?Gr=C3=B6=C3=9Fe?= <no-reply@example.com>", To: "ann@example.com",
		Subject: "Grüße", Text: "Γειά\ncanary-token\n", HTML: "<p>Γειά canary-token</p>",
		Headers:       map[string]string{"Auto-Submitted": "auto-generated"},
		ClickTracking: "DISABLED", OpenTracking: "DISABLED",
	}}
	if diff := cmp.Diff(want, server.Mails()); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
}

func TestSendNeedsNoHTML(t *testing.T) {
	t.Parallel()
	server := awstest.New(t)
	m := message()
	m.HTML = ""
	if err := ses.New(server.Config(), "no-reply@example.com").Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if got := server.Mails(); len(got) != 1 || got[0].HTML != "" || got[0].Text != m.Text {
		t.Errorf("mails %+v", got)
	}
}

func TestSendRefusesInvalidMails(t *testing.T) {
	t.Parallel()
	server := awstest.New(t)
	m := message()
	m.To = "ann@example.com\r\nBcc: bob@example.com"
	if err := ses.New(server.Config(), "no-reply@example.com").Send(t.Context(), m); !errors.Is(err, mail.ErrInvalid) {
		t.Errorf("error %v, want ErrInvalid", err)
	}
	if n := server.Calls(awstest.SendEmail); n != 0 {
		t.Errorf("%d calls", n)
	}
}

func TestSendNeedsAGoodSender(t *testing.T) {
	t.Parallel()
	server := awstest.New(t)
	err := ses.New(server.Config(), "nobody").Send(t.Context(), message())
	if !errors.Is(err, mail.ErrSetup) || !strings.Contains(err.Error(), "MAIL_FROM") {
		t.Errorf("error %v, want ErrSetup that names MAIL_FROM", err)
	}
}

func TestFailuresAreSortedByKind(t *testing.T) {
	t.Parallel()
	unverified := awstest.Failure{
		Status: 400, Code: "MessageRejected",
		Message: "Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: Ann@Example.com",
	}
	tests := map[string]struct {
		failure awstest.Failure
		want    error
		calls   int
	}{
		"throttled":         {awstest.Throttle, mail.ErrTemporary, 3},
		"daily quota":       {awstest.Failure{Status: 400, Code: "LimitExceededException", Message: "x"}, mail.ErrTemporary, 3},
		"outage":            {awstest.ServerError, mail.ErrTemporary, 3},
		"cut by a proxy":    {awstest.Failure{Status: 502, Body: "<html>"}, mail.ErrTemporary, 3},
		"no permission":     {awstest.AccessDenied, mail.ErrSetup, 1},
		"sending paused":    {awstest.Failure{Status: 400, Code: "SendingPausedException", Message: "x"}, mail.ErrSetup, 1},
		"suspended":         {awstest.Failure{Status: 400, Code: "AccountSuspendedException", Message: "x"}, mail.ErrSetup, 1},
		"in the sandbox":    {unverified, mail.ErrRejected, 1},
		"refused":           {awstest.Failure{Status: 400, Code: "BadRequestException", Message: "x"}, mail.ErrRejected, 1},
		"credentials ended": {awstest.Failure{Status: 403, Code: "ExpiredTokenException", Message: "x"}, mail.ErrSetup, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := awstest.New(t)
			server.Fail(awstest.SendEmail, awstest.Times(9, tt.failure)...)
			err := ses.New(server.Config(), "no-reply@example.com").Send(t.Context(), message())
			if !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if n := server.Calls(awstest.SendEmail); n != tt.calls {
				t.Errorf("%d calls, want %d", n, tt.calls)
			}
			checkText(t, err)
			var api interface{ ErrorCode() string }
			if tt.failure.Code != "" && (!errors.As(err, &api) || api.ErrorCode() != tt.failure.Code) {
				t.Errorf("the cause is lost: %v", err)
			}
		})
	}
}

// checkText checks that the text of an error may be logged.
func checkText(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	text := err.Error()
	if !strings.Contains(text, "a***@example.com") {
		t.Errorf("%q does not name the recipient, masked", text)
	}
	for _, hidden := range []string{"ann@", "Ann@", "canary", "Γειά"} {
		if strings.Contains(text, hidden) {
			t.Errorf("%q shows %q", text, hidden)
		}
	}
}

func TestTransientFailureIsRetried(t *testing.T) {
	t.Parallel()
	server := awstest.New(t)
	server.Fail(awstest.SendEmail, awstest.ServerError, awstest.Throttle)
	if err := ses.New(server.Config(), "no-reply@example.com").Send(t.Context(), message()); err != nil {
		t.Error(err)
	}
	if n := len(server.Mails()); n != 1 {
		t.Errorf("%d mails, want 1", n)
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	t.Parallel()
	server := awstest.New(t)
	server.Fail(awstest.SendEmail, awstest.Times(9, awstest.Hang)...)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := ses.New(server.Config(), "no-reply@example.com").Send(ctx, message())
	if !errors.Is(err, mail.ErrTemporary) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want ErrTemporary and DeadlineExceeded", err)
	}
	checkText(t, err)
}

func TestUnreachableServerIsTemporary(t *testing.T) {
	t.Parallel()
	server := awstest.New(t)
	server.Close()
	err := ses.New(server.Config(), "no-reply@example.com").Send(t.Context(), message())
	if !errors.Is(err, mail.ErrTemporary) {
		t.Errorf("error %v, want ErrTemporary", err)
	}
	checkText(t, err)
}

func TestWrongCredentialsAreASetupError(t *testing.T) {
	t.Parallel()
	server := awstest.New(t)
	cfg := server.Config()
	cfg.Credentials = aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("AKIAOTHER", "other", ""))
	err := ses.New(cfg, "no-reply@example.com").Send(t.Context(), message())
	if !errors.Is(err, mail.ErrSetup) {
		t.Errorf("error %v, want ErrSetup", err)
	}
}
