package mail_test

import (
	"errors"
	"mime"
	netmail "net/mail"
	"strings"
	"testing"
	"unicode"

	"roster/shared/mail"
)

func good() mail.Message {
	return mail.Message{To: "ann@example.com", Subject: "Hello", Text: "Hi\n", HTML: "<p>Hi</p>"}
}

func TestValidateAcceptsGoodMails(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*mail.Message){
		"plain":             func(*mail.Message) {},
		"no HTML":           func(m *mail.Message) { m.HTML = "" },
		"Subject in Greek":  func(m *mail.Message) { m.Subject = "Νέος κωδικός" },
		"plus address":      func(m *mail.Message) { m.To = "ann+roster@example.com" },
		"O'Hara":            func(m *mail.Message) { m.To = "o'hara@example.co.uk" },
		"host without dots": func(m *mail.Message) { m.To = "admin@localhost" },
		"A-label":           func(m *mail.Message) { m.To = "ann@xn--bcher-kva.example" },
		"longest local":     func(m *mail.Message) { m.To = strings.Repeat("a", 64) + "@example.com" },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := good()
			change(&m)
			if err := m.Validate(); err != nil {
				t.Errorf("Validate() = %v, want nil", err)
			}
		})
	}
}

func TestValidateRefusesRecipients(t *testing.T) {
	t.Parallel()
	for _, to := range []string{
		"", "ann", "@example.com", "ann@", "ann@@example.com", "ann@b@example.com",
		"ann@example.com, bob@example.com", "ann@example.com bob@example.com", "ann@example.com;bob@example.com",
		"ann@example.com\r\nBcc: bob@example.com", "ann@example.com\n", "\rann@example.com", "ann\x00@example.com",
		"Ann <ann@example.com>", "<ann@example.com>", "ann@example.com>", `"ann"@example.com`, `ann\@example.com`,
		"ann(comment)@example.com", "ann@[127.0.0.1]", ".ann@example.com", "ann.@example.com", "a..b@example.com",
		"ann@-example.com", "ann@example-.com", "ann@example..com", "ann@.example.com", "ann@example.com.",
		"mıke@example.com", "ann@bücher.example", "ann@example.com\u2028", "ann @example.com", "\tann@example.com",
		strings.Repeat("a", 65) + "@example.com", "ann@" + strings.Repeat("a", 64) + ".com",
		"ann@" + strings.Repeat("a.", 126) + "com",
	} {
		m := good()
		m.To = to
		if err := m.Validate(); !errors.Is(err, mail.ErrInvalid) {
			t.Errorf("To %q: Validate() = %v, want ErrInvalid", to, err)
		} else if len(to) > 3 && strings.Contains(err.Error(), to) {
			t.Errorf("the error shows the address: %v", err)
		}
	}
}

func TestValidateRefusesContent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*mail.Message)
		member string
	}{
		"no Subject":        {func(m *mail.Message) { m.Subject = "" }, "Subject"},
		"blank Subject":     {func(m *mail.Message) { m.Subject = " " }, "Subject"},
		"space around it":   {func(m *mail.Message) { m.Subject = "Hi " }, "Subject"},
		"long Subject":      {func(m *mail.Message) { m.Subject = strings.Repeat("x", 201) }, "Subject"},
		"CRLF in Subject":   {func(m *mail.Message) { m.Subject = "Hi\r\nBcc: bob@example.com" }, "Subject"},
		"LF in Subject":     {func(m *mail.Message) { m.Subject = "Hi\nthere" }, "Subject"},
		"CR in Subject":     {func(m *mail.Message) { m.Subject = "Hi\rthere" }, "Subject"},
		"NUL in Subject":    {func(m *mail.Message) { m.Subject = "Hi\x00" }, "Subject"},
		"NEL in Subject":    {func(m *mail.Message) { m.Subject = "Hi\u0085there" }, "Subject"},
		"U+2028 in Subject": {func(m *mail.Message) { m.Subject = "Hi\u2028there" }, "Subject"},
		"encoded Subject":   {func(m *mail.Message) { m.Subject = "=?utf-8?q?Hi=0D=0ABcc=3A_bob=40example.com?=" }, "Subject"},
		"broken Subject":    {func(m *mail.Message) { m.Subject = "Hi\xff" }, "Subject"},
		"no Text":           {func(m *mail.Message) { m.Text = "" }, "Text"},
		"NUL in Text":       {func(m *mail.Message) { m.Text = "Hi\x00" }, "Text"},
		"broken Text":       {func(m *mail.Message) { m.Text = "Hi\xff" }, "Text"},
		"huge Text":         {func(m *mail.Message) { m.Text = strings.Repeat("x", 64<<10+1) }, "Text"},
		"NUL in HTML":       {func(m *mail.Message) { m.HTML = "\x00" }, "HTML"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := good()
			tt.change(&m)
			err := m.Validate()
			if !errors.Is(err, mail.ErrInvalid) || !strings.Contains(err.Error(), tt.member) {
				t.Errorf("Validate() = %v, want ErrInvalid that names %s", err, tt.member)
			}
		})
	}
}

// FuzzValidate checks that the standard library's parser, too, reads an accepted
// message as one recipient and one line of a header.
func FuzzValidate(f *testing.F) {
	f.Add("ann@example.com", "Hello")
	f.Add("ann@example.com\r\nBcc: bob@example.com", "Hi\r\nBcc: bob@example.com")
	f.Add("a,b@c", "\x00")
	f.Add("a=?utf-8?q?x?=@b", "=?utf-8?q?x=0Ay?=")
	f.Fuzz(func(t *testing.T, to, subject string) {
		m := mail.Message{To: to, Subject: subject, Text: "x"}
		if m.Validate() != nil {
			return
		}
		list, err := netmail.ParseAddressList(to)
		if err != nil || len(list) != 1 || list[0].Address != to || list[0].Name != "" {
			t.Errorf("To %q reads as %v, %v", to, list, err)
		}
		decoded, err := new(mime.WordDecoder).DecodeHeader(subject)
		if err != nil || decoded != subject || strings.ContainsFunc(to+subject, unicode.IsControl) {
			t.Errorf("To %q or Subject %q is more than it seems: %q, %v", to, subject, decoded, err)
		}
	})
}
