package token

import (
	"crypto"
	"crypto/elliptic"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"roster/shared/credential/keyring"
)

// Keys are what a service signs and verifies with: a ring, a shared secret, or
// both, while tokens of the secret are still about.
type Keys struct {
	Ring *keyring.Ring // nil: there is none
	// Private is the private key of the ring's current key. A service that
	// only verifies has none.
	Private crypto.Signer
	Secret  []byte // for HS256; nil: there is none
	// Set is instead of all these: the public keys that a service elsewhere has
	// fetched.
	Set *keyring.Set
}

// ErrUnknownKey is in the refusal of a token whose key is not in the Set. It may
// be there by now.
var ErrUnknownKey = errors.New("kid is not one of the keys")

// methods are all that any key may be for.
var methods = []string{"HS256", string(keyring.ES256), string(keyring.EdDSA), string(keyring.RS256)}

// sign signs with the ring's current key, or the shared secret where there is
// none yet.
func (k Keys) sign(c claims) (string, error) {
	var current keyring.Key
	ring := false
	if k.Ring != nil {
		current, ring = k.Ring.Current()
	}
	switch {
	case ring && k.Private == nil:
		return "", fmt.Errorf("the private key of %v is not here", current)
	case ring:
		t := jwt.NewWithClaims(jwt.GetSigningMethod(string(current.Algorithm)), c)
		t.Header["typ"], t.Header["kid"] = mediaType, current.ID
		return signed(t, k.Private)
	case k.Secret == nil:
		return "", errors.New("there is no key")
	}
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, c)
	t.Header["typ"] = mediaType
	return signed(t, k.Secret)
}

func signed(t *jwt.Token, key any) (string, error) {
	content, err := t.SigningString()
	if err != nil {
		return "", err
	}
	signature, err := t.Method.Sign(content, key)
	if err != nil {
		return "", err
	}
	return content + "." + base64.RawURLEncoding.EncodeToString(lower(t.Method, signature)), nil
}

// verification returns the key that must have signed the token. The token's
// kid picks it; that its alg is the key's is checked here, before anything is
// computed, so that no key is ever used for another's algorithm (RFC 8725 §3.1,
// §3.2).
func (k Keys) verification(t *jwt.Token, now time.Time) (any, error) {
	kid, named := t.Header["kid"]
	var find func(string, time.Time) (keyring.Algorithm, crypto.PublicKey, bool)
	switch {
	case k.Set != nil:
		find = k.Set.Find
	case k.Ring != nil && named:
		find = k.Ring.Find
	default:
		return k.shared(t, now)
	}
	id, ok := kid.(string)
	if !ok {
		return nil, errors.New("kid is not text")
	}
	alg, key, ok := find(id, now)
	switch {
	case !ok:
		return nil, ErrUnknownKey
	case t.Method.Alg() != string(alg):
		return nil, errors.New("alg is not that of the key")
	}
	return key, nil
}

// shared returns the shared secret for a token that names no key. Where there
// is no ring, any kid is passed over.
func (k Keys) shared(t *jwt.Token, now time.Time) (any, error) {
	switch {
	case k.Secret == nil || t.Method.Alg() != jwt.SigningMethodHS256.Alg():
		return nil, errors.New("alg is not that of a key of ours")
	case k.Ring != nil && !k.Ring.HonoursHS256(now):
		return nil, errors.New("the shared secret signs no longer, and its tokens have ended")
	}
	return k.Secret, nil
}

// A signature by ECDSA is a pair (r, s), and (r, n-s) is good as well: a token
// would have two spellings. Ours has the lower s.
var (
	order = elliptic.P256().Params().N
	half  = new(big.Int).Rsh(order, 1)
)

func lower(m jwt.SigningMethod, signature []byte) []byte {
	if m.Alg() != string(keyring.ES256) {
		return signature
	}
	middle := len(signature) / 2
	if s := new(big.Int).SetBytes(signature[middle:]); s.Cmp(half) > 0 {
		s.Sub(order, s).FillBytes(signature[middle:])
	}
	return signature
}

func canonical(m jwt.SigningMethod, signature []byte) bool {
	return m.Alg() != string(keyring.ES256) || new(big.Int).SetBytes(signature[len(signature)/2:]).Cmp(half) <= 0
}
