package token

import "strings"

// These forms are checked at each request, so they are loops and not regular
// expressions, which take ten times as long.

// isCompact reports whether a text has the form of a JWS in compact serialization
// (RFC 7515 §7.1): three parts of base64url without padding. It is checked because
// the base64 decoder ignores line breaks: one token could be written in many ways.
func isCompact(raw string) bool {
	parts := 0
	for part := range strings.SplitSeq(raw, ".") {
		parts++
		if parts > 3 || part == "" {
			return false
		}
		for _, c := range []byte(part) {
			if !isLower(c) && !isUpper(c) && !isDigit(c) && c != '-' && c != '_' {
				return false
			}
		}
	}
	return parts == 3
}

// isUUID reports whether a text is a UUID in canonical form (RFC 9562 §4).
func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i, c := range []byte(text) {
		isHyphen := i == 8 || i == 13 || i == 18 || i == 23
		if isHyphen && c != '-' || !isHyphen && !isDigit(c) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// isRole reports whether a text has the form of a role's name: up to 32 capital
// letters, digits and underscores, a letter first.
func isRole(text string) bool {
	if text == "" || len(text) > 32 || !isUpper(text[0]) {
		return false
	}
	for _, c := range []byte(text) {
		if !isUpper(c) && !isDigit(c) && c != '_' {
			return false
		}
	}
	return true
}

func isLower(c byte) bool { return 'a' <= c && c <= 'z' }

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
