package foreign

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
)

const (
	errForm   Refused = "is not in the form that its beginning promises"
	errBounds Refused = "needs more time or memory than one login may take"
)

// number reads a number in the one way to write it.
func number(s string, most int) (int, error) {
	n, err := strconv.Atoi(s)
	switch {
	case strings.Trim(s, "0123456789") != "" || s == "" || s[0] == '0' && s != "0":
		return 0, errForm
	case err != nil || n > most:
		return 0, errBounds
	case n == 0:
		return 0, errForm
	}
	return n, nil
}

// named reads parameters such as m=65536,t=2,p=1: all of the names, in their order.
func named(s string, names ...string) ([]int, error) {
	parts := strings.Split(s, ",")
	if len(parts) != len(names) {
		return nil, errForm
	}
	values := make([]int, len(names))
	for i, name := range names {
		value, ok := strings.CutPrefix(parts[i], name+"=")
		if !ok {
			return nil, errForm
		}
		n, err := number(value, 1<<31-1)
		if err != nil {
			return nil, err
		}
		values[i] = n
	}
	return values, nil
}

// fields divides s at each $ into exactly n parts.
func fields(s string, n int) ([]string, error) {
	parts := strings.SplitN(s, "$", n+1)
	if len(parts) != n {
		return nil, errForm
	}
	return parts, nil
}

// unpadded reads base64 without padding. Some libraries write . in place of +.
func unpadded(s string, least, most int) ([]byte, error) {
	return decoded(base64.RawStdEncoding, strings.ReplaceAll(s, ".", "+"), least, most)
}

func padded(s string, least, most int) ([]byte, error) {
	return decoded(base64.StdEncoding, s, least, most)
}

func decoded(encoding *base64.Encoding, s string, least, most int) ([]byte, error) {
	b, err := encoding.Strict().DecodeString(s)
	if err != nil || len(b) < least || len(b) > most || strings.ContainsAny(s, "\r\n") {
		return nil, errForm
	}
	return b, nil
}

// hexBytes reads n bytes in lower-case hexadecimal digits.
func hexBytes(s string, n int) ([]byte, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != n || strings.ToLower(s) != s {
		return nil, errForm
	}
	return b, nil
}

func textSalt(s string) ([]byte, error) {
	if s == "" {
		return nil, Refused("is a hash" + unsaltedReason)
	}
	if len(s) > maxSalt {
		return nil, errForm
	}
	return []byte(s), nil
}

func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
