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

// jwk is a public key as RFC 7517 writes it, with the members of all three
// kinds (RFC 7518 §6.2, §6.3; RFC 8037 §2).
type jwk struct {
	Type     string `json:"kty"`
	Curve    string `json:"crv,omitempty"`
	X        string `json:"x,omitempty"`
	Y        string `json:"y,omitempty"`
	Modulus  string `json:"n,omitempty"`
	Exponent string `json:"e,omitempty"`
}

// The bounds of an RSA key, in bits: RFC 7518 §3.3 has the least; beyond the
// most it is slow and its tokens are long.
const (
	leastRSA = 2048
	mostRSA  = 4096
)

// exponent is the one that everybody uses, 65537.
const exponent = "AQAB"

// encoding is base64url without padding, and with no second spelling.
var encoding = base64.RawURLEncoding.Strict()

// publicJWK writes a public key.
func publicJWK(public crypto.PublicKey) (jwk, error) {
	switch p := public.(type) {
	case *ecdsa.PublicKey:
		b, err := p.Bytes() // 4, x, y
		if err != nil || p.Curve != elliptic.P256() {
			return jwk{}, errors.New("not a key of P-256")
		}
		half := (len(b) - 1) / 2
		return jwk{Type: "EC", Curve: "P-256", X: encoding.EncodeToString(b[1 : 1+half]), Y: encoding.EncodeToString(b[1+half:])}, nil
	case ed25519.PublicKey:
		return jwk{Type: "OKP", Curve: "Ed25519", X: encoding.EncodeToString(p)}, nil
	case *rsa.PublicKey:
		return jwk{Type: "RSA", Modulus: encoding.EncodeToString(p.N.Bytes()), Exponent: encoding.EncodeToString(big.NewInt(int64(p.E)).Bytes())}, nil
	}
	return jwk{}, fmt.Errorf("a %T is none of the kinds of key", public)
}

// public reads one for that algorithm. It takes what publicJWK writes and no
// other spelling.
func (j jwk) public(alg Algorithm) (crypto.PublicKey, error) {
	var key crypto.PublicKey
	var err error
	switch alg {
	case ES256:
		key, err = j.ec()
	case EdDSA:
		key, err = j.okp()
	case RS256:
		key, err = j.rsa()
	default:
		return nil, errors.New("alg is none of ES256, EdDSA and RS256")
	}
	if err != nil {
		return nil, err
	}
	if again, err := publicJWK(key); err != nil || again != j {
		return nil, fmt.Errorf("public is not a key of %s as RFC 7517 writes it", alg)
	}
	return key, nil
}

func (j jwk) ec() (crypto.PublicKey, error) {
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

func (j jwk) okp() (crypto.PublicKey, error) {
	x, err := encoding.DecodeString(j.X)
	if err != nil || len(x) != ed25519.PublicKeySize {
		return nil, errors.New("public is not a key of Ed25519")
	}
	return ed25519.PublicKey(x), nil
}

func (j jwk) rsa() (crypto.PublicKey, error) {
	if len(j.Modulus) > encoding.EncodedLen(mostRSA/8) {
		return nil, fmt.Errorf("public has more than %d bits", mostRSA)
	}
	n, err := encoding.DecodeString(j.Modulus)
	if err != nil || j.Exponent != exponent {
		return nil, errors.New("public is not an RSA key with the exponent 65537")
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}
	if bits := key.N.BitLen(); bits < leastRSA {
		return nil, fmt.Errorf("public has %d bits, and RS256 needs %d", bits, leastRSA)
	}
	if key.N.Bit(0) == 0 {
		return nil, errors.New("public is not an RSA key")
	}
	return key, nil
}

// thumbprint is the key's name (RFC 7638): two rings never give one name to
// two keys. The members stand in the order of their names, which RFC 7638 asks.
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
	if err != nil { // three texts
		panic(err)
	}
	sum := sha256.Sum256(b)
	return encoding.EncodeToString(sum[:])
}
