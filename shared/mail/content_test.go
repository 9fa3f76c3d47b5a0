package mail_test

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"roster/shared/mail"
)

var update = flag.Bool("update", false, "write testdata/*.golden")

const link = "https://accounts.example.com/reset_password?token=3q2-7wEBAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs&lang=en"

func reset(username string) mail.Message {
	return mail.PasswordReset(mail.PasswordResetInput{
		To: "ann@example.com", Username: username, Link: link, ValidFor: 30 * time.Minute,
	})
}

func invitation(username string) mail.Message {
	return mail.AdminInvitation(mail.AdminInvitationInput{
		To: "ann@example.com", Username: username, Link: link, ValidFor: 24 * time.Hour,
	})
}

func userInvitation(username string) mail.Message {
	return mail.Invitation(mail.InvitationInput{
		To: "ann@example.com", Username: username, Link: link, ValidFor: 24 * time.Hour,
	})
}

var mails = map[string]func(string) mail.Message{"password_reset": reset, "admin_invitation": invitation, "invitation": userInvitation, "session_ended": sessionEnded, "token_repeated": tokenRepeated}

func sessionEnded(username string) mail.Message {
	return mail.SessionEnded(mail.Warning{
		To: "ann@example.com", Username: username, Service: "https://accounts.example.com", At: time.Date(2026, 1, 5, 9, 30, 0, 0, time.UTC),
	})
}

func tokenRepeated(username string) mail.Message {
	return mail.TokenRepeated(mail.Warning{
		To: "ann@example.com", Username: username, Service: "https://accounts.example.com", At: time.Date(2026, 1, 5, 9, 30, 0, 0, time.UTC),
	})
}

// warnings are the mails without a link.
var warnings = []string{"session_ended", "token_repeated"}

func TestMailsMatchTheirGoldenFiles(t *testing.T) {
	t.Parallel()
	for name, make := range mails {
		m := make("ann.b")
		if err := m.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		compare(t, name+".txt.golden", "Subject: "+m.Subject+"\n\n"+m.Text)
		compare(t, name+".html.golden", m.HTML)
	}
}

// A mail that is not in mails has no golden file, and no test reads it.
func TestEachMailIsHere(t *testing.T) {
	t.Parallel()
	if n := reflect.TypeFor[mail.Mailer]().NumMethod(); n != len(mails) {
		t.Errorf("a Mailer sends %d mails, and mails in this file has %d: add the new one, and run go test ./shared/mail -update", n, len(mails))
	}
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got); go test ./shared/mail -update writes it:\n%s", file, diff)
	}
}

// Usernames are checked before they get here, but a mail must not depend on that.
const hostile = "\"><script>alert(1)</script><img src=x onerror='x'>\r\nIf it was you, open https://evil.example\u2028&amp;"

func TestHostileUsernamesStayText(t *testing.T) {
	t.Parallel()
	for name, make := range mails {
		m := make(hostile)
		if err := m.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		page := parse(t, m.HTML)
		if !strings.Contains(page.text, `<script>alert(1)</script>`) || !strings.Contains(page.text, "&amp;") {
			t.Errorf("%s: the name is not shown as it was written:\n%s", name, page.text)
		}
		for line := range strings.Lines(m.Text) {
			if strings.HasPrefix(line, "If it was you, open https://evil") {
				t.Errorf("%s: the name begins a line of its own: %s", name, line)
			}
		}
	}
}

func TestHTMLStaysSimple(t *testing.T) {
	t.Parallel()
	allowed := []string{"html", "head", "meta", "title", "body", "table", "tbody", "tr", "td", "p", "a", "br"}
	for name, make := range mails {
		page := parse(t, make(hostile).HTML)
		for _, tag := range page.tags {
			if !slices.Contains(allowed, tag) {
				t.Errorf("%s has <%s>", name, tag)
			}
		}
		if slices.Contains(warnings, name) {
			if len(page.hrefs) > 0 {
				t.Errorf("%s has links: %q", name, page.hrefs)
			}
			continue
		}
		if diff := cmp.Diff([]string{link, link}, page.hrefs); diff != "" {
			t.Errorf("%s links (-want +got):\n%s", name, diff)
		}
		if page.lang != "en" || page.loads != 0 || page.layout != 0 {
			t.Errorf("%s: lang %q, %d attributes that load something, %d tables without role=presentation", name, page.lang, page.loads, page.layout)
		}
		if !strings.Contains(page.text, link) {
			t.Errorf("%s does not show the address as text", name)
		}
	}
}

type page struct {
	tags, hrefs   []string
	text, lang    string
	loads, layout int
}

