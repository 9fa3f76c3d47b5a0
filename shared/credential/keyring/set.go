package keyring

import (
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// publishedKey is a public key in a JWK Set (RFC 7517 §4).
type publishedKey struct {
	jwk
	ID        string    `json:"kid"`
	Algorithm Algorithm `json:"alg"`
	Use       string    `json:"use"`
}

// jwkSet is a JWK Set (RFC 7517 §5).
type jwkSet struct {
	Keys []publishedKey `json:"keys"`
}

// JWKS returns the public keys that are accepted now as a JWK Set: the next, the
// current, and retired ones in their grace period. A nil ring has an empty set.
func (r *Ring) JWKS(now time.Time) ([]byte, error) {
	s := jwkSet{Keys: []publishedKey{}}
	for _, k := range r.accepted(now) {
		public, err := publicJWK(k.Public)
		if err != nil {
			return nil, fmt.Errorf("write %v: %w", k, err)
		}
		s.Keys = append(s.Keys, publishedKey{jwk: public, ID: k.ID, Algorithm: k.Algorithm, Use: "sig"})
	}
	return json.Marshal(s)
}

// Algorithms returns the algorithms of the keys that are accepted now, each once
// and sorted.
func (r *Ring) Algorithms(now time.Time) []Algorithm {
	algs := []Algorithm{}
	for _, k := range r.accepted(now) {
		if !slices.Contains(algs, k.Algorithm) {
			algs = append(algs, k.Algorithm)
		}
	}
	slices.Sort(algs)
	return algs
}

func (r *Ring) accepted(now time.Time) []Key {
	if r == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(r.Keys), func(k Key) bool { return !k.Accepted(now) })
}

// Set holds the public keys of a JWK Set that another service has fetched.
type Set struct {
	keys map[string]Key
}

// Find returns the key with that kid. The time does not matter: keys that are no
// longer accepted are not published.
func (s *Set) Find(kid string, _ time.Time) (Algorithm, crypto.PublicKey, bool) {
	k, ok := s.keys[kid]
	return k.Algorithm, k.Public, ok
}

// Len returns the number of keys.
func (s *Set) Len() int { return len(s.keys) }

// ParseSet reads a JWK Set of at most 32 KiB. It ignores keys of types that this
// package does not support, as RFC 7517 §5 recommends. If two keys have the same
// kid, the first one counts.
func ParseSet(text []byte) (*Set, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("the JWK Set is longer than %d bytes", maxBytes)
	}
	var doc struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &doc); err != nil || doc.Keys == nil {
		return nil, errors.New("it is not a JWK Set")
	}
	s := &Set{keys: map[string]Key{}}
	for _, raw := range doc.Keys {
		var m publishedKey
		if json.Unmarshal(raw, &m) != nil || m.ID == "" || m.Use != "" && m.Use != "sig" {
			continue
		}
		public, err := m.publicKey(m.Algorithm)
		if _, known := s.keys[m.ID]; err == nil && !known {
			s.keys[m.ID] = Key{ID: m.ID, Algorithm: m.Algorithm, Public: public}
		}
	}
	return s, nil
}
