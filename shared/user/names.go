package user

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxName = 50 // code points, as given (maxLength in openapi.yaml)

// checkName returns the first or last name to store, or the reason why it cannot
// be. Autofill and copying leave blanks around names, so these are removed. A name
// must have something that can be seen.
func checkName(s string) (name, reason string) {
	name = strings.TrimFunc(s, blank)
	if !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !invisible(r) }) {
		if reason := checkDeviceName(s); reason != "" && strings.TrimSpace(s) != "" {
			return "", reason
		}
		return "", "is required"
	}
	return name, checkDeviceName(s)
}

// blank reports space, and characters that are used as space. Marks are none, nor are
// joiners and variation selectors: they belong to the character before them. Names end
// with them in Thai, in Hindi, and in every script that a Mac writes decomposed.
func blank(r rune) bool {
	switch r {
	case '\u00ad', '\u180e', '\u200b', '\u2060', '\ufeff': // without width
		return true
	}
	return unicode.Is(unicode.Zs, r) || isFiller(r)
}

// isFiller reports what Unicode counts as letters and symbols and nobody sees: the
// fillers of Hangul and the blank of Braille.
func isFiller(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u3164', '\uffa0', '\u2800':
		return true
	}
	return false
}

// invisible reports characters without an image of their own, such as format
// characters and marks.
func invisible(r rune) bool {
	return isFiller(r) || unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me, unicode.Variation_Selector) && !unprintable(r)
}

// checkDeviceName returns the reason why a device name cannot be stored, or "".
// A name must fit on one short line of a list.
func checkDeviceName(s string) (reason string) {
	switch {
	case utf8.RuneCountInString(s) > maxName:
		return fmt.Sprintf("must have at most %d characters", maxName)
	case strings.ContainsFunc(s, unprintable):
		return "must not have control characters"
	}
	return ""
}

// unprintable reports control characters, line separators, and the marks that
// reorder text, with which one name could look like another (Unicode TR 36 §2.5).
func unprintable(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control) || r == utf8.RuneError
}
