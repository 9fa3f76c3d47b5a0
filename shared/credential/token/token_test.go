package token_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/credential/token"
)

func TestAnIssuedTokenIsAccepted(t *testing.T) {
	t.Parallel()
	raw, lifetime, err := signer().Issue(issuedTo, now)
	if err != nil || lifetime != token.Lifetime {
		t.Fatalf("Issue: lifetime %v, error %v", lifetime, err)
	}
	if len(raw) > 640 {
		t.Errorf("the token has %d bytes; headers have little room", len(raw))
	}
	if c, err := signer().Verify(raw, now); err != nil || c != issuedTo {
		t.Errorf("Verify = %+v, %v", c, err)
	}
}

func TestAnIssuedTokenHasTheClaimsOfItsProfile(t *testing.T) {
	t.Parallel()
	parts := strings.Split(issue(t), ".")
	header, claims := decode(t, parts[0]), decode(t, parts[1])
	if id, _ := claims["jti"].(string); len(id) < 22 {
		t.Errorf("jti %q has too few bits to be unique", id)
	}
	delete(claims, "jti")
	if diff := cmp.Diff(map[string]any{"alg": "HS256", "typ": "at+jwt"}, header); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	seconds := float64(now.Unix())
	want := map[string]any{
		"iss": issuer, "aud": []any{audience}, "sub": subject, "ver": 7.0, "sid": session, "role": "USER",
		"iat": seconds, "nbf": seconds, "exp": seconds + token.Lifetime.Seconds(),
	}
	if diff := cmp.Diff(want, claims); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func TestTwoTokensOfTheSameSecondDiffer(t *testing.T) {
	t.Parallel()
	if one, other := issue(t), issue(t); one == other {
		t.Error("two tokens of one second are the same")
	}
}

// Without this test, the forged tokens of other tests might be refused for another
// reason than the one that those tests are about.
func TestTheForgedTokenWithoutAMistakeIsAccepted(t *testing.T) {
	t.Parallel()
	if _, err := signer().Verify(forge(t, validHeader(), validClaims()), now); err != nil {
		t.Fatal(err)
	}
}

func TestATokenOfAnotherServiceIsRefused(t *testing.T) {
	t.Parallel()
	raw := issue(t)
	for name, s := range map[string]*token.Service{
		"another key":      token.NewHS256([]byte(strings.ToUpper(secret)), issuer, audience),
		"a longer key":     token.NewHS256([]byte(secret+"0"), issuer, audience),
		"another issuer":   token.NewHS256([]byte(secret), issuer+"/", audience),
		"another audience": token.NewHS256([]byte(secret), issuer, "billing"),
		"no issuer":        token.NewHS256([]byte(secret), "", audience),
	} {
		wantRefusal(t, name, s, raw, now)
	}
}

func TestATokenIsAcceptedDuringItsLifetimeOnly(t *testing.T) {
	t.Parallel()
	const leeway = 5 * time.Second
	for _, c := range []struct {
		name string
		at   time.Time
		good bool
	}{
		{"when it is issued", now, true},
		{"at its last second", now.Add(token.Lifetime - time.Second), true},
		{"expired within the leeway", now.Add(token.Lifetime + leeway - time.Second), true},
		{"expired at the leeway", now.Add(token.Lifetime + leeway), false},
		{"expired long ago", now.Add(24 * time.Hour), false},
		{"issued by a clock that is ahead within the leeway", now.Add(-leeway), true},
		{"issued by a clock that is too far ahead", now.Add(-leeway - time.Second), false},
		{"at the zero time", time.Time{}, false},
	} {
		_, err := signer().Verify(issue(t), c.at)
		if (err == nil) != c.good {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestExpiredAndForgedIsStillRefused(t *testing.T) {
	t.Parallel() // CVE-2024-51744: one error must not hide the other
	forged := issue(t)
	forged = forged[:len(forged)-1] + "A"
	_, err := signer().Verify(forged, now.Add(time.Hour))
	if !errors.Is(err, token.ErrInvalid) {
		t.Error(err)
	}
}

func wantRefusal(t testing.TB, name string, s *token.Service, raw string, at time.Time) {
	t.Helper()
	c, err := s.Verify(raw, at)
	if !errors.Is(err, token.ErrInvalid) || c != (token.Claims{}) {
		t.Errorf("%s: Verify = %+v, %v; want ErrInvalid and nothing else", name, c, err)
	}
}

func decode(t testing.TB, segment string) map[string]any {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(segment)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}
