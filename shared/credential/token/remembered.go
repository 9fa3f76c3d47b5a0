package token

import (
	"crypto/sha256"
	"encoding/binary"
	"sync/atomic"
	"time"
)

// Most of what a request costs besides the database is the signature of its
// access token, and a client sends the same token for minutes. So a service
// remembers tokens that it has accepted, by their SHA-256 digests, with their
// claims. What can change is still checked each time: the clock, and whether the
// key is accepted. Whether the session has ended is in the database and not in the
// token. A service's keys never change, so a token never outlives its key by
// another service's memory.

// rememberedTokens bounds the memory of a service, to half a MiB. A token takes the
// place of an older one whose digest begins alike.
const rememberedTokens = 1024

type digest = [sha256.Size]byte

// remembered are tokens that were accepted. It is safe for concurrent use.
type remembered [rememberedTokens]atomic.Pointer[accepted]

// accepted is a token that was accepted, without its text.
type accepted struct {
	digest    digest
	claims    Claims
	notBefore time.Time
	expires   time.Time
	key       keyName
}

func (r *remembered) slot(of digest) *atomic.Pointer[accepted] {
	return &r[binary.LittleEndian.Uint16(of[:])%rememberedTokens]
}

// find returns the token with that digest, or nil.
func (r *remembered) find(of digest) *accepted {
	if a := r.slot(of).Load(); a != nil && a.digest == of {
		return a
	}
	return nil
}

func (r *remembered) add(a *accepted) { r.slot(a.digest).Store(a) }

// isCurrent reports whether the token is valid at a time, with the leeway that the
// parser allows.
func (a *accepted) isCurrent(now time.Time) bool {
	return now.Before(a.expires.Add(Leeway)) && !now.Before(a.notBefore.Add(-Leeway))
}
