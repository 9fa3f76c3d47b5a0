package aws_test

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
	"roster/shared/mail"
	"roster/shared/mail/ses"
)

// forgotten asks for a mail, which is answered the same whether or not it is
// sent.
func (s *stack) forgotten() {
	s.t.Helper()
	const forgot = "POST /api/user/forget_password"
	raw := s.official("forget_password", request(s.t, forgot, "/api/user/forget_password", `{"username":"admin","email":"ops@example.com"}`))
	if !strings.Contains(string(raw), `"statusCode":200`) {
		s.t.Fatalf("forget_password answers %s\n%s", raw, s.emulators["forget_password"].log)
	}
}

var mailedLink = regexp.MustCompile(`https://accounts\.example\.com/reset_password\?token=([A-Za-z0-9_-]+)`)

// From an address that SES does not know no mail goes out, and the log counts
// it. Once it is verified, the mailed link sets a new password.
func TestAForgottenPasswordAgainstMoto(t *testing.T) {
	t.Parallel()
	const from = "forgotten@example.com"
	s := newStack(t, postgrestest.Empty(t), nil)
	s.values["MAIL_FROM"] = from
	s.deploy()
	s.forgotten()
	log := s.emulators["forget_password"].log
	eventually(t, "the log counts the failure", func() bool { return strings.Contains(log.String(), `"MailFailed":1`) })
	if !strings.Contains(log.String(), "MessageRejected") || strings.Contains(log.String(), "ops@example.com") {
		t.Errorf("the log does not say why, or shows an address:\n%s", log)
	}

	s.moto.verify(t, from)
	s.forgotten()
	mails := s.moto.mails(t, from)
	if len(mails) != 1 || !cmp.Equal(mails[0].Destinations.ToAddresses, []string{"ops@example.com"}) {
		t.Fatalf("mails: %+v, want one to the admin", mails)
	}
	link := mailedLink.FindStringSubmatch(html.UnescapeString(mails[0].Body))
	if link == nil {
		t.Fatalf("the mail has no link: %s", mails[0].Body)
	}
	const reset = "POST /api/user/reset_password"
	raw := s.official("reset_password", request(t, reset, "/api/user/reset_password", `{"token":"`+link[1]+`","new_password":"another horse battery"}`))
	if !strings.Contains(string(raw), `"statusCode":200`) {
		t.Errorf("reset_password answers %s", raw)
	}
	s.asks("login", request(t, login, "/api/user/login", credentials("another horse battery")), 200)
}

// localMail is what aws-ses-v2-local keeps of a mail.
type localMail struct {
	From, Subject string
	Destination   struct{ To, Cc, Bcc []string }
	Body          struct{ Text, HTML string }
	Headers       []struct{ Name, Value string }
	ReplyTo       []string
}

// startSESLocal starts npm's server and returns its address.
func startSESLocal(t testing.TB) string {
	t.Helper()
	cli := installed(t, "node_modules/aws-ses-v2-local/dist/cli.js")
	addresses, err := freeAddresses(1)
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := strings.Cut(addresses[0], ":")
	p, err := launch(addresses[0], nil, "node", cli, "--host", host, "--port", port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	return "http://" + addresses[0]
}

func storedAt(t testing.TB, url string) []localMail {
	t.Helper()
	var store struct{ Emails []localMail }
	getJSON(t, url+"/store", &store)
	return store.Emails
}

// A mail arrives as it was sent, in every language. The server is at fault where
// it forgets ConfigurationOverrides, by which Roster turns tracking off: that is
// seen by shared/mail/ses alone.
func TestSESv2Local(t *testing.T) {
	t.Parallel()
	url := startSESLocal(t)
	m := mail.Message{To: "ann@example.com", Subject: "Grüße, 世界", Text: "Γειά\n.\nab\n", HTML: "<p>Γειά 🙂</p>"}
	if err := ses.New(configOf(t, awsVariables(url)), "Größe <no-reply@example.com>").Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	var want localMail
	want.From, want.Subject = "=?utf-8?q?Gr=C3=B6=C3=9Fe?= <no-reply@example.com>", m.Subject
	want.Destination.To, want.Destination.Cc, want.Destination.Bcc = []string{m.To}, []string{}, []string{}
	want.Body.Text, want.Body.HTML = m.Text, m.HTML
	want.Headers = []struct{ Name, Value string }{{"Auto-Submitted", "auto-generated"}}
	want.ReplyTo = []string{}
	if diff := cmp.Diff([]localMail{want}, storedAt(t, url)); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
}

// SES alone is elsewhere, by the variable that AWS has for it.
func TestAForgottenPasswordThroughSESv2Local(t *testing.T) {
	t.Parallel()
	url := startSESLocal(t)
	s := newStack(t, postgrestest.Empty(t), nil)
	s.extra = map[string]string{"AWS_ENDPOINT_URL_SESV2": url}
	s.deploy()
	s.forgotten()
	mails := storedAt(t, url)
	if len(mails) != 1 || len(mails[0].Destination.To) != 1 || mails[0].Destination.To[0] != "ops@example.com" {
		t.Fatalf("mails: %+v, want one to the admin", mails)
	}
	text, page := mailedLink.FindString(mails[0].Body.Text), mailedLink.FindString(html.UnescapeString(mails[0].Body.HTML))
	if text == "" || text != page {
		t.Errorf("the links are %q in the text and %q in the page", text, page)
	}
}
