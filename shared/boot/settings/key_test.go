package settings_test

import (
	"encoding/hex"
	"strings"
	"testing"
)

// The values were computed with another program, by RFC 5869 with an empty salt.
// If this test fails, do not change them: the release would make every access
// token and every mailed link of every deployment invalid.
func TestDerivedKeysStayTheSame(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ root, name, want string }{
		{"0123456789abcdefghijklmnopqrstuv", "SECRET_KEY", "7c30f03f5d9860e36f69adfee52abd8ed74c7dc356c90149d7d550e15139db9c"},
		{"0123456789abcdefghijklmnopqrstuv", "JWT_SECRET_KEY", "172a7305e837d0a8f7c3c86cfe5dd3bf98ce8825d0fc378170ce3438235fd2de"},
		{
			"Zk3vN8q1LxTt5RwYb7HcJ2mPd9SfGu4aEoVi6KxQnC0hWsUyMrBgDjFlAeIzOpTX", "SECRET_KEY",
			"5cb5fb485ea7fc6f6c624d66ee127d61292c1b4ad38e6cda5f3d899ac0b5a6ba",
		},
		{
			"Zk3vN8q1LxTt5RwYb7HcJ2mPd9SfGu4aEoVi6KxQnC0hWsUyMrBgDjFlAeIzOpTX", "JWT_SECRET_KEY",
			"256863b00aade2fe3e50c74f441a828491c0db81f3f5ca4eec85a5836504fb29",
		},
	} {
		e := env("ROOT_KEY", test.root)
		check(t, test.name+" from "+test.root, hex.EncodeToString(e.Key(test.name)), test.want)
		check(t, "what is rejected", rejection(t, e), "")
	}
}

func TestAKeyOfItsOwnIsPreferredToADerivedOne(t *testing.T) {
	t.Parallel()
	e := env("SECRET_KEY", canary, "ROOT_KEY", "0123456789abcdefghijklmnopqrstuv")
	check(t, "the key", string(e.Key("SECRET_KEY")), canary)
	check(t, "the length of the derived one", len(e.Key("JWT_SECRET_KEY")), 32)
	check(t, "what is rejected", rejection(t, e), "")
	e = env("SECRET_KEY", canary, "ROOT_KEY", "short")
	e.Key("SECRET_KEY")
	check(t, "a weak root key that nothing needs", rejection(t, e), "")
}

// A mail server, a user name or a password has any form, so only a value that is
// clearly copied from an example is rejected.
func TestOptionalSecretRejectsOnlyObviousPlaceholders(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"your_mail_server", "YOUR-PASSWORD", "your_email@example.com", "changeme", "Please-Change-Me!", "change_me_now", "smtp_server_here",
		"placeholder", "Example", "replace", "xxxxxxxx", "XXXXXXXXXXXX",
	} {
		e := env("MAIL_PASSWORD", value)
		e.OptionalSecret("MAIL_PASSWORD")
		check(t, value, rejection(t, e), "MAIL_PASSWORD is a placeholder; give the real value, or leave it out")
	}
	for _, value := range []string{
		"", canary, "smtp.example.com", "roster@example.com", "for example, a staple", "my-placeholder-9", "replace it 7 times",
		"xxxxxxxx7", "mind your_step", "there", "xxx",
	} {
		e := env("MAIL_PASSWORD", value)
		check(t, "the value", e.OptionalSecret("MAIL_PASSWORD"), value)
		check(t, value, rejection(t, e), "")
	}
}

func TestWeakSecretsAreRejected(t *testing.T) {
	t.Parallel()
	const (
		placeholder = " is a placeholder; generate one, for example with: openssl rand -hex 32"
		short       = " is too short: it must have at least 32 bytes"
		simple      = " is too simple; generate one, for example with: openssl rand -hex 32"
	)
	for value, want := range map[string]string{
		"your_secret_key_here":                    placeholder,
		"YOUR-SECRET-KEY-" + canary:               placeholder,
		"changeme":                                placeholder,
		"please-change-me-" + canary:              placeholder,
		"put_the_jwt_secret_here" + canary:        placeholder,
		"sk-xxxxxxxxxxxxxxxx-" + canary:           placeholder,
		"an example of a key, with many letters":  placeholder,
		"replace with 32 random bytes, please do": placeholder,
		canary[:31]:                               short,
		"a":                                       short,
		strings.Repeat("a", 64):                   simple,
		strings.Repeat("canary", 6):               simple,
		strings.Repeat("ü", 32):                   simple,
	} {
		for _, name := range []string{"SECRET_KEY", "ROOT_KEY", "SECURITY_PASSWORD_SALT"} {
			e := env(name, value)
			if name == "SECURITY_PASSWORD_SALT" {
				e.RequireStrong(name, value)
			} else {
				e.Key("SECRET_KEY")
			}
			check(t, name+" "+value, rejection(t, e), name+want)
		}
	}
	e := env()
	e.Key("JWT_SECRET_KEY")
	check(t, "no key at all", rejection(t, e), "JWT_SECRET_KEY is missing")
}

// What openssl rand -hex 32 and CloudFormation generate must be accepted.
func TestGeneratedSecretsAreAccepted(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"9b1f0c7ad2e4486f9d0c3b5a7e6f1d2c", "5f4dcc3b5aa765d61d8327deb882cf99f1e2d3c4b5a697887766554433221100",
		"q9Xxxxk2LxTt5RwYb7HcJ2mPd9SfGu4aEoVi6KxQnC0hWsUyMrBgDjFlAeIzOpTX", canary,
	} {
		e := env("SECRET_KEY", value)
		check(t, value, string(e.Key("SECRET_KEY")), value)
		check(t, "what is rejected", rejection(t, e), "")
	}
}

// A function that only verifies tokens has no root key, and one without a key for
// the audit log has the one that signs tokens.
func TestTheCursorKeyIsDerived(t *testing.T) {
	t.Parallel()
	const root = "0123456789abcdefghijklmnopqrstuv"
	signs := env("ROOT_KEY", root)
	verifies := env("AUDIT_KEY", signs.AuditKey(), "JWT_SECRET_KEY", canary)
	check(t, "the key of a function without the root key", verifies.CursorKey(), signs.CursorKey())
	check(t, "its length", len(signs.CursorKey()), 32)
	bySecret := env("JWT_SECRET_KEY", canary).CursorKey()
	if string(bySecret) == canary || string(bySecret) == string(signs.CursorKey()) || string(signs.CursorKey()) == signs.AuditKey() {
		t.Error("a key serves two purposes")
	}
	e := env()
	e.CursorKey()
	check(t, "without any key", rejection(t, e), "AUDIT_KEY is missing")
}
