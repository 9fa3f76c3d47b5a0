package user_test

import (
	"strings"
	"testing"

	"roster/shared/user"
)

func emailReason(s string) string {
	in := registration()
	in.Email = s
	return in.Check(passwords)["email"]
}

// storedEmail changes an account's e-mail and returns the address that is stored.
func storedEmail(t testing.TB, email string) string {
	t.Helper()
	db := &store{users: []*user.User{ann()}}
	if err := update(t, db, ann(), "ann.lee", user.Changes{Email: &email}); err != nil {
		t.Fatalf("%q: %v", email, err)
	}
	return *db.edit.Email
}

var longLabel = strings.Repeat("d", 63)

func TestValidEmailsAreAccepted(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"ann@example.com", "a@b.cc", "ann.lee@example.com", "ann+roster@example.com", "ann_lee@example.com", "ann-lee@example.com", "-@example.com", "0@example.com",
		"!#$%&'*+/=?^_`{|}~-@example.com", "o'brien@example.com", "Ann@example.com", "ANN.LEE@example.com", "postmaster@example.com",
		"ann@sub.domain.example.com", "ann@a-b.example.com", "ann@3com.com", "ann@my--shop.example", "ann@a--b.c--d.example", "ann@r3---sn-x.example.com", "ann@1.2.example", "ann@xn--bcher-kva.example", "ann@example.xn--p1ai", "ann@example.museum",
		strings.Repeat("a", 64) + "@example.com", "a@" + longLabel + ".com",
		"a@" + longLabel + "." + longLabel + "." + longLabel + "." + strings.Repeat("d", 56) + ".com", // 254 in all
	} {
		if reason := emailReason(s); reason != "" {
			t.Errorf("%q: %s", s, reason)
		}
	}
}

func TestInvalidEmailsAreRefused(t *testing.T) {
	t.Parallel()
	refused := []string{
		"ann", "@", "ann@", "@example.com", "ann@example", "ann@localhost", "example.com", "ann@@example.com", "ann@b@example.com", "ann example.com",
		"ann @example.com", "ann@ example.com", "ann@exam ple.com", "ann@example.com\r\nBcc: ben@example.com",
		"ann\n@example.com", "ann@example.com\x00", "\x00ann@example.com", "ann\x00@example.com", "ann@exa\x00mple.com", "ann\x7f@example.com", "ann\x1b[0m@example.com",
		".ann@example.com", "ann.@example.com", "ann..lee@example.com", "ann@.example.com", "ann@example..com", "ann@example.com.", "ann@example.", "ann@.",
		"ann@-example.com", "ann@example-.com", "ann@ex_ample.com", "ann@example.c", "ann@example.1", "ann@example.123", "ann@example.-com", "ann@1.2.3.4", "ann@[127.0.0.1]", "ann@[IPv6:::1]", "ann@127.0.0.1", "ann@example.com:25",
		`"ann"@example.com`, `"ann lee"@example.com`, `"ann@lee"@example.com`, `ann\@lee@example.com`, `"\""@example.com`, "ann(comment)@example.com", "ann@(comment)example.com", "ann@example.com (Ann)",
		"Ann <ann@example.com>", "<ann@example.com>", "mailto:ann@example.com", "ann@example.com,ben@example.com", "ann@example.com;ben@example.com", "ann,ben@example.com", "ann:ben@example.com", "ann;ben@example.com", "[ann]@example.com", "ann<@example.com", "ann@<example.com",
		"ann@example.com?subject=x", "ann@example.com/x", "ann@example.com#x", "ann@example.com&x", "ann%40example.com", "ann@example%2ecom",
		"änn@example.com", "ann\u0301@example.com", "аnn@example.com", "ａnn@example.com", "ann＠example.com", "an\u200bn@example.com", "an\u202en@example.com", "\u202eann@example.com", "mıke@example.com", "\u212aate@example.com",
		"ann@\u202eexample.com", "ann@exam\u00adple.com\u00ad.", "ann@ex\u2024ample.com", "ann@⒈com.example", "ann@xn--.com", "ann@xn--a.com", "ann@xn--\u00fc.com", "ann@☃.example\x00",
		"ann\xff@example.com", "ann@exa\xffmple.com", "ann@\xed\xa0\x80.com",
		strings.Repeat("a", 65) + "@example.com", "a@" + longLabel + "d.com",
		"a@" + longLabel + "." + longLabel + "." + longLabel + "." + strings.Repeat("d", 57) + ".com", // 255 in all
		strings.Repeat("a", 100_000) + "@example.com", "ann@" + strings.Repeat("a.", 50_000) + "com", strings.Repeat("@", 1000),
	}
	for _, s := range refused {
		if reason := emailReason(s); reason != "must be an e-mail address" {
			t.Errorf("%+.80q: %q", s, reason)
		}
	}
	if reason := emailReason(""); reason != "is required" {
		t.Errorf("empty: %q", reason)
	}
}

func TestEmailDomainIsStoredInASCII(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"Ann.Lee+x@example.com":       "Ann.Lee+x@example.com", // only the owner's mail server may interpret the local part
		"ann@EXAMPLE.com":             "ann@example.com",
		"ann@bücher.example":          "ann@xn--bcher-kva.example",
		"ann@BÜCHER.example":          "ann@xn--bcher-kva.example",
		"ann@bu\u0308cher.example":    "ann@xn--bcher-kva.example",
		"ann@faß.example":             "ann@xn--fa-hia.example", // by IDNA 2008; IDNA 2003 would make it fass
		"ann@пример.испытание":        "ann@xn--e1afmkfd.xn--80akhbyknj4f",
		"ann@example\u3002com":        "ann@example.com", // the ideographic full stop
		"ann@ｅｘａｍｐｌｅ.com":             "ann@example.com",
		"ann@xn--bcher-kva.EXAMPLE":   "ann@xn--bcher-kva.example",
		"ann@\u212aelvin.example.io":  "ann@kelvin.example.io",
		"\u3000ann@example.com\u3000": "ann@example.com", // from a Japanese keyboard
		"\u202aann@example.com\u202c": "ann@example.com", // from a list of contacts
		"\ufeff\u200fann@example.com": "ann@example.com",
		"ann@exa\u200bmple.com\u200b": "ann@example.com", // such characters come with text copied from a web page
	} {
		if got := storedEmail(t, given); got != want {
			t.Errorf("%q is stored as %q, want %q", given, got, want)
		}
	}
}
