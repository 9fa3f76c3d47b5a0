package directory

import (
	"bytes"
	"encoding/json"
)

// eachMember calls f for each member of a JSON object, with the value as it
// stands there. The text is a valid JSON value. It returns false if that is no
// object. It is a scanner of its own because a million rows are read, and
// json.Decoder takes five times as long for a token.
func eachMember(text []byte, f func(name string, value []byte)) bool {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || text[0] != '{' {
		return false
	}
	rest := bytes.TrimSpace(text[1:])
	for len(rest) > 0 && rest[0] != '}' {
		end := valueEnd(rest)
		name := textOf(rest[:end])
		rest = bytes.TrimSpace(bytes.TrimSpace(rest[end:])[1:]) // the colon
		end = valueEnd(rest)
		f(name, rest[:end])
		if rest = bytes.TrimSpace(rest[end:]); rest[0] == ',' {
			rest = bytes.TrimSpace(rest[1:])
		}
	}
	return true
}

// valueEnd returns where the JSON value ends that the text begins with.
func valueEnd(text []byte) int {
	switch text[0] {
	case '"':
		return stringEnd(text)
	case '{', '[':
		depth := 0
		for i := 0; ; i++ {
			switch text[i] {
			case '"':
				i += stringEnd(text[i:]) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
	}
	if end := bytes.IndexAny(text, ",}] \t\r\n"); end >= 0 {
		return end
	}
	return len(text)
}

func stringEnd(text []byte) int {
	for i := 1; ; i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}

// textOf returns the text of a valid JSON string.
func textOf(quoted []byte) (s string) {
	inside := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inside, '\\') < 0 {
		return string(inside)
	}
	_ = json.Unmarshal(quoted, &s) // it is valid
	return s
}
