package token

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Claims say which account and session a token was issued to.
type Claims struct {
	Subject string // sub: the account's UUID
	Session string // sid: the session's UUID
	Role    string // role: the account's role when the token was issued
	Version int64  // ver: the account's token version, see docs/decisions/0003-token-version.md
}

// claims are the claims of a token as JSON: those that RFC 7519 registers, and
// Roster's own.
type claims struct {
	jwt.RegisteredClaims
	Session string `json:"sid"`
	Role    string `json:"role"`
	Version int64  `json:"ver"`

	extra Extra
}

func newClaims(c Claims, p Profile, now time.Time) claims {
	return claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    p.Issuer,
			Audience:  jwt.ClaimStrings{p.Audience},
			Subject:   c.Subject,
			IssuedAt:  jwt.NewNumericDate(now),
			NotBefore: jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(Lifetime)),
			ID:        rand.Text(),
		},
		Session: c.Session, Role: c.Role, Version: c.Version, extra: p.Extra,
	}
}

// MarshalJSON appends the extra claims.
func (c claims) MarshalJSON() ([]byte, error) {
	type plain claims // has no MarshalJSON, which would call itself
	b, err := json.Marshal(plain(c))
	if err != nil || len(c.extra) == 0 {
		return b, err
	}
	return append(append(b[:len(b)-1], ','), c.extra[1:]...), nil
}

// UnmarshalJSON accepts only whole numbers as times (RFC 7519 §2). jwt.NumericDate
// would accept fractions and strings too.
func (c *claims) UnmarshalJSON(b []byte) error {
	var typed struct {
		Issuer    string           `json:"iss"`
		Subject   string           `json:"sub"`
		Audience  jwt.ClaimStrings `json:"aud"`
		ExpiresAt *int64           `json:"exp"`
		NotBefore *int64           `json:"nbf"`
		IssuedAt  *int64           `json:"iat"`
		ID        string           `json:"jti"`

		Session string `json:"sid"`
		Role    string `json:"role"`
		Version int64  `json:"ver"`
	}
	if err := json.Unmarshal(b, &typed); err != nil {
		return err
	}
	c.RegisteredClaims = jwt.RegisteredClaims{
		Issuer: typed.Issuer, Subject: typed.Subject, Audience: typed.Audience, ID: typed.ID,
		ExpiresAt: date(typed.ExpiresAt), NotBefore: date(typed.NotBefore), IssuedAt: date(typed.IssuedAt),
	}
	c.Session, c.Role, c.Version = typed.Session, typed.Role, typed.Version
	return nil
}

func date(seconds *int64) *jwt.NumericDate {
	if seconds == nil {
		return nil
	}
	return jwt.NewNumericDate(time.Unix(*seconds, 0))
}

// Extra is a JSON object of further claims, the same in each token. Roster
// itself reads none of them.
type Extra []byte

const (
	maxExtraBytes  = 1024 // as they are written into the token
	maxExtraClaims = 16
)

// claimForm is compiled at its first use, because that takes longer than the rest of a
// start, and few deployments have further claims.
var claimForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}$`) })

// reservedClaims must not be extra claims: those that Roster itself writes, those
// of RFC 7519 §4.1, and those that say how somebody logged in, which differs from
// token to token.
var reservedClaims = []string{
	"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "sid", "role", "ver",
	"username", "auth_time", "acr", "amr", "cnf", "act", "may_act", "nonce", "azp",
}

// ParseExtra reads a JSON object of claims. It refuses reserved names, in upper
// or lower case, because many JSON parsers ignore case.
func ParseExtra(text string) (Extra, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("must be a JSON object of claims")
	}
	out := Extra{'{'}
	var names []string
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, errors.New("is not valid JSON")
		}
		claim := t.(string) // the decoder accepts only a string here
		lower := strings.ToLower(claim)
		switch {
		case !claimForm().MatchString(claim):
			return nil, errors.New("has a claim whose name has characters other than letters, digits and _ . : / -")
		case slices.Contains(reservedClaims, lower):
			return nil, fmt.Errorf("must not set %s", lower)
		case slices.Contains(names, lower):
			return nil, fmt.Errorf("has %s twice", lower)
		}
		names = append(names, lower)
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, errors.New("is not valid JSON")
		}
		pair, err := json.Marshal(map[string]any{claim: value})
		if err != nil {
			return nil, errors.New("is not valid JSON")
		}
		out = append(append(out, pair[1:len(pair)-1]...), ',')
	}
	if _, err := d.Token(); err != nil {
		return nil, errors.New("is not valid JSON")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("has text after the JSON object")
	}
	if len(names) == 0 {
		return nil, nil
	}
	if out[len(out)-1] = '}'; len(out) > maxExtraBytes || len(names) > maxExtraClaims {
		return nil, fmt.Errorf("must have at most %d claims, and %d bytes", maxExtraClaims, maxExtraBytes)
	}
	return out, nil
}
