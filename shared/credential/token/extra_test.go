package token_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/shared/credential/token"
)

func TestExtraClaimsAreInEveryToken(t *testing.T) {
	t.Parallel()
	extra, err := token.ParseExtra(` {"tenant":"acme","https://example.com/plan":{"b":1.0,"a":[true,null]},"client_id":"web","scope":"users:read","n":12345678901234567890} `)
	if err != nil {
		t.Fatal(err)
	}
	p := profile()
	p.Extra = extra
	for _, keys := range []token.Keys{{Secret: []byte(secret)}, {Ring: rings()["ES256"], Private: current(rings()["ES256"]).Private()}} {
		s := token.New(p, keys)
		raw := issueBy(t, s)
		claims := decode(t, strings.Split(raw, ".")[1])
		want := map[string]any{
			"iss": issuer, "aud": []any{audience}, "sub": subject, "jti": claims["jti"], "ver": 7.0, "sid": session, "role": "USER",
			"iat": float64(now.Unix()), "nbf": float64(now.Unix()), "exp": float64(now.Add(token.Lifetime).Unix()),
			"tenant": "acme", "https://example.com/plan": map[string]any{"a": []any{true, nil}, "b": 1.0}, "client_id": "web",
			"scope": "users:read", "n": 12345678901234567890.0,
		}
		if diff := cmp.Diff(want, claims); diff != "" {
			t.Errorf("claims (-want +got):\n%s", diff)
		}
		for name, service := range map[string]*token.Service{"with them": s, "without them": token.New(profile(), keys)} {
			if c, err := service.Verify(raw, now); err != nil || c != issuedTo {
				t.Errorf("%s: %+v, %v", name, c, err)
			}
		}
	}
}

func TestAnEmptyObjectMeansNoExtraClaims(t *testing.T) {
	t.Parallel()
	if extra, err := token.ParseExtra("{}"); extra != nil || err != nil {
		t.Errorf("%q, %v", extra, err)
	}
}

func TestParseExtraRefuses(t *testing.T) {
	t.Parallel()
	many := make([]string, 17)
	for i := range many {
		many[i] = fmt.Sprintf(`"c%d":1`, i)
	}
	for text, says := range map[string]string{
		"":                 "a JSON object",
		"canary":           "a JSON object",
		"[]":               "a JSON object",
		`"a"`:              "a JSON object",
		"null":             "a JSON object",
		`{"a":}`:           "valid JSON",
		`{"a":1`:           "valid JSON",
		`{"a":1}}`:         "valid JSON|after",
		`{"a":1} canary`:   "after",
		`{"a":1,"a":2}`:    "a twice",
		`{"a":1,"A":2}`:    "a twice",
		`{"sub":"x"}`:      "must not set sub",
		`{"SUB":"x"}`:      "must not set sub",
		`{"Sid":"x"}`:      "must not set sid",
		`{"exp":1}`:        "must not set exp",
		`{"role":"ADMIN"}`: "must not set role",
		`{"amr":["otp"]}`:  "must not set amr",
		`{"":1}`:           "name",
		`{"a b":1}`:        "name",
		`{"\u017fub":1}`:   "name", // a long s: some parsers treat this name as sub
		`{"a":"` + strings.Repeat("x", 1024) + `"}`: "at most",
		`{` + strings.Join(many, ",") + `}`:         "at most",
	} {
		extra, err := token.ParseExtra(text)
		ok := false
		for _, part := range strings.Split(says, "|") {
			ok = ok || err != nil && strings.Contains(err.Error(), part)
		}
		if !ok || extra != nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%.60s: %q, %v; want %q", text, extra, err, says)
		}
	}
	for _, claim := range []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "sid", "role", "ver"} {
		if _, err := token.ParseExtra(`{"` + claim + `":1}`); err == nil {
			t.Errorf("%s can be set", claim)
		}
	}
}

// No extra claim changes a claim of Roster's own.
func FuzzParseExtra(f *testing.F) {
	f.Add(`{"tenant":"acme","n":1e9}`)
	f.Add(`{"Sub":1}`)
	f.Add(`{"a":{"a":1,"a":2}}`)
	f.Fuzz(func(t *testing.T, text string) {
		extra, err := token.ParseExtra(text)
		if err != nil {
			return
		}
		p := profile()
		p.Extra = extra
		s := token.New(p, token.Keys{Secret: []byte(secret)})
		if c, err := s.Verify(issueBy(t, s), now); err != nil || c != issuedTo {
			t.Errorf("%+v, %v", c, err)
		}
	})
}
