package foreign

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/subtle"
	"encoding/binary"
	"slices"
	"strings"
)

// pbkdf2Of returns what verifies a tag of PBKDF2 (RFC 8018).
func pbkdf2Of(d digest, rounds int, salt, tag []byte) (check, error) {
	blocks := (len(tag) + d.size() - 1) / d.size()
	if rounds > maxRounds/blocks {
		return nil, errBounds
	}
	return func(password string) bool {
		key, err := pbkdf2.Key(d.new, password, salt, rounds, len(tag))
		return err == nil && equal(key, tag)
	}, nil
}

// parsePBKDF2 reads 29000$salt$tag, as passlib writes it, and i=29000$salt$tag or
// i=29000,l=32$salt$tag, which is the PHC string format. The length l is that of
// the tag in bytes.
func parsePBKDF2(d digest, rest string) (check, error) {
	parts, err := fields(rest, 3)
	if err != nil {
		return nil, err
	}
	salt, err1 := unpadded(parts[1], 1, maxSalt)
	tag, err2 := unpadded(parts[2], 16, 64)
	if err1 != nil || err2 != nil {
		return nil, errForm
	}
	var n []int
	switch cost := parts[0]; {
	case strings.Contains(cost, ",l="):
		if n, err = named(cost, "i", "l"); err == nil && n[1] != len(tag) {
			err = errForm
		}
	case strings.HasPrefix(cost, "i="):
		n, err = named(cost, "i")
	default:
		n, err = named("i="+cost, "i")
	}
	if err != nil {
		return nil, err
	}
	return pbkdf2Of(d, n[0], salt, tag)
}

// parseDjangoPBKDF2 reads 260000$salt$tag.
func parseDjangoPBKDF2(d digest, rest string) (check, error) {
	parts, err := fields(rest, 3)
	if err != nil {
		return nil, err
	}
	rounds, err := number(parts[0], maxRounds)
	if err != nil {
		return nil, err
	}
	salt, err := textSalt(parts[1])
	if err != nil {
		return nil, err
	}
	tag, err := padded(parts[2], d.size(), d.size())
	if err != nil {
		return nil, err
	}
	return pbkdf2Of(d, rounds, salt, tag)
}

// oneOfRounds reports whether the tag is that of one of several numbers of rounds,
// which ascend. It computes as many as the last of them.
func oneOfRounds(d digest, password string, salt, tag []byte, rounds []int) bool {
	mac := hmac.New(d.new, []byte(password))
	mac.Write(binary.BigEndian.AppendUint32(slices.Clone(salt), 1))
	u := mac.Sum(nil)
	t := slices.Clone(u)
	found, done := false, 1
	for _, n := range rounds {
		for ; done < n; done++ {
			mac.Reset()
			mac.Write(u)
			u = mac.Sum(u[:0])
			subtle.XORBytes(t, t, u)
		}
		found = equal(t, tag) || found
	}
	return found
}
