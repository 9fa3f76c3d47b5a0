package bearer_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"roster/shared/bearer"
	"roster/shared/credential/keyring"
	"roster/shared/credential/token"
)

func TestRequireAcceptsRostersTokens(t *testing.T) {
	t.Parallel()
	for _, alg := range []keyring.Algorithm{keyring.ES256, keyring.EdDSA, keyring.RS256} {
		i := newIssuer(t)
		k := newKey(t, alg)
		i.publish(k)
		v := i.verifier(t)
		for _, scheme := range []string{"Bearer", "bearer", "BEARER"} {
			if got, w := call(t, v, scheme+" "+i.signed(t, k)); got != http.StatusOK {
				t.Errorf("%s, %s: %d %s", alg, scheme, got, w.Body)
			}
		}
		checkFetches(t, string(alg), i, 1)
	}
}

// RFC 6750 §3.
func TestRefusalsFollowRFC6750(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	k := newKey(t, keyring.ES256)
	i.publish(k)
	good := i.signed(t, k)
	const bad = `Bearer error="invalid_token"`
	for name, c := range map[string]struct {
		headers   []string
		status    int
		challenge string
	}{
		"no header":       {nil, 401, "Bearer"},
		"nothing":         {[]string{""}, 401, "Bearer"},
		"a scheme alone":  {[]string{"Bearer"}, 401, "Bearer"},
		"another scheme":  {[]string{"Basic " + good}, 401, "Bearer"},
		"no token":        {[]string{"Bearer "}, 401, bad},
		"not a token":     {[]string{"Bearer x"}, 401, bad},
		"two spaces":      {[]string{"Bearer  " + good}, 401, bad},
		"cut":             {[]string{"Bearer " + good[:len(good)-1]}, 401, bad},
		"two headers":     {[]string{"Bearer " + good, "Bearer " + good}, 400, `Bearer error="invalid_request"`},
		"two in a header": {[]string{"Bearer " + good + ", Bearer " + good}, 401, bad},
	} {
		got, w := call(t, i.verifier(t), c.headers...)
		h := w.Header()
		if got != c.status || h.Get("WWW-Authenticate") != c.challenge || h.Get("Content-Type") != "application/problem+json" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d, %v", name, got, h)
		}
		var problem struct {
			Status           int
			Title, Code, Msg string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || problem.Status != got || problem.Title != http.StatusText(got) || problem.Code == "" || problem.Msg == "" {
			t.Errorf("%s: %v: %s", name, err, w.Body)
		}
	}
	if _, ok := bearer.From(t.Context()); ok {
		t.Error("there are claims without a token")
	}
}

