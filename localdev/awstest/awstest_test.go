package awstest_test

import (
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/google/go-cmp/cmp"

	"roster/localdev/awstest"
)

func text(s, charset string) *types.Content {
	c := &types.Content{Data: &s}
	if charset != "" {
		c.Charset = &charset
	}
	return c
}

func email(subject *types.Content, to ...string) *sesv2.SendEmailInput {
	return &sesv2.SendEmailInput{
		FromEmailAddress: aws.String("no-reply@example.com"),
		Destination:      &types.Destination{ToAddresses: to},
		Content: &types.EmailContent{Simple: &types.Message{
			Subject: subject,
			Body:    &types.Body{Text: text("Hi\n", ""), Html: text("<p>Grüße</p>", "UTF-8")},
			Headers: []types.MessageHeader{{Name: aws.String("X-A"), Value: aws.String("b")}},
		}},
	}
}

func TestSendEmailKeepsTheMail(t *testing.T) {
	t.Parallel()
	s := awstest.New(t)
	client := sesv2.NewFromConfig(s.Config())
	if _, err := client.SendEmail(t.Context(), email(text("Hello", ""), "ann@example.com")); err != nil {
		t.Fatal(err)
	}
	want := []awstest.Mail{{
		From: "no-reply@example.com", To: "ann@example.com", Subject: "Hello", Text: "Hi\n", HTML: "<p>Grüße</p>",
		Headers: map[string]string{"X-A": "b"},
	}}
	if diff := cmp.Diff(want, s.Mails()); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
}

func TestSendEmailRefusesBadMails(t *testing.T) {
	t.Parallel()
	s := awstest.New(t)
	client := sesv2.NewFromConfig(s.Config())
	for name, in := range map[string]*sesv2.SendEmailInput{
		"character set not named": email(text("Grüße", ""), "ann@example.com"),
		"two recipients":          email(text("Hello", ""), "ann@example.com", "bob@example.com"),
		"nobody":                  email(text("Hello", "")),
	} {
		_, err := client.SendEmail(t.Context(), in)
		var bad *types.BadRequestException
		if !errors.As(err, &bad) {
			t.Errorf("%s: %v, want BadRequestException", name, err)
		}
	}
	if n := len(s.Mails()); n != 0 {
		t.Errorf("%d mails were taken", n)
	}
}

func TestGetSecretValueAnswersTheSecret(t *testing.T) {
	t.Parallel()
	s := awstest.New(t)
	s.SetSecret("text", `{"A":"b"}`)
	s.SetBinarySecret("bytes", []byte{1, 2})
	client := secretsmanager.NewFromConfig(s.Config())
	get := func(id string) (*secretsmanager.GetSecretValueOutput, error) {
		return client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &id})
	}
	if out, err := get("text"); err != nil || *out.SecretString != `{"A":"b"}` {
		t.Errorf("text: %+v, %v", out, err)
	}
	if out, err := get("bytes"); err != nil || out.SecretString != nil || string(out.SecretBinary) != "\x01\x02" {
		t.Errorf("bytes: %+v, %v", out, err)
	}
	_, err := get("absent")
	var notFound *smtypes.ResourceNotFoundException
	if !errors.As(err, &notFound) {
		t.Errorf("absent: %v, want ResourceNotFoundException", err)
	}
}

func TestSignatureIsChecked(t *testing.T) {
	t.Parallel()
	s := awstest.New(t)
	s.SetSecret("s", "x")
	good := s.Config()
	tests := map[string]struct {
		change func(*aws.Config)
		code   string
	}{
		"nobody's":       {func(c *aws.Config) { c.Credentials = aws.AnonymousCredentials{} }, "MissingAuthenticationToken"},
		"another key":    {func(c *aws.Config) { c.Credentials = credentials.NewStaticCredentialsProvider("AKIAOTHER", "x", "") }, "UnrecognizedClient"},
		"another region": {func(c *aws.Config) { c.Region = "us-east-1" }, "InvalidSignature"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := good.Copy()
			tt.change(&cfg)
			_, err := secretsmanager.NewFromConfig(cfg).GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("s")})
			if err == nil || !strings.Contains(err.Error(), tt.code) {
				t.Errorf("error %v, want %s", err, tt.code)
			}
		})
	}
}

func TestAnUnknownOperationIsRefused(t *testing.T) {
	t.Parallel()
	s := awstest.New(t)
	resp, err := http.Post(s.URL+"/", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d, want 400", resp.StatusCode)
	}
}

func TestFailuresComeInOrder(t *testing.T) {
	t.Parallel()
	s := awstest.New(t)
	lost := awstest.ServerError
	lost.AfterEffect = true
	s.Fail(awstest.SendEmail, awstest.AccessDenied, lost)
	client := sesv2.NewFromConfig(s.Config(), func(o *sesv2.Options) { o.Retryer = aws.NopRetryer{} })
	for i, want := range []string{"AccessDenied", "InternalFailure", ""} {
		_, err := client.SendEmail(t.Context(), email(text("Hello", ""), "ann@example.com"))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("call %d: %v, want %q", i, err, want)
		}
	}
	if n, calls := len(s.Mails()), s.Calls(awstest.SendEmail); n != 2 || calls != 3 {
		t.Errorf("%d mails after %d calls, want 2 (one of them with its answer lost) after 3", n, calls)
	}
}

func TestRecoverEndsFailures(t *testing.T) {
	t.Parallel()
	s := awstest.New(t)
	s.Fail(awstest.SendEmail, awstest.Times(100, awstest.ServerError)...)
	client := sesv2.NewFromConfig(s.Config(), func(o *sesv2.Options) { o.Retryer = aws.NopRetryer{} })
	if _, err := client.SendEmail(t.Context(), email(text("Hello", ""), "ann@example.com")); err == nil {
		t.Error("it did not fail")
	}
	s.Recover(awstest.SendEmail)
	if _, err := client.SendEmail(t.Context(), email(text("Hello", ""), "ann@example.com")); err != nil {
		t.Error(err)
	}
}

func TestCloseEndsHangingAnswers(t *testing.T) {
	t.Parallel()
	s, err := awstest.Start()
	if err != nil {
		t.Fatal(err)
	}
	s.Fail(awstest.SendEmail, awstest.Hang)
	done := make(chan error, 1)
	client := sesv2.NewFromConfig(s.Config(), func(o *sesv2.Options) { o.Retryer = aws.NopRetryer{} })
	go func() {
		_, err := client.SendEmail(t.Context(), email(text("Hello", ""), "ann@example.com"))
		done <- err
	}()
	for s.Calls(awstest.SendEmail) == 0 {
		select {
		case err := <-done:
			t.Fatalf("answered: %v", err)
		default:
			runtime.Gosched()
		}
	}
	s.Close()
	s.Close()
	if err := <-done; err == nil {
		t.Error("the hanging call succeeded")
	}
}
