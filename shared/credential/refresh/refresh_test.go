package refresh_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"roster/shared/credential/refresh"
)

const session = "0b9a2a52-2f2c-4d7e-9c35-1f0d8a8b7c6d"

var keys = refresh.New([]byte("0123456789abcdefghijklmnopqrstuv"))

func TestParseReturnsWhatWasEncoded(t *testing.T) {
	t.Parallel()
	first := keys.First(session)
	got, ok := keys.Parse(keys.Encode(first))
	if !ok || got != first || got.Session != session || got.Generation != 1 {
		t.Errorf("%v, %d, %v", got, got.Generation, ok)
	}
	if n := len(keys.Encode(first)); n != 91 {
		t.Errorf("a token has %d characters", n)
	}
	if other := keys.First(session); other == first {
		t.Error("two first tokens are the same")
	}
}

func TestATokenAlwaysHasTheSameChild(t *testing.T) {
	t.Parallel()
	first := keys.First(session)
	again, _ := keys.Parse(keys.Encode(first))
	child := keys.Child(first)
	if keys.Child(again) != child || child.Generation != 2 || child.Session != session {
		t.Errorf("%v, %v", child, keys.Child(again))
	}
	if bytes.Equal(child.Hash(), first.Hash()) || keys.Child(child) == child {
		t.Error("a child equals its parent")
	}
	if keys.Child(keys.First(session)) == child {
		t.Error("tokens of two chains have the same child")
	}
	otherKeys := refresh.New([]byte("another secret, of 32 bytes also"))
	if otherKeys.Child(first) == child {
		t.Error("another key derives the same child")
	}
}

// The database has the hash, and a child must not be computed from it.
func TestATokenDoesNotContainItsHash(t *testing.T) {
	t.Parallel()
	first := keys.First(session)
	if strings.Contains(keys.Encode(first), fmt.Sprintf("%x", first.Hash())) || len(first.Hash()) != 32 {
		t.Errorf("%x", first.Hash())
	}
}

func TestParseRefusesEveryOtherText(t *testing.T) {
	t.Parallel()
	text := keys.Encode(keys.First(session))
	refuse := func(name, s string) {
		t.Helper()
		if _, ok := keys.Parse(s); ok {
			t.Errorf("%s is accepted: %q", name, s)
		}
	}
	for i := range text {
		for _, c := range []byte("A_-b9.=\n ") {
			if text[i] != c {
				refuse("a changed character", text[:i]+string(c)+text[i+1:])
			}
		}
		refuse("a prefix", text[:i])
		refuse("a suffix", text[i+1:])
	}
	for name, s := range map[string]string{
		"one character more": text + "A", "padding": text + "=", "a line break": text[:40] + "\n" + text[40:],
		"twice": text + text, "nothing": "", "zeros": strings.Repeat("A", len(text)),
	} {
		refuse(name, s)
	}
	if _, ok := refresh.New([]byte("another secret, of 32 bytes also")).Parse(text); ok {
		t.Error("another key accepts it")
	}
}

func TestAPrintedTokenShowsNoSecret(t *testing.T) {
	t.Parallel()
	first := keys.First(session)
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got, want := fmt.Sprintf(format, first), "a refresh token of session "+session; got != want {
			t.Errorf("%s prints %q", format, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	text := keys.Encode(keys.First(session))
	f.Add(text)
	f.Add("")
	f.Add(strings.Repeat("A", len(text)))
	f.Add(text[:len(text)-1] + "A")
	f.Fuzz(func(t *testing.T, s string) {
		if token, ok := keys.Parse(s); ok && keys.Encode(token) != s {
			t.Errorf("%q is accepted as another form of %q", s, keys.Encode(token))
		}
	})
}

func BenchmarkParseAndChild(b *testing.B) {
	text := keys.Encode(keys.First(session))
	b.ReportAllocs()
	for b.Loop() {
		token, _ := keys.Parse(text)
		keys.Encode(keys.Child(token))
	}
}
