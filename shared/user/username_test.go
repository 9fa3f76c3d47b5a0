package user_test

import (
	"strings"
	"testing"
	"unicode"

	"roster/shared/aws/sam"
	"roster/shared/user"
)

func registration() user.Registration {
	return user.Registration{Username: "ann.lee", FirstName: "Ann", LastName: "Lee", Email: "ann@example.com", Password: right}
}

func usernameReason(s string) string {
	in := registration()
	in.Username = s
	return in.Check(passwords)["username"]
}

func TestValidUsernamesAreAccepted(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"abc": "abc", "user1": "user1", "User1": "user1", "ANN.LEE": "ann.lee", "a-b": "a-b", "a_b": "a_b", "a.b": "a.b",
		"a..b": "a..b", "1st": "1st", "007": "007", "x--y__z..0": "x--y__z..0",
		strings.Repeat("a", 32): strings.Repeat("a", 32), "KELVIN": "kelvin", "admins": "admins", "admin1": "admin1",
	} {
		if got, ok := user.CanonicalUsername(given); !ok || got != want {
			t.Errorf("CanonicalUsername(%q) = %q, %v; want %q", given, got, ok, want)
		}
		if reason := usernameReason(given); reason != "" {
			t.Errorf("%q: %s", given, reason)
		}
	}
}

func TestInvalidUsernamesAreRefused(t *testing.T) {
	t.Parallel()
	const bad = "must be 3 to 32 ASCII letters, digits, '.', '_' or '-', the first and last a letter or digit"
	refused := []string{
		"a", "ab", strings.Repeat("a", 33), strings.Repeat("a", 10_000), // lengths
		".ab", "ab.", "-ab", "ab-", "_ab", "ab_", "...", "-.-", // ends
		"an n", "an\u3000n", "a\u00a0n", "an\n", "ann\x00", "\x00ann", "a\x00n", "ann\x7f", // space and control
		"ann@example.com", "a/b", "a\\b", "../etc", "a%2fb", "a;b", "a:b", "a?b", "a#b", "a&b", "a+b", "a,b", "a'b", `a"b`, "a<b>c", "a$b", "a*b", "a|b", "a~b", "{username}", "(ann)", "[ann]",
		"аdmin", "admın", "ａｄｍｉｎ", "ⓐdmin", "ádmin", "a\u0301nn", "\u212aelvin", "use\u017f", "İstanbul", "ﬁne", "ßeta", // look-alikes and foldings
		"an\u200bn", "an\u200dn", "an\ufeffn", "an\u202en", "an\u2066n", "an\u00adn", "an\u2060n", // invisible
		"ann\xff", "\xc0\xaeann", "ann\xed\xa0\x80", "٣٣٣", "१२३", "用户名", "🦓🦓🦓",
	}
	for _, s := range refused {
		if name, ok := user.CanonicalUsername(s); ok || name != "" {
			t.Errorf("CanonicalUsername(%+q) = %q", s, name)
		}
		if reason := usernameReason(s); reason != bad {
			t.Errorf("%+q: %q", s, reason)
		}
	}
	for _, empty := range []string{"", " ", "\u00a0\t\r\n", "\u3000", "\u200b\u2060\ufeff", "\u202a\u202c"} {
		if reason := usernameReason(empty); reason != "is required" {
			t.Errorf("%q: %q", empty, reason)
		}
	}
	for spaces, want := range map[int]bool{253: true, 254: false} { // with ann it has 256
		if _, ok := user.CanonicalUsername("ann" + strings.Repeat(" ", spaces)); ok != want {
			t.Errorf("with %d spaces: %v", spaces, ok)
		}
	}
}

func TestNoUsernameOutsideASCII(t *testing.T) {
	t.Parallel()
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		for _, s := range []string{"ann" + string(r) + "lee", string(r) + "nn"} {
			if name, ok := user.CanonicalUsername(s); ok || name != "" {
				t.Fatalf("CanonicalUsername(%+q) = %q", s, name)
			}
		}
	}
}

// Requests for an account with such a name would go to another route.
func TestPathSegmentsAreReserved(t *testing.T) {
	t.Parallel()
	n := 0
	for _, route := range sam.MustRoutes() {
		for segment := range strings.SplitSeq(route.Path, "/") {
			name, valid := user.CanonicalUsername(segment)
			if !valid {
				continue
			}
			n++
			if !user.Reserved(name) {
				t.Errorf("%q, of the path %s, is not reserved", name, route.Path)
			}
		}
	}
	if n < 10 {
		t.Errorf("only %d segments were found in template.yaml", n)
	}
}

func TestReservedUsernamesAreRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"admin", "Admin", "ADMIN", "root", "me", "self", "api", "Login", "register", "forget_password", "openapi.json", "null"} {
		reason := usernameReason(name)
		if len(name) < 3 && reason != "" {
			continue // "me" is already refused because it is too short
		}
		if reason != "is reserved" {
			t.Errorf("%q: %q", name, reason)
		}
	}
}
