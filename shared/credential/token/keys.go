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
// both as long as tokens that the secret signed are valid.
type Keys struct {
	Ring *keyring.Ring // nil for none
	// Private is the private key of the ring's current key. A service that
	// only verifies needs none.
	Private crypto.Signer
	Secret  []byte // for HS256; nil for none
	// Set replaces all of the above for a service elsewhere: the public keys
	// that it has fetched.
	Set *keyring.Set
}

// ErrUnknownKey is wrapped in the error for a token whose kid is not among the
// keys. A verifier with a Set should then fetch the keys again, because the key
// may be new.
var ErrUnknownKey = errors.New("kid is not one of the keys")

// algorithms are those of all keys that a service may have.
var algorithms = []string{"HS256", string(keyring.ES256), string(keyring.EdDSA), string(keyring.RS256)}

// sign signs with the ring's current key, or with the shared secret if no key is
// current yet.
func (k Keys) sign(c claims) (string, error) {
	var current keyring.Key
	ringSigns := false
	if k.Ring != nil {
		current, ringSigns = k.Ring.Current()
	}
	switch {
	case ringSigns && k.Private == nil:
		return "", fmt.Errorf("this service does not have the private key of %v", current)
	case ringSigns:
		t := jwt.NewWithClaims(jwt.GetSigningMethod(string(current.Algorithm)), c)
		t.Header["typ"], t.Header["kid"] = mediaType, current.ID
		return signToken(t, k.Private)
	case k.Secret == nil:
		return "", errors.New("there is no key")
	}
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, c)
	t.Header["typ"] = mediaType
	return signToken(t, k.Secret)
}

func signToken(t *jwt.Token, key any) (string, error) {
	content, err := t.SigningString()
	if err != nil {
		return "", err
	}
	signature, err := t.Method.Sign(content, key)
	if err != nil {
		return "", err
	}
	return content + "." + base64.RawURLEncoding.EncodeToString(toLowS(t.Method, signature)), nil
}

// keyName says which of the keys a token names.
type keyName struct {
	kid   string
	named bool // without a kid it is the shared secret
}

// verificationKey returns the key that the token's signature must be checked
// with. The token's kid selects it. The token's alg must be the key's own; that
// is checked here, before anything is computed, so that no key is ever used with
// another algorithm (RFC 8725 §3.1, §3.2).
func (k Keys) verificationKey(t *jwt.Token, now time.Time) (any, keyName, error) {
	kid, named := t.Header["kid"]
	find := k.finder(named)
	if find == nil {
		key, err := k.sharedSecret(t, now)
		return key, keyName{}, err
	}
	id, ok := kid.(string)
	if !ok {
		return nil, keyName{}, errors.New("kid is not a string")
	}
	alg, key, ok := find(id, now)
	switch {
	case !ok:
		return nil, keyName{}, ErrUnknownKey
	case t.Method.Alg() != string(alg):
		return nil, keyName{}, errors.New("alg is not the algorithm of the key")
	}
	return key, keyName{id, true}, nil
}

// finder returns where the key of a token is looked up, or nil for the shared
// secret. Without a ring, a token's kid is ignored.
func (k Keys) finder(named bool) func(kid string, now time.Time) (keyring.Algorithm, crypto.PublicKey, bool) {
	switch {
	case k.Set != nil:
		return k.Set.Find
	case k.Ring != nil && named:
		return k.Ring.Find
	}
	return nil
}

// accepts reports whether signatures of the key are accepted now.
func (k Keys) accepts(key keyName, now time.Time) bool {
	if !key.named {
		return k.Ring == nil || k.Ring.AcceptsHS256(now)
	}
	_, _, found := k.finder(true)(key.kid, now)
	return found
}

// sharedSecret returns the secret.
func (k Keys) sharedSecret(t *jwt.Token, now time.Time) (any, error) {
	switch {
	case k.Secret == nil || t.Method.Alg() != jwt.SigningMethodHS256.Alg():
		return nil, errors.New("alg is not the algorithm of any key")
	case !k.accepts(keyName{}, now):
		return nil, errors.New("the shared secret no longer signs, and the tokens that it signed have expired")
	}
	return k.Secret, nil
}

// An ECDSA signature is a pair (r, s), and (r, n-s) is valid as well, so a token
// could be written in two ways. Only the one with the lower s is issued and
// accepted.
var (
	curveOrder = elliptic.P256().Params().N
	halfOrder  = new(big.Int).Rsh(curveOrder, 1)
)

// toLowS returns the signature with the lower s. Signatures of other algorithms
// stay as they are.
func toLowS(m jwt.SigningMethod, signature []byte) []byte {
	if m.Alg() != string(keyring.ES256) {
		return signature
	}
	middle := len(signature) / 2
	if s := new(big.Int).SetBytes(signature[middle:]); s.Cmp(halfOrder) > 0 {
		s.Sub(curveOrder, s).FillBytes(signature[middle:])
	}
	return signature
}

func isLowS(m jwt.SigningMethod, signature []byte) bool {
	return m.Alg() != string(keyring.ES256) || new(big.Int).SetBytes(signature[len(signature)/2:]).Cmp(halfOrder) <= 0
}
