package keyring

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
)

// jwk is a public key as a JWK (RFC 7517), with the members of all three key
// types (RFC 7518 §6.2, §6.3; RFC 8037 §2).
type jwk struct {
	Type     string `json:"kty"`
	Curve    string `json:"crv,omitempty"`
	X        string `json:"x,omitempty"`
	Y        string `json:"y,omitempty"`
	Modulus  string `json:"n,omitempty"`
	Exponent string `json:"e,omitempty"`
}

// The bounds of an RSA key, in bits. RFC 7518 §3.3 requires the lower one. Longer
// keys than the upper one are slow and make tokens long.
const (
	minRSABits = 2048
	maxRSABits = 4096
)

// rsaExponent is 65537, the usual public exponent, in base64url.
const rsaExponent = "AQAB"

// encoding is base64url without padding. Strict allows one encoding of a value
// only.
var encoding = base64.RawURLEncoding.Strict()

// publicJWK returns a public key as a JWK.
func publicJWK(public crypto.PublicKey) (jwk, error) {
	switch p := public.(type) {
	case *ecdsa.PublicKey:
		b, err := p.Bytes() // uncompressed: the byte 4, then x and y
		if err != nil || p.Curve != elliptic.P256() {
			return jwk{}, errors.New("not a key of P-256")
		}
		half := (len(b) - 1) / 2
		return jwk{Type: "EC", Curve: "P-256", X: encoding.EncodeToString(b[1 : 1+half]), Y: encoding.EncodeToString(b[1+half:])}, nil
	case ed25519.PublicKey:
		return jwk{Type: "OKP", Curve: "Ed25519", X: encoding.EncodeToString(p)}, nil
	case *rsa.PublicKey:
		exponent := big.NewInt(int64(p.E)).Bytes()
		return jwk{Type: "RSA", Modulus: encoding.EncodeToString(p.N.Bytes()), Exponent: encoding.EncodeToString(exponent)}, nil
	}
	return jwk{}, fmt.Errorf("a %T is not a key of a supported type", public)
}

// publicKey returns the key if it is for that algorithm. It accepts only what
// publicJWK returns, so that a key has one form and one thumbprint.
func (j jwk) publicKey(alg Algorithm) (crypto.PublicKey, error) {
	var key crypto.PublicKey
	var err error
	switch alg {
	case ES256:
		key, err = j.ecKey()
	case EdDSA:
		key, err = j.okpKey()
	case RS256:
		key, err = j.rsaKey()
	default:
		return nil, errors.New("alg is none of ES256, EdDSA and RS256")
	}
	if err != nil {
		return nil, err
	}
	if canonical, err := publicJWK(key); err != nil || canonical != j {
		return nil, fmt.Errorf("public is not a key of %s as RFC 7517 writes it", alg)
	}
	return key, nil
}

func (j jwk) ecKey() (crypto.PublicKey, error) {
	x, err := encoding.DecodeString(j.X)
	y, err2 := encoding.DecodeString(j.Y)
	if err != nil || err2 != nil || len(x) != 32 || len(y) != 32 {
		return nil, errors.New("public is not a point of P-256")
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err != nil {
		return nil, errors.New("public is not a point of P-256")
	}
	return key, nil
}

func (j jwk) okpKey() (crypto.PublicKey, error) {
	x, err := encoding.DecodeString(j.X)
	if err != nil || len(x) != ed25519.PublicKeySize {
		return nil, errors.New("public is not a key of Ed25519")
	}
	return ed25519.PublicKey(x), nil
}

func (j jwk) rsaKey() (crypto.PublicKey, error) {
	if len(j.Modulus) > encoding.EncodedLen(maxRSABits/8) {
		return nil, fmt.Errorf("public has more than %d bits", maxRSABits)
	}
	n, err := encoding.DecodeString(j.Modulus)
	if err != nil || j.Exponent != rsaExponent {
		return nil, errors.New("public is not an RSA key with the exponent 65537")
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}
	if bits := key.N.BitLen(); bits < minRSABits {
		return nil, fmt.Errorf("public has %d bits, and RS256 needs %d", bits, minRSABits)
	}
	if key.N.Bit(0) == 0 {
		return nil, errors.New("public is not an RSA key")
	}
	return key, nil
}

// thumbprint returns the JWK thumbprint (RFC 7638), which is the kid: two keys
// never have the same one. RFC 7638 §3.3 requires the members in this order.
func (j jwk) thumbprint() string {
	var sorted any
	switch j.Type {
	case "EC":
		sorted = struct {
			Curve string `json:"crv"`
			Type  string `json:"kty"`
			X     string `json:"x"`
			Y     string `json:"y"`
		}{j.Curve, j.Type, j.X, j.Y}
	case "OKP":
		sorted = struct {
			Curve string `json:"crv"`
			Type  string `json:"kty"`
			X     string `json:"x"`
		}{j.Curve, j.Type, j.X}
	default:
		sorted = struct {
			Exponent string `json:"e"`
			Type     string `json:"kty"`
			Modulus  string `json:"n"`
		}{j.Exponent, j.Type, j.Modulus}
	}
	b, err := json.Marshal(sorted)
	if err != nil { // strings always have a JSON form
		panic(err)
	}
	sum := sha256.Sum256(b)
	return encoding.EncodeToString(sum[:])
}
