package request

// IsUUID reports whether the text is a UUID in the form that Roster writes: lower
// case, with hyphens (RFC 9562 §4). It is a loop, because each request is checked
// twice, and a regular expression takes ten times as long.
func IsUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i, c := range []byte(text) {
		isHyphen := i == 8 || i == 13 || i == 18 || i == 23
		isHex := '0' <= c && c <= '9' || 'a' <= c && c <= 'f'
		if isHyphen && c != '-' || !isHyphen && !isHex {
			return false
		}
	}
	return true
}
