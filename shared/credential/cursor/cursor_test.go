package cursor_test

import (
	"strings"
	"testing"

	"roster/shared/credential/cursor"
)

func TestACursorIsGoodForItsQueryAlone(t *testing.T) {
	t.Parallel()
	k := cursor.New([]byte("0123456789abcdefghijklmnopqrstuv"))
	for _, position := range []string{"", "a", strings.Repeat("ann", 20)} {
		text := k.Seal("role=ADMIN", []byte(position))
		if got, ok := k.Open("role=ADMIN", text); !ok || string(got) != position {
			t.Errorf("%q comes back as %q, %v", position, got, ok)
		}
		if got, ok := k.Open("role=USER", text); ok {
			t.Errorf("another query opens it: %q", got)
		}
		if _, ok := cursor.New([]byte("another key of thirty-two bytes.")).Open("role=ADMIN", text); ok {
			t.Error("another key opens it")
		}
	}
	if _, ok := k.Open("ab", k.Seal("a", []byte("bc"))); ok {
		t.Error("a part of the position is taken for the query")
	}
}

// Every change of one character is refused, and so is everything shorter or longer.
func TestAForgedCursorIsRefused(t *testing.T) {
	t.Parallel()
	k := cursor.New([]byte("0123456789abcdefghijklmnopqrstuv"))
	text := k.Seal("q", []byte("position"))
	for i := range len(text) {
		for _, c := range "AZaz09-_=\n+/ " {
			if forged := text[:i] + string(c) + text[i+1:]; forged != text {
				if _, ok := k.Open("q", forged); ok {
					t.Errorf("%q is opened", forged)
				}
			}
		}
		if _, ok := k.Open("q", text[:i]); ok {
			t.Errorf("%q is opened", text[:i])
		}
	}
	for _, forged := range []string{text + "A", text + "=", text + "\n", "", "AAAAAAAAAAAAAAAAAAAAAA"} {
		if _, ok := k.Open("q", forged); ok {
			t.Errorf("%q is opened", forged)
		}
	}
}

// If this test fails, do not change the text: a release that does makes every client
// in the middle of a list begin again.
func TestCursorsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	if got, want := cursor.New([]byte("0123456789abcdefghijklmnopqrstuv")).Seal("q", []byte("p")), "szctecDXdFSjLIzb7GMTf3A"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
