package token

import (
	"github.com/golang-jwt/jwt/v5"

	"roster/shared/credential/keyring"
)

// Lower brings a signature into the form that is taken.
func Lower(alg keyring.Algorithm, signature []byte) []byte {
	return lower(jwt.GetSigningMethod(string(alg)), signature)
}
