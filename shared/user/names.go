package user

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxName = 50 // code points

// checkName returns why a first or last name cannot be stored, or "".
func checkName(s string) (reason string) {
	if strings.TrimSpace(s) == "" {
		return "is required"
	}
	return checkDeviceName(s)
}

// checkDeviceName returns why a name cannot be shown in a list, or "". It keeps
// the name to one short line.
func checkDeviceName(s string) (reason string) {
	switch {
	case utf8.RuneCountInString(s) > maxName:
		return fmt.Sprintf("must have at most %d characters", maxName)
	case strings.ContainsFunc(s, unprintable):
		return "must not have control characters"
	}
	return ""
}

// unprintable are control characters, line separators, and the marks that
// reorder text (Unicode TR 36 §2.5) and would let a name pretend in a list.
func unprintable(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control) || r == utf8.RuneError
}
