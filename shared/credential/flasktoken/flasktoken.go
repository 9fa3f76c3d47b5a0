// Package flasktoken verifies the access tokens of a Flask service that used
// Flask-JWT-Extended 4, so that its users stay logged in when Roster takes over:
//
//	v := flasktoken.New(secret, until)
//	identity, err := v.Verify(raw, now)
//
// Its subject is an object with the account's id, username and role, signed with
// HS256. The package refuses every other algorithm, tokens that are no access
// tokens, tokens without an end, and all tokens after the stated time. It refuses
// to issue tokens, and it does not read the role: only the account's row says it.
package flasktoken

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// Leeway is how far the clock of the Flask service may have differed.
	Leeway    = 5 * time.Second
	maxLength = 4096 // bytes of a token
)

// Identity is the account that a token was issued to, as the Flask service knew
// it.
type Identity struct {
	ID       int64
	Username string // as it was written there, in upper or lower case
}

// Verifier verifies tokens until a time. It is safe for concurrent use.
type Verifier struct {
	secret []byte
	until  time.Time
}

// New returns a verifier for the tokens that were signed with the secret
// (JWT_SECRET_KEY of the Flask service). It accepts none at or after the time.
func New(secret []byte, until time.Time) *Verifier { return &Verifier{secret: secret, until: until} }

// ErrInvalid is every error of Verify. What it wraps says why, for the log only.
var ErrInvalid = errors.New("the access token of the Flask service is not valid")

// Verify returns whom the token was issued to if it is valid now, else ErrInvalid.
func (v *Verifier) Verify(raw string, now time.Time) (Identity, error) {
	who, err := v.verify(raw, now)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return who, nil
}

func (v *Verifier) verify(raw string, now time.Time) (Identity, error) {
	switch {
	case !now.Before(v.until):
		return Identity{}, errors.New("these tokens are no longer accepted")
	case len(raw) > maxLength || strings.ContainsAny(raw, "\r\n="): // which the decoder of base64 would ignore
		return Identity{}, errors.New("not a compact JWS")
	}
	var c claims
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired(), jwt.WithNotBeforeRequired(), jwt.WithIssuedAt(),
		jwt.WithLeeway(Leeway), jwt.WithStrictDecoding(), jwt.WithTimeFunc(func() time.Time { return now }),
	)
	t, err := parser.ParseWithClaims(raw, &c, func(*jwt.Token) (any, error) { return v.secret, nil })
	if err != nil {
		return Identity{}, err
	}
	return c.identity(t)
}

// identity checks what the parser does not.
func (c claims) identity(t *jwt.Token) (Identity, error) {
	typ, _ := t.Header["typ"].(string)
	switch {
	case typ != "JWT" || len(t.Header) != 2: // Roster's own tokens are at+jwt
		return Identity{}, errors.New("the header is not one of Flask-JWT-Extended")
	case c.Type != "access":
		return Identity{}, errors.New("type is not access")
	case c.IssuedAt == nil || c.ID == "":
		return Identity{}, errors.New("a claim is missing")
	case c.Subject.ID < 1 || c.Subject.Username == "":
		return Identity{}, errors.New("sub is not an account's id and username")
	}
	return Identity(c.Subject), nil
}

// claims are those of Flask-JWT-Extended. Times are whole seconds.
type claims struct {
	Type      string
	ID        string
	Subject   subject
	IssuedAt  *int64
	NotBefore *int64
	ExpiresAt *int64
}

// subject is an object, which the library's registered claims refuse.
type subject struct {
	ID       int64  `json:"id"`
	Username string `json:"username"`
}

// UnmarshalJSON refuses numbers with fractions, and texts as numbers.
func (c *claims) UnmarshalJSON(b []byte) error {
	var in struct {
		Type      string          `json:"type"`
		ID        string          `json:"jti"`
		Subject   json.RawMessage `json:"sub"`
		IssuedAt  *int64          `json:"iat"`
		NotBefore *int64          `json:"nbf"`
		ExpiresAt *int64          `json:"exp"`
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*c = claims{Type: in.Type, ID: in.ID, IssuedAt: in.IssuedAt, NotBefore: in.NotBefore, ExpiresAt: in.ExpiresAt}
	if len(in.Subject) == 0 || in.Subject[0] != '{' {
		return errors.New("sub is not an object")
	}
	return json.Unmarshal(in.Subject, &c.Subject)
}

// The parser reads the times by these methods. What the tokens do not have is
// empty.
func (c claims) GetExpirationTime() (*jwt.NumericDate, error) { return date(c.ExpiresAt), nil }
func (c claims) GetIssuedAt() (*jwt.NumericDate, error)       { return date(c.IssuedAt), nil }
func (c claims) GetNotBefore() (*jwt.NumericDate, error)      { return date(c.NotBefore), nil }
func (claims) GetIssuer() (string, error)                     { return "", nil }
func (claims) GetSubject() (string, error)                    { return "", nil }
func (claims) GetAudience() (jwt.ClaimStrings, error)         { return nil, nil }

func date(seconds *int64) *jwt.NumericDate {
	if seconds == nil {
		return nil
	}
	return jwt.NewNumericDate(time.Unix(*seconds, 0))
}
