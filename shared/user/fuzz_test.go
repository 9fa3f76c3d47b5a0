package user_test

import (
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"roster/shared/user"
)

func FuzzCanonicalUsername(f *testing.F) {
	for _, s := range []string{"user1", "User1", "a.b-c_d", "\u212aelvin", "use\u017f", "../x", "ann\n", "ann\xff"} {
		f.Add(s)
	}
	form := regexp.MustCompile(`\A[a-z0-9][a-z0-9._-]{1,30}[a-z0-9]\z`)
	f.Fuzz(func(t *testing.T, s string) {
		name, ok := user.CanonicalUsername(s)
		if ok != form.MatchString(name) {
			t.Fatalf("CanonicalUsername(%q) = %q, %v", s, name, ok)
		}
		if !ok {
			return
		}
		if len(s) != len(name) || !strings.EqualFold(s, name) {
			t.Errorf("%q became %q", s, name)
		}
		if again, ok := user.CanonicalUsername(name); !ok || again != name {
			t.Errorf("%q became %q and then %q", s, name, again)
		}
	})
}

// Whatever is accepted is one address, for us and for whoever sends the mail.
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
		if problem := in.Check(passwords)["email"]; problem != "" {
			return
		}
		kept := storedEmail(t, s)
		if strings.Count(kept, "@") != 1 || len(kept) > 254 || strings.ContainsFunc(kept, func(r rune) bool { return r > unicode.MaxASCII || r <= ' ' || r == 0x7f }) {
			t.Fatalf("%q is kept as %q", s, kept)
		}
		if a, err := mail.ParseAddress(kept); err != nil || a.Address != kept || a.Name != "" {
			t.Errorf("%q is kept as %q, which others read as %v, %v", s, kept, a, err)
		}
		if local, _, _ := strings.Cut(s, "@"); !strings.HasPrefix(kept, local+"@") {
			t.Errorf("%q is kept as %q: the local part is its owner's", s, kept)
		}
		in.Email = kept
		if problem := in.Check(passwords)["email"]; problem != "" {
			t.Errorf("%q is kept as %q, which is refused: %s", s, kept, problem)
		}
	})
}
