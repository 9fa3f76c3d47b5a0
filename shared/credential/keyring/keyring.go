// Package keyring is the ring of keys that sign access tokens: what is in it,
// which key signs, which are honoured, and how keys come and go.
//
// A key is published as next, long before it signs, so that whoever verifies
// has seen it; it signs as current; and as retired it is honoured until the
// last token that it may have signed has ended. A ring that is one step behind,
// in a cache or after a rotation that was undone, therefore never refuses a
// good token.
//
// The package refuses to know tokens, users and where a ring is stored, and to
// show a private key: none gets into an error, a log line or a printed Ring.
package keyring

import (
	"crypto"
	"fmt"
	"log/slog"
	"time"
)

// Algorithm is a signature's, by its JOSE name (RFC 7518, RFC 8037).
type Algorithm string

// The algorithms that a ring may hold.
const (
	ES256 Algorithm = "ES256" // ECDSA over P-256
	EdDSA Algorithm = "EdDSA" // Ed25519
	RS256 Algorithm = "RS256" // RSA PKCS #1 v1.5; API Gateway's own JWT authorizer takes no other
)

// State is where a key is in its life.
type State string

// The states, in their order.
const (
	Next    State = "next"    // published, does not sign yet
	Current State = "current" // signs
	Retired State = "retired" // honoured for Honour, has no private key any longer
)

// How long copies of a ring are about. Each is somebody's promise; the rotation
// waits for all of them together.
const (
	// SecretAge is the greatest age of the secret that an instance uses: what
	// package secrets calls UsableFor.
	SecretAge = time.Hour
	// SetAge is how long a copy of the public keys may be used that was
	// fetched from /.well-known/jwks.json.
	SetAge = 5 * time.Minute
	// GatewayAge is how long API Gateway's JWT authorizer may keep a key (API
	// Gateway Developer Guide, "Controlling access to HTTP APIs with JWT
	// authorizers"). No other known client keeps one longer.
	GatewayAge = 2 * time.Hour
	// TokenAge is the longest life of a token with the leeway of a verifier:
	// 10 minutes, and 30 seconds.
	TokenAge = 10*time.Minute + 30*time.Second
	// margin is for clocks that differ, and for a change on its way.
	margin = 5 * time.Minute

	// Settle is how long a key is next before it may sign.
	Settle = SecretAge + SetAge + GatewayAge + margin
	// Honour is how long a key is honoured after its retirement: instances
	// that have not heard of it may go on signing for SecretAge.
	Honour = SecretAge + TokenAge + margin
)

// Key is one key of a ring.
type Key struct {
	ID        string
	Algorithm Algorithm
	State     State
	CreatedAt time.Time // published as next
	CurrentAt time.Time // began to sign; zero for a key that has not
	RetiredAt time.Time // zero for a key that is not
	Public    crypto.PublicKey

	// Wrapped is the private key under a key of KMS, nil for one that is not
	// wrapped.
	Wrapped []byte
	private crypto.Signer
}

// Ring is all keys, at most one of them current and at most one next. A Ring
// that was parsed or made by this package keeps to its rules; it is not to be
// changed by others.
type Ring struct {
	Keys []Key
	// HS256Until is when the tokens end that were signed by a shared secret
	// before the first key was current. Zero while that secret signs, and
	// long after.
	HS256Until time.Time
}

// Current returns the key that signs. There is none before the first key has
// been next for long enough: until then the shared secret signs.
func (r *Ring) Current() (Key, bool) { return r.in(Current) }

func (r *Ring) in(s State) (Key, bool) {
	for _, k := range r.Keys {
		if k.State == s {
			return k, true
		}
	}
	return Key{}, false
}

// Find returns the key by which a token of that kid can be verified now.
func (r *Ring) Find(kid string, now time.Time) (Algorithm, crypto.PublicKey, bool) {
	for _, k := range r.Keys {
		if k.ID == kid && k.Honoured(now) {
			return k.Algorithm, k.Public, true
		}
	}
	return "", nil, false
}

// Honoured reports whether the key's signatures count now. A retired key ends
// by the clock, whether or not a rotation has taken it out.
func (k Key) Honoured(now time.Time) bool {
	return k.State != Retired || now.Before(k.RetiredAt.Add(Honour))
}

// HonoursHS256 reports whether a token that was signed by the shared secret
// still counts.
func (r *Ring) HonoursHS256(now time.Time) bool {
	_, signs := r.Current()
	return !signs || now.Before(r.HS256Until)
}

// Private returns the private key, nil where it is wrapped or there is none.
func (k Key) Private() crypto.Signer { return k.private }

// String shows what may be shown.
func (k Key) String() string { return fmt.Sprintf("key %s, %s, %s", k.ID, k.Algorithm, k.State) }

// GoString does the same for %#v.
func (k Key) GoString() string { return k.String() }

// LogValue does the same for log/slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// String shows what may be shown.
func (r *Ring) String() string { return fmt.Sprint("ring of ", r.Keys) }

// GoString does the same for %#v.
func (r *Ring) GoString() string { return r.String() }

// LogValue does the same for log/slog.
func (r *Ring) LogValue() slog.Value { return slog.StringValue(r.String()) }