// The tests of package token have a thousand forgeries. These are the ones that
// published keys make possible, and those for another issuer or audience.
func TestForgedTokensAreRefused(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	es, rs := newKey(t, keyring.ES256), newKey(t, keyring.RS256)
	i.publish(es, rs)
	v := i.verifier(t)
	good := i.signed(t, es)
	check(t, "a good one", v, good, 200)
	public, err := x509.MarshalPKIXPublicKey(rs.Public)
	if err != nil {
		t.Fatal(err)
	}
	payload := strings.Split(good, ".")[1]
	sign := func(method jwt.SigningMethod, header string, key any) string {
		content := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + payload
		signature, err := method.Sign(content, key)
		if err != nil {
			t.Fatal(err)
		}
		return content + "." + base64.RawURLEncoding.EncodeToString(signature)
	}
	with := func(change func(*token.Profile, *token.Claims)) string {
		p, c := token.Profile{Issuer: i.URL, Audience: "roster"}, claims
		change(&p, &c)
		raw, _, err := token.New(p, token.Keys{Ring: &keyring.Ring{Keys: []keyring.Key{es}}, Private: es.Private()}).Issue(c, i.clock())
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	for name, raw := range map[string]string{
		"HS256 under a public key":      sign(jwt.SigningMethodHS256, `{"alg":"HS256","typ":"at+jwt","kid":"`+rs.ID+`"}`, public),
		"the same without a kid":        sign(jwt.SigningMethodHS256, `{"alg":"HS256","typ":"at+jwt"}`, public),
		"no signature":                  strings.Join(strings.Split(good, ".")[:2], ".") + ".",
		"none":                          base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"at+jwt","kid":"`+es.ID+`"}`)) + "." + payload + ".AA",
		"a key for another's algorithm": sign(jwt.SigningMethodRS256, `{"alg":"RS256","typ":"at+jwt","kid":"`+es.ID+`"}`, rs.Private()),
		"RS512 by a key for RS256":      sign(jwt.SigningMethodRS512, `{"alg":"RS512","typ":"at+jwt","kid":"`+rs.ID+`"}`, rs.Private()),
		"by an unpublished key":         sign(jwt.SigningMethodES256, `{"alg":"ES256","typ":"at+jwt","kid":"`+es.ID+`"}`, newKey(t, keyring.ES256).Private()),
		"another type":                  sign(jwt.SigningMethodES256, `{"alg":"ES256","typ":"JWT","kid":"`+es.ID+`"}`, es.Private()),
		"the key in the token":          sign(jwt.SigningMethodES256, `{"alg":"ES256","typ":"at+jwt","jwk":{"kty":"EC"}}`, es.Private()),
		"another issuer":                with(func(p *token.Profile, _ *token.Claims) { p.Issuer = "https://accounts.example.org" }),
		"another audience":              with(func(p *token.Profile, _ *token.Claims) { p.Audience = "https://orders.example.com" }),
		"no session":                    with(func(_ *token.Profile, c *token.Claims) { c.Session = "" }),
		"no role":                       with(func(_ *token.Profile, c *token.Claims) { c.Role = "" }),
	} {
		check(t, name, v, raw, 401)
	}
	i.advance(token.Lifetime + token.Leeway)
	check(t, "an expired token", v, good, 401)
}

func TestNewRefusesBadIssuers(t *testing.T) {
	t.Parallel()
	for _, issuer := range []string{
		"", "accounts.example.com", "https://", "https://accounts.example.com/", "https://accounts.example.com/a/", "https://u@accounts.example.com",
		"https://accounts.example.com?x", "ftp://accounts.example.com", "http://accounts.example.com", "http://10.0.0.1:3000", "http://localhost.example.com", "https://a b",
	} {
		if v, err := bearer.New(bearer.Config{Issuer: issuer}); err == nil || v != nil || !strings.Contains(err.Error(), "issuer") {
			t.Errorf("%q: %v, %v", issuer, v, err)
		}
	}
	for _, issuer := range []string{"https://accounts.example.com", "https://api.example.com/auth", "https://accounts.example.com:8443", "http://127.0.0.1:3000", "http://localhost:3000", "http://[::1]:3000"} {
		if v, err := bearer.New(bearer.Config{Issuer: issuer}); err != nil || v == nil {
			t.Errorf("%q: %v", issuer, err)
		}
	}
}

func TestTokensForAnotherAudienceAreRefused(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	k := newKey(t, keyring.EdDSA)
	i.publish(k)
	v, err := bearer.New(bearer.Config{Issuer: i.URL, Audience: "https://orders.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(v.Now().String(), "m=") {
		t.Error("the clock stands still while a machine sleeps")
	}
	v.SetClock(i.clock)
	check(t, "a token for roster", v, i.signed(t, k), 401)
	s := token.New(token.Profile{Issuer: i.URL, Audience: "https://orders.example.com"}, token.Keys{Ring: &keyring.Ring{Keys: []keyring.Key{k}}, Private: k.Private()})
	raw, _, err := s.Issue(claims, i.clock())
	if err != nil {
		t.Fatal(err)
	}
	check(t, "a token for this service", v, raw, 200)
}
