// Package tokens assembles the access tokens of a function from its
// environment. It is apart from package boot so that a function without access
// tokens does not link the JWT library.
package tokens

import (
	"roster/shared/boot"
	"roster/shared/token"
)

// audience is whom the tokens are for: Roster's own endpoints (RFC 7519
// §4.1.3).
const audience = "roster"

// Access returns what issues and verifies access tokens.
func Access(env *boot.Environment) *token.HS256 {
	return token.NewHS256(env.Key("JWT_SECRET_KEY"), env.Origin("PUBLIC_URL"), audience)
}
