// Package token issues and verifies access tokens: signed JWTs (RFC 7519) in
// the profile of RFC 9068. A token's kid picks a key of the ring, and the key
// says which algorithm it is for; what the token says of that must agree and
// decides nothing. It refuses a token that lacks any claim it issues. What the
// bearer may do is not its business.
package token

import (
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
	// Leeway is how far the clocks of two instances may differ (RFC 7519 §4.1.4).
	// Lambda keeps them within milliseconds; more would only lengthen the life
	// of a stolen token.
	Leeway = 5 * time.Second
	// maxLength bounds what is parsed; our own tokens have 500 bytes, 900 with
	// the largest RSA key, and what JWT_CLAIMS adds.
	maxLength = 4096
	// mediaType is the header's typ (RFC 9068 §2.1); it keeps tokens made for
	// another purpose out (RFC 8725 §3.11).
	mediaType = "at+jwt"
)

// Profile is what all tokens of a service have in common.
type Profile struct {
	Issuer   string
	Audience string
	Extra    Extra
}

// Service issues and verifies tokens with the keys of one moment.
type Service struct {
	profile Profile
	keys    Keys
	parser  []jwt.ParserOption
}

// New returns a service. Issuer and audience go into each token and are asked
// of each.
func New(p Profile, k Keys) *Service {
	return &Service{profile: p, keys: k, parser: []jwt.ParserOption{
		jwt.WithValidMethods(methods), jwt.WithIssuer(p.Issuer), jwt.WithAudience(p.Audience),
		jwt.WithExpirationRequired(), jwt.WithNotBeforeRequired(), jwt.WithIssuedAt(),
		jwt.WithLeeway(Leeway), jwt.WithStrictDecoding(),
	}}
}

// NewHS256 returns a service with one shared secret of at least 32 bytes (RFC
// 7518 §3.2).
func NewHS256(secret []byte, issuer, audience string) *Service {
	return New(Profile{Issuer: issuer, Audience: audience}, Keys{Secret: secret})
}

// Issue returns a token with the claims and how long it is good.
func (s *Service) Issue(c Claims, now time.Time) (string, time.Duration, error) {
	signed, err := s.keys.sign(newClaims(c, s.profile, now))
	if err != nil {
		return "", 0, fmt.Errorf("sign an access token: %w", err)
	}
	if len(signed) > maxLength {
		return "", 0, fmt.Errorf("sign an access token: it has %d bytes, and nobody takes more than %d; make JWT_CLAIMS smaller", len(signed), maxLength)
	}
	return signed, Lifetime, nil
}

// ErrInvalid is every refusal of Verify; what it wraps is for the log only.
var ErrInvalid = errors.New("the access token is not valid")

// compact is the form of a JWS in compact serialisation (RFC 7515 §7.1). The
// base64 decoder skips line breaks, so without it a token has many spellings.
var compact = regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$`)

// Verify returns the claims of a token that one of the keys signed and that is
// good now, else ErrInvalid.
func (s *Service) Verify(raw string, now time.Time) (Claims, error) {
	if len(raw) > maxLength || !compact.MatchString(raw) {
		return Claims{}, fmt.Errorf("%w: not a compact JWS", ErrInvalid)
	}
	var c claims
	options := append(s.parser[:len(s.parser):len(s.parser)], jwt.WithTimeFunc(func() time.Time { return now }))
	t, err := jwt.NewParser(options...).ParseWithClaims(raw, &c, func(t *jwt.Token) (any, error) { return s.keys.verification(t, now) })
	if err != nil {
		return Claims{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if err := s.complete(t, c); err != nil {
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

// complete checks what the parser does not ask for.
func (s *Service) complete(t *jwt.Token, c claims) error {
	typ, _ := t.Header["typ"].(string)
	switch {
	case typ != mediaType:
		return fmt.Errorf("typ is not %s", mediaType)
	case t.Header["crit"] != nil:
		return errors.New("crit names an extension that is not understood") // RFC 7515 §4.1.11
	case !canonical(t.Method, t.Signature):
		return errors.New("the signature has another spelling")
	case c.Issuer != s.profile.Issuer: // the parser lets any pass where its own is empty
		return errors.New("iss is not this service")
	case len(c.Audience) != 1 || c.Audience[0] != s.profile.Audience:
		return errors.New("aud is not this service alone")
	case c.Subject == "" || c.ID == "" || c.IssuedAt == nil:
		return errors.New("a claim is missing")
	case !c.NotBefore.Equal(c.IssuedAt.Time): // a time beyond what int64 holds comes out as long ago
		return errors.New("nbf is not iat")
	case !uuid.MatchString(c.Session):
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