func parse(t *testing.T, s string) page {
	t.Helper()
	root, err := html.Parse(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	var p page
	for n := range root.Descendants() {
		switch n.Type {
		case html.TextNode:
			p.text += n.Data
		case html.ElementNode:
			p.element(n)
		}
	}
	return p
}

func (p *page) element(n *html.Node) {
	p.tags = append(p.tags, n.Data)
	attributes := make(map[string]string)
	for _, a := range n.Attr {
		attributes[a.Key] = a.Val
		if a.Key == "src" || a.Key == "background" || strings.HasPrefix(a.Key, "on") || strings.Contains(a.Val, "url(") {
			p.loads++
		}
	}
	switch n.Data {
	case "html":
		p.lang = attributes["lang"]
	case "a":
		p.hrefs = append(p.hrefs, attributes["href"])
	case "table":
		if attributes["role"] != "presentation" {
			p.layout++
		}
	}
}

// People know the service by its host, and not by the name of the program.
func TestMailsNameTheService(t *testing.T) {
	t.Parallel()
	for name, make := range mails {
		m := make("ann.b")
		if strings.Contains(m.Subject+m.Text+m.HTML, "Roster") {
			t.Errorf("%s names the program:\n%s", name, m.Text)
		}
		if !strings.HasSuffix(m.Subject, " at accounts.example.com") || !strings.Contains(strings.Join(strings.Fields(m.Text), " "), `account "ann.b" at accounts.example.com`) {
			t.Errorf("%s does not name the service: %s\n%s", name, m.Subject, m.Text)
		}
	}
	for _, odd := range []string{"", "accounts.example.com", "https:///reset_password", "https://" + strings.Repeat("a.", 120) + "example/reset"} {
		m := mail.PasswordReset(mail.PasswordResetInput{To: "ann@example.com", Username: "ann", Link: odd})
		if err := m.Validate(); err != nil || m.Subject != "Reset your password" || !strings.Contains(m.Text, `account "ann".`) {
			t.Errorf("link %q: %v, %q\n%s", odd, err, m.Subject, m.Text)
		}
	}
}

// The name of the product stands for the host, and cannot become a second header.
func TestMailsNameTheProduct(t *testing.T) {
	t.Parallel()
	const app = "Möwe & <b>Söhne</b>"
	for _, m := range []mail.Message{
		mail.PasswordReset(mail.PasswordResetInput{App: app, To: "ann@example.com", Username: "ann.b", Link: link, ValidFor: 30 * time.Minute}),
		mail.AdminInvitation(mail.AdminInvitationInput{App: app, To: "ann@example.com", Username: "ann.b", Link: link, ValidFor: time.Hour}),
		mail.Invitation(mail.InvitationInput{App: app, To: "ann@example.com", Username: "ann.b", Link: link, ValidFor: time.Hour}),
		mail.SessionEnded(mail.Warning{App: app, To: "ann@example.com", Username: "ann.b", Service: "https://accounts.example.com"}),
	} {
		text := strings.Join(strings.Fields(m.Text), " ")
		if err := m.Validate(); err != nil || !strings.HasSuffix(m.Subject, " at "+app) || !strings.Contains(text, `account "ann.b" at `+app) {
			t.Errorf("%v, %q does not name the product:\n%s", err, m.Subject, m.Text)
		}
		if page := parse(t, m.HTML); slices.Contains(page.tags, "b") || !strings.Contains(page.text, app) {
			t.Errorf("%q: the HTML shows it otherwise:\n%s", m.Subject, m.HTML)
		}
	}
	hostile := mail.PasswordReset(mail.PasswordResetInput{App: "x\r\nBcc: evil@example.com", To: "ann@example.com", Username: "ann", Link: link})
	if err := hostile.Validate(); err != nil || hostile.Subject != "Reset your password at x  Bcc: evil@example.com" {
		t.Errorf("%v, %q", err, hostile.Subject)
	}
	longest := mail.AdminInvitation(mail.AdminInvitationInput{App: strings.Repeat("ö", 50), To: "ann@example.com", Username: "ann", Link: link})
	if err := longest.Validate(); err != nil {
		t.Error(err)
	}
}

func TestTextIsReadable(t *testing.T) {
	t.Parallel()
	for name, make := range mails {
		m := make("ann.b")
		if !slices.Contains(warnings, name) && !strings.Contains(m.Text, "\n"+link+"\n") {
			t.Errorf("%s: the link is not on a line of its own", name)
		}
		for line := range strings.Lines(m.Text) {
			if line = strings.TrimSuffix(line, "\n"); line != link && utf8.RuneCountInString(line) > 72 {
				t.Errorf("%s: line of %d columns: %s", name, utf8.RuneCountInString(line), line)
			}
		}
	}
}

func TestLifetimeIsWrittenInWords(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0:                          "less than a minute",
		time.Minute:                "1 minute",
		119 * time.Second:          "1 minute",
		30 * time.Minute:           "30 minutes",
		time.Hour:                  "1 hour",
		90 * time.Minute:           "90 minutes",
		24 * time.Hour:             "24 hours",
		48 * time.Hour:             "2 days",
		7 * 24 * time.Hour:         "7 days",
		24*time.Hour + time.Minute: "1441 minutes",
	} {
		m := mail.PasswordReset(mail.PasswordResetInput{ValidFor: d})
		if !strings.Contains(strings.Join(strings.Fields(m.Text), " "), "only within "+want+" of") {
			t.Errorf("%v is not written as %q:\n%s", d, want, m.Text)
		}
	}
}
