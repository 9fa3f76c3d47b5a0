package password

import (
	"crypto/subtle"
	"fmt"

	"golang.org/x/text/unicode/norm"

	"roster/shared/credential/password/foreign"
)

// Verify reports whether stored is a hash of the password. It reports stale if
// the hash should be replaced, because a new one would be made in another way.
//
// No password matches an empty or unusable hash; for an unusable one the error
// is ErrUnusable. Verify takes the same time for both, and about the same time
// for a hash that is cheaper than a new one, see Hash.remainder. Only a more
// expensive hash takes longer. A foreign hash takes its own time in addition to that
// of a new one, so a cheap one takes about as long as none.
func (h *Hasher) Verify(stored, password string) (ok, stale bool, err error) {
	if stored == "" {
		h.verify(h.dummy, password)
		return false, false, nil
	}
	hash, err := parse(stored)
	if err != nil {
		return h.verifyForeign(stored, password)
	}
	if hash.keyID != "" && hash.keyID != h.keyID {
		h.verify(h.dummy, password)
		return false, false, fmt.Errorf("%w: it %s", ErrUnusable, otherPepper)
	}
	ok, asGiven := h.verify(hash, password)
	return ok, asGiven || hash.stale(h.keyID), nil
}

const otherPepper = "was made with another SECURITY_PASSWORD_SALT"

// verify reports whether the hash is of the password. It reports asGiven if the hash
// is of the password's own bytes and not of its NFC. No hash of Hash is, but another
// system may have made it.
func (h *Hasher) verify(hash Hash, password string) (ok, asGiven bool) {
	rest, more := hash.remainder()
	for i, p := range forms(password) {
		if i > 0 && hash.keyID != "" { // only Hash knows the pepper
			break
		}
		if subtle.ConstantTimeCompare(h.compute(hash, p), hash.tag) == 1 {
			ok, asGiven = true, i > 0
		}
		if more {
			h.compute(rest, p)
		}
	}
	return ok, asGiven
}

// forms returns the password in NFC and, if that differs, as it was given. Other
// systems hash what they are given, and the same keys may give another form on
// another computer.
func forms(password string) []string {
	if nfc := norm.NFC.String(password); nfc != password {
		return []string{nfc, password}
	}
	return []string{password}
}

// verifyForeign always reports stale, so that the next login stores a hash of Hash.
func (h *Hasher) verifyForeign(stored, password string) (ok, stale bool, err error) {
	hash, err := foreign.Parse(stored)
	if err != nil {
		h.verify(h.dummy, password)
		return false, false, fmt.Errorf("%w: it %w", ErrUnusable, err)
	}
	for _, p := range forms(password) {
		ok = h.matchesForeign(hash, p) || ok
	}
	h.verify(h.dummy, password)
	return ok, true, nil
}

func (h *Hasher) matchesForeign(hash foreign.Hash, password string) bool {
	h.slots <- struct{}{}
	defer func() { <-h.slots }()
	return hash.Matches(password)
}

// CheckHash returns why no password can be verified against a stored hash, as in
// "is MD5-crypt, ...", or "" if one can. It computes nothing, and does not show the
// hash. foreign.Check names the format.
func (h *Hasher) CheckHash(stored string) (reason string) {
	hash, err := parse(stored)
	if err == nil && hash.keyID != "" && hash.keyID != h.keyID {
		return otherPepper
	}
	if err != nil {
		_, err = foreign.Parse(stored)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}
