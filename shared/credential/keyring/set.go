package keyring

import (
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// member is a key in a set (RFC 7517 §4).
type member struct {
	jwk
	ID        string    `json:"kid"`
	Algorithm Algorithm `json:"alg"`
	Use       string    `json:"use"`
}

// set is a JWK Set (RFC 7517 §5).
type set struct {
	Keys []member `json:"keys"`
}

// Set writes the public keys that are honoured now as a JWK Set: next, current
// and retired ones. A nil ring gives an empty one.
func (r *Ring) Set(now time.Time) ([]byte, error) {
	s := set{Keys: []member{}}
	for _, k := range r.honoured(now) {
		public, err := publicJWK(k.Public)
		if err != nil {
			return nil, fmt.Errorf("write %v: %w", k, err)
		}
		s.Keys = append(s.Keys, member{jwk: public, ID: k.ID, Algorithm: k.Algorithm, Use: "sig"})
	}
	return json.Marshal(s)
}

// Algorithms are those of the keys that are honoured now, each once.
func (r *Ring) Algorithms(now time.Time) []Algorithm {
	algs := []Algorithm{}
	for _, k := range r.honoured(now) {
		if !slices.Contains(algs, k.Algorithm) {
			algs = append(algs, k.Algorithm)
		}
	}
	slices.Sort(algs)
	return algs
}

func (r *Ring) honoured(now time.Time) []Key {
	if r == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(r.Keys), func(k Key) bool { return !k.Honoured(now) })
}

// Set is the public keys of a JWK Set, as a service elsewhere sees them.
type Set struct {
	keys map[string]Key
}

// Find returns the key of that kid.
func (s *Set) Find(kid string, _ time.Time) (Algorithm, crypto.PublicKey, bool) {
	k, ok := s.keys[kid]
	return k.Algorithm, k.Public, ok
}

// Len is how many keys there are.
func (s *Set) Len() int { return len(s.keys) }

// ParseSet reads a JWK Set of at most 32 KiB. Keys of kinds that are not for
// this package are passed over, as RFC 7517 §5 asks; of two with one kid the
// first counts.
func ParseSet(text []byte) (*Set, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("the set of keys is longer than %d bytes", maxText)
	}
	var doc struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &doc); err != nil || doc.Keys == nil {
		return nil, errors.New("it is not a set of keys")
	}
	s := &Set{keys: map[string]Key{}}
	for _, raw := range doc.Keys {
		var m member
		if json.Unmarshal(raw, &m) != nil || m.ID == "" || m.Use != "" && m.Use != "sig" {
			continue
		}
		public, err := m.public(m.Algorithm)
		if _, known := s.keys[m.ID]; err == nil && !known {
			s.keys[m.ID] = Key{ID: m.ID, Algorithm: m.Algorithm, Public: public}
		}
	}
	return s, nil
}
