package token

import (
	"crypto/sha256"
	"sync/atomic"
	"time"
)

// Most of what a request costs besides the database is the signature of its
// access token, and a client sends the same token for minutes. So a service
// remembers tokens that it has accepted, by their SHA-256 digests, with their
// claims. What can change is still checked each time: the clock, and whether the
// key is accepted. Whether the session has ended is in the database and not in the
// token. A service's keys do not change: other keys make another
// service, which remembers nothing yet.

// So many sets, with so many places in each, take half a MiB at most. A token's
// digest says which set it is in.
const (
	tokenSets   = 256
	tokensInSet = 4
)

type digest = [sha256.Size]byte

// remembered are tokens that were accepted. It is safe for concurrent use.
type remembered [tokenSets]tokenSet

type tokenSet [tokensInSet]atomic.Pointer[accepted]

// accepted is a token that was accepted, without its text.
type accepted struct {
	digest    digest
	claims    Claims
	notBefore time.Time
	expires   time.Time
	key       keyName
}

// set returns the set of a digest. An attacker cannot fill a set on purpose without
// tokens that we have signed, and a full one only costs time.
func (r *remembered) set(of digest) *tokenSet { return &r[of[0]] }

// find returns the token with that digest, or nil.
func (r *remembered) find(of digest) *accepted {
	for i := range tokensInSet {
		if a := r.set(of)[i].Load(); a != nil && a.digest == of {
			return a
		}
	}
	return nil
}

// add takes a free place, or that of the token that ends first.
func (r *remembered) add(a *accepted) {
	set := r.set(a.digest)
	first := &set[0]
	for i := range tokensInSet {
		here, there := set[i].Load(), first.Load()
		if here == nil || there != nil && here.expires.Before(there.expires) {
			first = &set[i]
		}
		if here == nil {
			break
		}
	}
	first.Store(a)
}

// isCurrent reports whether the token is valid at a time, with the leeway that the
// parser allows.
func (a *accepted) isCurrent(now time.Time) bool {
	return now.Before(a.expires.Add(Leeway)) && !now.Before(a.notBefore.Add(-Leeway))
}
