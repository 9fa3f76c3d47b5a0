// Package keyring holds the keys that sign access tokens. It says which key
// signs, which keys verify, and when keys change:
//
//	ring, err := keyring.Parse(text)
//	ring, changes, err := ring.Rotate(now, policy, false)
//
// A key has three states. As next it is published, but does not sign yet, so
// that every verifier knows it in time. As current it signs. As retired it only
// verifies, until the last token that it may have signed has expired. So a
// verifier whose copy of the ring is one rotation old, or newer than the signer's
// copy, never refuses a valid token.
//
// The package refuses to know tokens, users and where a ring is stored, and to
// show a private key: none gets into an error, a log line or a printed Ring.
package keyring

import (
	"crypto"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// Algorithm is a signature algorithm, by its JOSE name (RFC 7518, RFC 8037).
type Algorithm string

// The algorithms that a ring may hold.
const (
	ES256 Algorithm = "ES256" // ECDSA over P-256
	EdDSA Algorithm = "EdDSA" // Ed25519
	RS256 Algorithm = "RS256" // RSA PKCS #1 v1.5; the only one that API Gateway's JWT authorizer accepts
)

// State is the state of a key. It changes from next to current to retired.
type State string

// The states, in their order.
const (
	Next    State = "next"    // published, does not sign yet
	Current State = "current" // signs
	Retired State = "retired" // verifies for GracePeriod; its private key is deleted
)

// How old the copies of a ring may be, and what follows for the rotation.
const (
	// MaxSecretAge is how old the secret may be that an instance uses: UsableFor
	// in package secrets.
	MaxSecretAge = time.Hour
	// MaxSetAge is how long a client may use the public keys that it fetched from
	// /.well-known/jwks.json.
	MaxSetAge = 5 * time.Minute
	// MaxGatewayAge is how long API Gateway's JWT authorizer may keep a key (API
	// Gateway Developer Guide, "Controlling access to HTTP APIs with JWT
	// authorizers"). No other known client keeps one longer.
	MaxGatewayAge = 2 * time.Hour
	// MaxTokenAge is how long a token is accepted: its lifetime of 10 minutes,
	// and a verifier's leeway of at most 30 seconds.
	MaxTokenAge = 10*time.Minute + 30*time.Second
	// clockMargin allows for clocks that differ, and for the time that a change
	// takes.
	clockMargin = 5 * time.Minute

	// RunInterval is the time between two scheduled rotations. Whatever comes
	// between the ring and its copy for those who verify, the next run makes it
	// right before a retired key is refused.
	RunInterval = time.Hour

	// PropagationTime is how long a key is next before it may sign. After that,
	// every verifier has it.
	PropagationTime = MaxSecretAge + MaxSetAge + MaxGatewayAge + clockMargin
	// GracePeriod is how long a retired key verifies. For MaxSecretAge, instances
	// with an old copy of the ring may still sign with it.
	GracePeriod = MaxSecretAge + MaxTokenAge + clockMargin
)

// Key is one key of a ring.
type Key struct {
	ID        string
	Algorithm Algorithm
	State     State
	CreatedAt time.Time // when it was published as next
	CurrentAt time.Time // when it began to sign; zero while it is next
	RetiredAt time.Time // zero unless it is retired
	Public    crypto.PublicKey

	// Wrapped is the private key, encrypted by KMS; nil if it is not.
	Wrapped []byte
	private crypto.Signer
}

// Ring is a set of keys, with at most one current and at most one next. Parse,
// NewRing and Rotate ensure these rules; other code must not change a Ring.
type Ring struct {
	Keys []Key
	// HS256Until is when the last token expires that the shared secret signed
	// before the first key became current. It is zero as long as the secret
	// signs, and again when that time has passed.
	HS256Until time.Time
}

// Current returns the key that signs. A ring has none until its first key has
// been next for PropagationTime; until then the shared secret signs.
func (r *Ring) Current() (Key, bool) { return r.inState(Current) }

// Signs reports whether the ring has a key that signs. A nil ring has none.
func (r *Ring) Signs() bool {
	if r == nil {
		return false
	}
	_, ok := r.Current()
	return ok
}

func (r *Ring) inState(s State) (Key, bool) {
	for _, k := range r.Keys {
		if k.State == s {
			return k, true
		}
	}
	return Key{}, false
}

// Has reports whether the ring has a key with that kid, in any state.
func (r *Ring) Has(kid string) bool {
	return slices.ContainsFunc(r.Keys, func(k Key) bool { return k.ID == kid })
}

// Find returns the key that verifies tokens with that kid now, if there is one.
func (r *Ring) Find(kid string, now time.Time) (Algorithm, crypto.PublicKey, bool) {
	for _, k := range r.Keys {
		if k.ID == kid && k.Accepted(now) {
			return k.Algorithm, k.Public, true
		}
	}
	return "", nil, false
}

// Accepted reports whether the key's signatures are accepted now. A retired key
// is refused after GracePeriod, even if no rotation has removed it yet.
func (k Key) Accepted(now time.Time) bool {
	return k.State != Retired || now.Before(k.RetiredAt.Add(GracePeriod))
}

// AcceptsHS256 reports whether tokens that the shared secret signed are accepted
// now.
func (r *Ring) AcceptsHS256(now time.Time) bool {
	_, hasCurrent := r.Current()
	return !hasCurrent || now.Before(r.HS256Until)
}

// Private returns the private key, or nil if it is wrapped or there is none.
func (k Key) Private() crypto.Signer { return k.private }

// String shows the kid, the algorithm and the state.
func (k Key) String() string { return fmt.Sprintf("key %s, %s, %s", k.ID, k.Algorithm, k.State) }

// GoString does the same for %#v.
func (k Key) GoString() string { return k.String() }

// LogValue does the same for log/slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// String shows what String of its keys shows.
func (r *Ring) String() string { return fmt.Sprint("ring of ", r.Keys) }

// GoString does the same for %#v.
func (r *Ring) GoString() string { return r.String() }

// LogValue does the same for log/slog.
func (r *Ring) LogValue() slog.Value { return slog.StringValue(r.String()) }
