package strictjson

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// LoneSurrogate reports whether JSON has an escape for half of a UTF-16 pair (RFC
// 8259 §8.2). encoding/json would silently turn it into U+FFFD. The text is valid
// JSON.
func LoneSurrogate(raw []byte) bool {
	for i := bytes.IndexByte(raw, '\\'); i >= 0 && i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		half := codeUnit(raw[i:])
		switch {
		case !utf16.IsSurrogate(half):
			i++ // skip the escaped character, which may be a backslash
		case utf16.DecodeRune(half, codeUnit(raw[i+6:])) != utf8.RuneError:
			i += 11 // skip both halves
		default:
			return true
		}
	}
	return false
}

// codeUnit returns the UTF-16 code unit of a \uXXXX at the beginning of raw, and
// 0 if there is none.
func codeUnit(raw []byte) rune {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return 0
	}
	unit, _ := strconv.ParseUint(string(raw[2:6]), 16, 16)
	return rune(unit)
}
