package keyring

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
)

// ParseAlgorithm reads the name of an algorithm.
func ParseAlgorithm(name string) (Algorithm, error) {
	switch a := Algorithm(name); a {
	case ES256, EdDSA, RS256:
		return a, nil
	}
	return "", errors.New("must be ES256, EdDSA or RS256")
}

// Generate makes a key pair. The key has no state yet. An RSA key has 2048 bits
// and takes a small function a second or two.
func Generate(alg Algorithm) (Key, error) {
	private, err := generate(alg)
	if err != nil {
		return Key{}, fmt.Errorf("make a key for %s: %w", alg, err)
	}
	j, err := publicJWK(private.Public())
	if err != nil {
		return Key{}, fmt.Errorf("make a key for %s: %w", alg, err)
	}
	return Key{ID: j.thumbprint(), Algorithm: alg, Public: private.Public(), private: private}, nil
}

func generate(alg Algorithm) (crypto.Signer, error) {
	switch alg {
	case ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case EdDSA:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	case RS256:
		return rsa.GenerateKey(rand.Reader, minRSABits)
	}
	return nil, errors.New("no such algorithm")
}

// PKCS8 returns the private key in PKCS #8 (RFC 5208), to wrap or to store it.
func (k Key) PKCS8() ([]byte, error) {
	if k.private == nil {
		return nil, fmt.Errorf("%v has no private key to write", k)
	}
	b, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return nil, fmt.Errorf("write %v: %w", k, err)
	}
	return b, nil
}

// Wrap returns the key with this wrapped private key and without the plain one.
func (k Key) Wrap(wrapped []byte) Key {
	k.private, k.Wrapped = nil, wrapped
	return k
}

// Unwrap parses a private key that was wrapped. It returns an error if it is not
// the private key of this public key.
func (k Key) Unwrap(pkcs8 []byte) (crypto.Signer, error) {
	private, err := parsePrivate(pkcs8)
	if err != nil {
		return nil, err
	}
	if !equal(private.Public(), k.Public) {
		return nil, errors.New("private is not the private key of public")
	}
	return private, nil
}

// parsePrivate does not pass on errors of x509, because they may show the key.
func parsePrivate(pkcs8 []byte) (crypto.Signer, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(pkcs8)
	private, ok := parsed.(crypto.Signer)
	if err != nil || !ok {
		return nil, errors.New("private is not a key in PKCS #8")
	}
	return private, nil
}

func equal(a, b crypto.PublicKey) bool {
	key, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && key.Equal(b)
}
