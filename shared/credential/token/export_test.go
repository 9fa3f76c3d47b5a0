package token

import (
	"github.com/golang-jwt/jwt/v5"

	"roster/shared/credential/keyring"
)

// ToLowS returns a signature in the form that Verify accepts.
func ToLowS(alg keyring.Algorithm, signature []byte) []byte {
	return toLowS(jwt.GetSigningMethod(string(alg)), signature)
}
