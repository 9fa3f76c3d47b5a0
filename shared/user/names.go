package user

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxName = 50 // code points

// checkName returns the reason why a first or last name cannot be stored, or "".
func checkName(s string) (reason string) {
	if strings.TrimSpace(s) == "" {
		return "is required"
	}
	return checkDeviceName(s)
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
