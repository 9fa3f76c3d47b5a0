// Package token issues and verifies access tokens: signed JWTs (RFC 7519) in
// the profile of RFC 9068.
//
//	s := token.New(token.Profile{Issuer: issuer, Audience: audience}, keys)
//	raw, lifetime, err := s.Issue(claims, now)
//	claims, err := s.Verify(raw, now)
//
// A token's kid selects a key, and the key determines the algorithm. The token's
// alg must be the same; it never selects an algorithm. The package refuses a
// token that lacks any claim that Issue writes, and it refuses to decide what a
// caller may do.
package token

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// Lifetime is how long an access token is valid.
	Lifetime = 10 * time.Minute
	// Leeway is how far the clocks of two instances may differ (RFC 7519 §4.1.4).
	// Lambda keeps them within milliseconds. A longer leeway would only help a
	// thief of a token.
	Leeway = 5 * time.Second
	// maxLength is in bytes. A token has some 500, or 900 with the largest RSA
	// key, and what JWT_CLAIMS adds.
	maxLength = 4096
	// mediaType is the header's typ (RFC 9068 §2.1). It distinguishes access
	// tokens from JWTs for another purpose (RFC 8725 §3.11).
	mediaType = "at+jwt"
)

// Profile is what all tokens of a deployment have in common.
type Profile struct {
	Issuer   string
	Audience string
	Extra    Extra
}

// Service issues and verifies tokens. Its keys do not change. It remembers tokens
// that it has accepted, in constant memory. It is safe for concurrent use.
type Service struct {
	profile    Profile
	keys       Keys
	parser     []jwt.ParserOption
	remembered remembered
}

// New returns a service. It writes the issuer and the audience into each token,
// and Verify requires them.
func New(p Profile, k Keys) *Service {
	return &Service{profile: p, keys: k, parser: []jwt.ParserOption{
		jwt.WithValidMethods(algorithms), jwt.WithIssuer(p.Issuer), jwt.WithAudience(p.Audience),
		jwt.WithExpirationRequired(), jwt.WithNotBeforeRequired(), jwt.WithIssuedAt(),
		jwt.WithLeeway(Leeway), jwt.WithStrictDecoding(),
	}}
}

// NewHS256 returns a service that signs with a shared secret of at least 32 bytes
// (RFC 7518 §3.2).
func NewHS256(secret []byte, issuer, audience string) *Service {
	return New(Profile{Issuer: issuer, Audience: audience}, Keys{Secret: secret})
}

// Issue returns a token with the claims, and how long it is valid.
func (s *Service) Issue(c Claims, now time.Time) (string, time.Duration, error) {
	signed, err := s.keys.sign(newClaims(c, s.profile, now))
	if err != nil {
		return "", 0, fmt.Errorf("sign an access token: %w", err)
	}
	if len(signed) > maxLength {
		return "", 0, fmt.Errorf("sign an access token: it has %d bytes, and verifiers accept at most %d; make JWT_CLAIMS smaller",
			len(signed), maxLength)
	}
	return signed, Lifetime, nil
}

// ErrInvalid is every error of Verify. What it wraps says why, for the log only.
var ErrInvalid = errors.New("the access token is not valid")

// Verify returns the claims of a token if one of the keys has signed it and it is
// valid now, else ErrInvalid.
func (s *Service) Verify(raw string, now time.Time) (Claims, error) {
	if len(raw) > maxLength || !isCompact(raw) {
		return Claims{}, fmt.Errorf("%w: not a compact JWS", ErrInvalid)
	}
	of := sha256.Sum256([]byte(raw))
	if a := s.remembered.find(of); a != nil && a.isCurrent(now) && s.keys.accepts(a.key, now) {
		return a.claims, nil
	}
	a, err := s.verify(raw, now)
	if err != nil {
		return Claims{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if isUUID(a.claims.Subject) { // as in every token of ours, and short, so that the memory is bounded
		a.digest = of
		s.remembered.add(a)
	}
	return a.claims, nil
}

// verify checks the signature and the claims of a token.
func (s *Service) verify(raw string, now time.Time) (*accepted, error) {
	var c claims
	var key keyName
	options := append(s.parser[:len(s.parser):len(s.parser)], jwt.WithTimeFunc(func() time.Time { return now }))
	t, err := jwt.NewParser(options...).ParseWithClaims(raw, &c, func(t *jwt.Token) (found any, err error) {
		found, key, err = s.keys.verificationKey(t, now)
		return found, err
	})
	if err == nil {
		err = s.checkClaims(t, c)
	}
	if err != nil {
		return nil, err
	}
	return &accepted{
		claims:    Claims{Subject: c.Subject, Session: c.Session, Role: c.Role, Version: c.Version},
		notBefore: c.NotBefore.Time, expires: c.ExpiresAt.Time, key: key,
	}, nil
}

// checkClaims checks what the parser does not.
func (s *Service) checkClaims(t *jwt.Token, c claims) error {
	typ, _ := t.Header["typ"].(string)
	switch {
	case typ != mediaType:
		return fmt.Errorf("typ is not %s", mediaType)
	case t.Header["crit"] != nil:
		return errors.New("crit names an extension that is not understood") // RFC 7515 §4.1.11
	case !isLowS(t.Method, t.Signature):
		return errors.New("the signature is not in its canonical form")
	case c.Issuer != s.profile.Issuer: // if the profile's issuer is empty, the parser accepts any
		return errors.New("iss is not this service")
	case len(c.Audience) != 1 || c.Audience[0] != s.profile.Audience:
		return errors.New("aud is not this service alone")
	case c.Subject == "" || c.ID == "" || c.IssuedAt == nil:
		return errors.New("a claim is missing")
	case !c.NotBefore.Equal(c.IssuedAt.Time): // also for a time that overflows int64
		return errors.New("nbf differs from iat")
	case !isUUID(c.Session):
		return errors.New("sid is not a session's UUID")
	case !isRole(c.Role):
		return errors.New("role is not a role")
	case c.Version < 1 || c.Version == math.MaxInt64:
		return errors.New("ver is not a token version")
	case c.ExpiresAt.Sub(c.IssuedAt.Time) > Lifetime:
		return errors.New("its lifetime is longer than Roster issues")
	}
	return nil
}
