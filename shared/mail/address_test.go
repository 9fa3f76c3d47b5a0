package mail_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/shared/mail"
)

func TestParseFromReadsNameAndAddress(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in     string
		want   mail.From
		header string
	}{
		{"no-reply@example.com", mail.From{Address: "no-reply@example.com"}, "no-reply@example.com"},
		{"<no-reply@example.com>", mail.From{Address: "no-reply@example.com"}, "no-reply@example.com"},
		{"Roster <no-reply@example.com>", mail.From{Name: "Roster", Address: "no-reply@example.com"}, `"Roster" <no-reply@example.com>`},
		{`"Ann, of Roster" <a@example.com>`, mail.From{Name: "Ann, of Roster", Address: "a@example.com"}, `"Ann, of Roster" <a@example.com>`},
		{"Größe <a@example.com>", mail.From{Name: "Größe", Address: "a@example.com"}, "=?utf-8?q?Gr=C3=B6=C3=9Fe?= <a@example.com>"},
	}
	for _, tt := range tests {
		got, err := mail.ParseFrom(tt.in)
		if err != nil {
			t.Errorf("ParseFrom(%q): %v", tt.in, err)
			continue
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("ParseFrom(%q) (-want +got):\n%s", tt.in, diff)
		}
		if got.String() != tt.header {
			t.Errorf("ParseFrom(%q).String() = %s, want %s", tt.in, got, tt.header)
		}
	}
}

func TestParseFromRefusesBadSenders(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		strings.Repeat("x", 300) + " <a@example.com>",
		"", "Roster", "no-reply@", "a@example.com, b@example.com", "a@[127.0.0.1]", "a@example.com\r\nBcc: b@example.com",
		"=?utf-8?q?x=0D=0ABcc=3A_b=40example=2Ecom?= <a@example.com>",
	} {
		if got, err := mail.ParseFrom(in); err == nil {
			t.Errorf("ParseFrom(%q) = %+v, want an error", in, got)
		}
	}
}

func TestDomainIsThePartAfterTheAt(t *testing.T) {
	t.Parallel()
	f := mail.From{Address: "no-reply@mail.example.com"}
	if got := f.Domain(); got != "mail.example.com" {
		t.Errorf("Domain() = %q", got)
	}
}

func TestMaskHidesTheLocalPart(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"ann@example.com": "a***@example.com",
		"ab@example.com":  "a***@example.com",
		"a@example.com":   "***@example.com",
		"nonsense":        "***",
		"":                "***",
		"ann@exa\nmple":   "***",
	} {
		if got := mail.Mask(in); got != want {
			t.Errorf("Mask(%q) = %q, want %q", in, got, want)
		}
	}
}
