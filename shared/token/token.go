// Package token issues and verifies access tokens: signed JWTs (RFC 7519) in
// the profile of RFC 9068. It takes one algorithm, fixed by the key and never
// by the token, and refuses a token that lacks any claim it issues. What the
// bearer may do is not its business.
package token

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// Lifetime is how long an access token is good.
	Lifetime = 10 * time.Minute
	// leeway is how far the clocks of two instances may differ (RFC 7519 §4.1.4).
	// Lambda keeps them within milliseconds; more would only lengthen the life
	// of a stolen token.
	leeway = 5 * time.Second
	// maxLength bounds what is parsed; our own tokens have about 600 bytes.
	maxLength = 4096
	// mediaType is the header's typ (RFC 9068 §2.1); it keeps tokens made for
	// another purpose out (RFC 8725 §3.11).
	mediaType = "at+jwt"
)

// HS256 signs and verifies with one shared secret.
type HS256 struct {
	key              []byte
	issuer, audience string
}

// NewHS256 returns a signer for a secret of at least 32 bytes (RFC 7518 §3.2).
// Issuer and audience go into each token and are asked of each.
func NewHS256(secret []byte, issuer, audience string) *HS256 {
	return &HS256{key: secret, issuer: issuer, audience: audience}
}

// Claims are what a token says of its bearer.
type Claims struct {
	Subject string // sub: the account's UUID
	Session string // sid: the session's UUID
	Role    string // role: what the account was when the token was issued
	Version int64  // ver: of the account's tokens, see docs/decisions/0003-token-version.md
}

// claims are RFC 7519's registered ones and our own.
type claims struct {
	jwt.RegisteredClaims
	Session string `json:"sid,omitempty"`
	Role    string `json:"role"`
	Version int64  `json:"ver"`
}

// UnmarshalJSON takes numbers for times, as RFC 7519 §2 says: jwt.NumericDate
// would read strings, too.
func (c *claims) UnmarshalJSON(b []byte) error {
	var numbers struct {
		IssuedAt  int64 `json:"iat"`
		NotBefore int64 `json:"nbf"`
		ExpiresAt int64 `json:"exp"`

		Session string `json:"sid"`
		Role    string `json:"role"`
		Version int64  `json:"ver"`
	}
	if err := json.Unmarshal(b, &numbers); err != nil {
		return err
	}
	c.Session, c.Role, c.Version = numbers.Session, numbers.Role, numbers.Version
	return json.Unmarshal(b, &c.RegisteredClaims)
}

// Issue returns a token with the claims and how long it is good.
func (s *HS256) Issue(c Claims, now time.Time) (string, time.Duration, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    s.issuer,
			Audience:  jwt.ClaimStrings{s.audience},
			Subject:   c.Subject,
			IssuedAt:  jwt.NewNumericDate(now),
			NotBefore: jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(Lifetime)),
			ID:        rand.Text(),
		},
		Session: c.Session, Role: c.Role, Version: c.Version,
	})
	t.Header["typ"] = mediaType
	signed, err := t.SignedString(s.key)
	if err != nil {
		return "", 0, fmt.Errorf("sign an access token: %w", err)
	}
	return signed, Lifetime, nil
}

// ErrInvalid is every refusal of Verify; what it wraps is for the log only.
var ErrInvalid = errors.New("the access token is not valid")

// compact is the form of a JWS in compact serialisation (RFC 7515 §7.1). The
// base64 decoder skips line breaks, so without it a token has many spellings.
var compact = regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$`)

// Verify returns the claims of a token that this key signed and that is good
// now, else ErrInvalid.
func (s *HS256) Verify(raw string, now time.Time) (Claims, error) {
	if len(raw) > maxLength || !compact.MatchString(raw) {
		return Claims{}, fmt.Errorf("%w: not a compact JWS", ErrInvalid)
	}
	var c claims
	t, err := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithIssuer(s.issuer), jwt.WithAudience(s.audience),
		jwt.WithExpirationRequired(), jwt.WithNotBeforeRequired(), jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway), jwt.WithTimeFunc(func() time.Time { return now }),
		jwt.WithStrictDecoding(),
	).ParseWithClaims(raw, &c, func(*jwt.Token) (any, error) { return s.key, nil })
	if err != nil {
		return Claims{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if err := s.complete(t.Header, c); err != nil {
		return Claims{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return Claims{Subject: c.Subject, Session: c.Session, Role: c.Role, Version: c.Version}, nil
}

var (
	// uuid is the canonical form of a UUID (RFC 9562 §4).
	uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	// role is the form of a role's name.
	role = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,31}$`)
)

// sessionOptional lets tokens without sid pass, until each login makes a
// session.
const sessionOptional = true

// complete checks what the parser does not ask for.
func (s *HS256) complete(header map[string]any, c claims) error {
	typ, _ := header["typ"].(string)
	switch {
	case typ != mediaType:
		return fmt.Errorf("typ is not %s", mediaType)
	case header["crit"] != nil:
		return errors.New("crit names an extension that is not understood") // RFC 7515 §4.1.11
	case c.Issuer != s.issuer: // the parser lets any pass where its own is empty
		return errors.New("iss is not this service")
	case len(c.Audience) != 1 || c.Audience[0] != s.audience:
		return errors.New("aud is not this service alone")
	case c.Subject == "" || c.ID == "" || c.IssuedAt == nil:
		return errors.New("a claim is missing")
	case !c.NotBefore.Equal(c.IssuedAt.Time): // a time beyond what int64 holds comes out as long ago
		return errors.New("nbf is not iat")
	case !uuid.MatchString(c.Session) && !(sessionOptional && c.Session == ""):
		return errors.New("sid is not a session")
	case !role.MatchString(c.Role):
		return errors.New("role is not a role")
	case c.Version < 1 || c.Version == math.MaxInt64:
		return errors.New("ver is not a version")
	case c.ExpiresAt.Sub(c.IssuedAt.Time) > Lifetime:
		return errors.New("it lives longer than any that was issued")
	}
	return nil
}
