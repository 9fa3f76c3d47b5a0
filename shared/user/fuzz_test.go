package user_test

import (
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"roster/shared/user"
)

// aroundASCII reports what may surround a name: no visible character of ASCII.
func aroundASCII(r rune) bool { return unicode.IsSpace(r) || r > unicode.MaxASCII }

func FuzzCanonicalUsername(f *testing.F) {
	for _, s := range []string{"user1", "User1", "a.b-c_d", "\u212aelvin", "use\u017f", "../x", "ann\n", "ann\xff"} {
		f.Add(s)
	}
	canonical := regexp.MustCompile(`\A[a-z0-9][a-z0-9._-]{1,30}[a-z0-9]\z`)
	f.Fuzz(func(t *testing.T, s string) {
		name, ok := user.CanonicalUsername(s)
		if ok != canonical.MatchString(name) {
			t.Fatalf("CanonicalUsername(%q) = %q, %v", s, name, ok)
		}
		if !ok {
			return
		}
		if !strings.EqualFold(strings.TrimFunc(s, aroundASCII), name) {
			t.Errorf("%q became %q", s, name)
		}
		if again, ok := user.CanonicalUsername(name); !ok || again != name {
			t.Errorf("%q became %q and then %q", s, name, again)
		}
	})
}

// Every accepted e-mail is exactly one address, also for the program that sends
// the mail.
func FuzzEmail(f *testing.F) {
	for _, s := range []string{
		"ann@example.com", "a+b@x.yz", "ann@bücher.example", "ann@example.com\r\nBcc: x@y.zz", `"a b"@example.com`, "a@b@c.de", "ann@exa\xffmple.com",
		"ann@[::1]", "ann@example\u3002com", "ann@faß.de", "ann@xn--.com", strings.Repeat("a", 64) + "@" + strings.Repeat("b", 63) + ".cc",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		in := registration()
		in.Email = s
		if reason := in.Check(passwords)["email"]; reason != "" {
			return
		}
		stored := storedEmail(t, s)
		if strings.Count(stored, "@") != 1 || len(stored) > 254 || strings.ContainsFunc(stored, func(r rune) bool { return r > unicode.MaxASCII || r <= ' ' || r == 0x7f }) {
			t.Fatalf("%q is stored as %q", s, stored)
		}
		if a, err := mail.ParseAddress(stored); err != nil || a.Address != stored || a.Name != "" {
			t.Errorf("%q is stored as %q, which net/mail reads as %v, %v", s, stored, a, err)
		}
		if local, _, _ := strings.Cut(strings.TrimFunc(s, aroundASCII), "@"); !strings.HasPrefix(stored, local+"@") {
			t.Errorf("%q is stored as %q: the local part must not change", s, stored)
		}
		in.Email = stored
		if reason := in.Check(passwords)["email"]; reason != "" {
			t.Errorf("%q is stored as %q, which is refused: %s", s, stored, reason)
		}
	})
}
