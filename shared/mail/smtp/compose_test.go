package smtp_test

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	gomail "github.com/wneessen/go-mail"

	"roster/shared/mail"
	"roster/shared/mail/smtp"
)

var from = mail.From{Name: "Größe", Address: "no-reply@roster.example"}

// checkMessage parses a message with the standard library, and checks that it has
// everything that was sent, once.
func checkMessage(t *testing.T, raw []byte, want mail.Message) {
	t.Helper()
	got, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("not a message: %v\n%s", err, raw)
	}
	for _, name := range []string{"From", "To", "Subject", "Date", "Message-Id", "Auto-Submitted", "Mime-Version", "Content-Type"} {
		if len(got.Header[name]) != 1 {
			t.Errorf("%d headers %s", len(got.Header[name]), name)
		}
	}
	if n := len(got.Header); n > 9 {
		t.Errorf("%d headers: %v", n, got.Header)
	}
	if to := got.Header.Get("To"); to != want.To {
		t.Errorf("To: %q", to)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
	if err != nil || subject != want.Subject {
		t.Errorf("Subject: %q, %v, want %q", subject, err, want.Subject)
	}
	if date, err := got.Header.Date(); err != nil || time.Since(date).Abs() > time.Hour {
		t.Errorf("Date: %v, %v", date, err)
	}
	var parts []string
	kind, params, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if kind == "multipart/alternative" {
		parts = readParts(t, multipart.NewReader(got.Body, params["boundary"]))
	} else {
		parts = []string{kind + "; charset=" + params["charset"], read(t, quotedprintable.NewReader(got.Body))}
	}
	wanted := []string{"text/plain; charset=utf-8", lf(want.Text)}
	if want.HTML != "" {
		wanted = append(wanted, "text/html; charset=utf-8", lf(want.HTML))
	}
	if diff := cmp.Diff(wanted, parts); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
}

func readParts(t *testing.T, r *multipart.Reader) (list []string) {
	t.Helper()
	for {
		part, err := r.NextPart() // decodes quoted-printable
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, part.Header.Get("Content-Type"), read(t, part))
	}
}

func read(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return lf(string(b))
}

// lf converts CRLF to LF: in a text part they mean the same.
func lf(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

func compose(t *testing.T, m mail.Message) []byte {
	t.Helper()
	raw, err := smtp.Compose(from, m, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestComposedMailReadsBackAsSent(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]mail.Message{
		"both parts":     message(),
		"text only":      {To: "bob@example.com", Subject: "Hi", Text: "Hi\n"},
		"long lines":     {To: "bob@example.com", Subject: "Hi", Text: strings.Repeat("long ", 500), HTML: "<p>" + strings.Repeat("é", 3000)},
		"long subject":   {To: "bob@example.com", Subject: strings.Repeat("ü", 100), Text: "Hi"},
		"looks like QP":  {To: "bob@example.com", Subject: "a=3Db", Text: "a=3Db =\n", HTML: "=3D"},
		"no last line":   {To: "bob@example.com", Subject: "Hi", Text: "a", HTML: "b"},
		"trailing space": {To: "bob@example.com", Subject: "Hi", Text: "a \t\nb ", HTML: "c "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := compose(t, m)
			checkMessage(t, raw, m)
			for line := range strings.Lines(string(raw)) {
				if !strings.HasSuffix(line, "\r\n") && line != "" && strings.HasSuffix(line, "\n") {
					t.Errorf("a line ends in a bare LF: %q", line)
				}
				if len(line) > 1000 {
					t.Errorf("a line of %d bytes; RFC 5322 allows 998", len(line))
				}
			}
			if i := bytes.IndexFunc(raw, func(r rune) bool { return r > 126 || r < 32 && r != '\r' && r != '\n' && r != '\t' }); i >= 0 {
				t.Errorf("byte %d is not printable ASCII", i)
			}
		})
	}
}

func TestComposedMailIsReadByAnotherParser(t *testing.T) {
	t.Parallel()
	got, err := gomail.EMLToMsgFromString(string(compose(t, message())))
	if err != nil {
		t.Fatal(err)
	}
	if list := got.GetToString(); len(list) != 1 || list[0] != "<bob@example.com>" {
		t.Errorf("To: %v", list)
	}
	if list := got.GetFrom(); len(list) != 1 || list[0].Name != from.Name || list[0].Address != from.Address {
		t.Errorf("From: %v", list)
	}
	var parts []string
	for _, part := range got.GetParts() {
		content, err := part.GetContent()
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, string(part.GetContentType()), lf(string(content)))
	}
	if diff := cmp.Diff([]string{"text/plain", message().Text, "text/html", message().HTML}, parts); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
}

func TestMessageIDsDiffer(t *testing.T) {
	t.Parallel()
	id := func() string {
		m, err := netmail.ReadMessage(bytes.NewReader(compose(t, message())))
		if err != nil {
			t.Fatal(err)
		}
		return m.Header.Get("Message-ID")
	}
	a, b := id(), id()
	if a == b || !strings.HasSuffix(a, "@roster.example>") {
		t.Errorf("%s and %s", a, b)
	}
}

// FuzzCompose checks that a message that Validate accepts reads back unchanged.
func FuzzCompose(f *testing.F) {
	f.Add("bob@example.com", "Hi", "Hi\r\n.\r\n", "<p>Hi")
	f.Add("bob@example.com", "Hi\r\nBcc: eve@example.com", "--\r\n", "")
	f.Add("bob@example.com", " ", "Hi", "")
	f.Add("bob@example.com", "Größe =?", "=\n", "\n\n--x--")
	f.Fuzz(func(t *testing.T, to, subject, text, html string) {
		m := mail.Message{To: to, Subject: subject, Text: text, HTML: html}
		if m.Validate() != nil || strings.ContainsRune(lf(text)+lf(html), '\r') {
			return // a text part may change a bare CR, which is no line ending
		}
		checkMessage(t, compose(t, m), m)
	})
}
