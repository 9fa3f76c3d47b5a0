package token_test

import (
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"roster/shared/credential/keyring"
	"roster/shared/credential/token"
)

var algorithms = []keyring.Algorithm{keyring.ES256, keyring.EdDSA, keyring.RS256}

// keyStates are the states of the keys in a test's ring, in this order.
var keyStates = []keyring.State{keyring.Retired, keyring.Current, keyring.Next}

// rings has a ring for each algorithm. They are made once, because generating RSA
// keys is slow.
var rings = sync.OnceValue(func() map[keyring.Algorithm]*keyring.Ring {
	all := map[keyring.Algorithm]*keyring.Ring{}
	for _, alg := range algorithms {
		r := &keyring.Ring{}
		for _, state := range keyStates {
			k, err := keyring.Generate(alg)
			if err != nil {
				panic(err)
			}
			k.State, k.CreatedAt = state, now.Add(-72*time.Hour)
			if state != keyring.Next {
				k.CurrentAt = now.Add(-48 * time.Hour)
			}
			if state == keyring.Retired {
				k.RetiredAt = now.Add(-time.Minute)
			}
			r.Keys = append(r.Keys, k)
		}
		all[alg] = r
	}
	return all
})

func current(r *keyring.Ring) keyring.Key {
	k, _ := r.Current()
	return k
}

// method is a way to sign, and what a test needs to forge tokens with it.
type method struct {
	name   string
	signer *token.Service
	header object                             // of a valid token
	sign   func(header, claims string) string // with our own key
	public []string                           // the public key, in several forms
	kids   []any                              // the kids of our other keys
}

func signingMethods() []method {
	all := []method{{name: "HS256", signer: signer(), header: validHeader(), sign: sign}}
	for _, alg := range algorithms {
		r := rings()[alg]
		k := current(r)
		all = append(all, method{
			name: string(alg), signer: serviceWith(r, nil), header: object{"alg": string(alg), "typ": "at+jwt", "kid": k.ID},
			sign: signWith(k), public: publicForms(k), kids: []any{r.Keys[0].ID, r.Keys[2].ID},
		})
	}
	return all
}

func profile() token.Profile { return token.Profile{Issuer: issuer, Audience: audience} }

// serviceWith returns a service with a ring and perhaps a shared secret.
func serviceWith(r *keyring.Ring, secret []byte) *token.Service {
	return token.New(profile(), token.Keys{Ring: r, Private: current(r).Private(), Secret: secret})
}

// signWith returns a function that signs any two segments with the key.
func signWith(k keyring.Key) func(header, claims string) string {
	return func(header, claims string) string {
		signature, err := jwt.GetSigningMethod(string(k.Algorithm)).Sign(header+"."+claims, k.Private())
		if err != nil {
			panic(err)
		}
		return header + "." + claims + "." + encode(token.ToLowS(k.Algorithm, signature))
	}
}

// publicForms returns the public key in several forms. A careless verifier might
// use one of them as a shared secret (CVE-2016-5431).
func publicForms(k keyring.Key) []string {
	der, err := x509.MarshalPKIXPublicKey(k.Public)
	if err != nil {
		panic(err)
	}
	set, err := (&keyring.Ring{Keys: []keyring.Key{k}}).JWKS(now)
	if err != nil {
		panic(err)
	}
	return []string{
		string(der), base64.StdEncoding.EncodeToString(der), string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		string(set),
		k.ID, strings.TrimSpace(string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))),
	}
}

// otherSignature returns the token with the other valid ECDSA signature: (r, n-s)
// instead of (r, s).
func (m *mutator) otherSignature() string {
	if m.name != "ES256" {
		return m.raw + "A"
	}
	b, err := base64.RawURLEncoding.DecodeString(m.parts[2])
	if err != nil {
		m.t.Fatal(err)
	}
	s := new(big.Int).SetBytes(b[32:])
	s.Sub(elliptic.P256().Params().N, s).FillBytes(b[32:])
	return m.parts[0] + "." + m.parts[1] + "." + encode(b)
}

func TestTokensSignedWithTheRingAreAccepted(t *testing.T) {
	t.Parallel()
	for _, alg := range algorithms {
		r := rings()[alg]
		s := serviceWith(r, nil)
		for range 20 { // half of all ECDSA signatures do not have the lower s
			raw := issueBy(t, s)
			if c, err := s.Verify(raw, now); err != nil || c != issuedTo {
				t.Errorf("%s: %+v, %v", alg, c, err)
			}
			want := map[string]any{"alg": string(alg), "typ": "at+jwt", "kid": current(r).ID}
			if diff := cmp.Diff(want, decode(t, strings.Split(raw, ".")[0])); diff != "" {
				t.Errorf("%s: header (-want +got):\n%s", alg, diff)
			}
			if len(raw) > 1024 {
				t.Errorf("%s: the token has %d bytes; headers have little room", alg, len(raw))
			}
		}
	}
}

// The signer may have an older or a newer copy of the ring than the verifier.
func TestEveryKeyOfTheRingVerifies(t *testing.T) {
	t.Parallel()
	for _, alg := range algorithms {
		r := rings()[alg]
		for i, state := range keyStates {
			header := object{"alg": string(alg), "typ": "at+jwt", "kid": r.Keys[i].ID}
			raw := signWith(r.Keys[i])(segment(t, header), segment(t, validClaims()))
			if _, err := serviceWith(r, nil).Verify(raw, now); err != nil {
				t.Errorf("%s, %s: %v", alg, state, err)
			}
		}
	}
}

func TestARetiredKeyIsRefusedAfterItsGracePeriod(t *testing.T) {
	t.Parallel()
	r := rings()[keyring.ES256]
	k := r.Keys[0]
	for after, accepted := range map[time.Duration]bool{
		0: true, keyring.GracePeriod - time.Second: true, keyring.GracePeriod: false, 24 * time.Hour: false,
	} {
		at := k.RetiredAt.Add(after)
		claims := validClaims().with("iat", at.Unix()).with("nbf", at.Unix()).with("exp", at.Add(token.Lifetime).Unix())
		raw := signWith(k)(segment(t, object{"alg": "ES256", "typ": "at+jwt", "kid": k.ID}), segment(t, claims))
		if _, err := serviceWith(r, nil).Verify(raw, at); (err == nil) != accepted {
			t.Errorf("%v after its retirement: %v", after, err)
		}
	}
}

// RFC 8725 §2.1, §3.1, CVE-2015-9235, CVE-2016-5431, CVE-2018-0114: no header
// makes a key verify another algorithm, or makes another key verify.
func TestAlgorithmsAreNotConfused(t *testing.T) {
	t.Parallel()
	for _, alg := range algorithms {
		r := rings()[alg]
		k := current(r)
		for _, service := range []*token.Service{serviceWith(r, nil), serviceWith(r, []byte(secret))} {
			for _, other := range []string{"HS256", "HS384", "HS512"} {
				for _, form := range publicForms(k) {
					forged := jwt.NewWithClaims(jwt.GetSigningMethod(other), jwt.MapClaims(validClaims()))
					forged.Header["typ"] = "at+jwt"
					for _, kid := range []any{k.ID, absent{}, "", nil} {
						forged.Header["kid"] = kid
						if kid == (absent{}) {
							delete(forged.Header, "kid")
						}
						raw, err := forged.SignedString([]byte(form))
						if err != nil {
							t.Fatal(err)
						}
						wantRefusal(t, string(alg)+" as "+other, service, raw, now)
					}
				}
			}
			for _, otherAlg := range algorithms {
				if otherAlg == alg {
					continue
				}
				other := current(rings()[otherAlg])
				claims := segment(t, validClaims())
				for _, kid := range []string{k.ID, other.ID} {
					for _, name := range []string{string(alg), string(otherAlg)} {
						raw := signWith(other)(segment(t, object{"alg": name, "typ": "at+jwt", "kid": kid}), claims)
						wantRefusal(t, "a key for "+string(otherAlg)+" in place of one for "+string(alg), service, raw, now)
					}
				}
			}
			none := segment(t, object{"alg": "none", "typ": "at+jwt", "kid": k.ID}) + "." + segment(t, validClaims())
			wantRefusal(t, "none", service, none+".", now)
			wantRefusal(t, "none", service, none+".AA", now)
		}
	}
}

// Each row has a correct signature by the current key and a wrong kid.
func TestAWrongKidIsRefused(t *testing.T) {
	t.Parallel()
	for _, alg := range algorithms {
		r := rings()[alg]
		k := current(r)
		good := object{"alg": string(alg), "typ": "at+jwt", "kid": k.ID}
		for _, kid := range []any{
			absent{},
			nil, "", " ", k.ID + " ", k.ID[1:], k.ID + "\x00", strings.ToUpper(k.ID), r.Keys[0].ID, r.Keys[2].ID, "*", "current", "0", 0,
			1, true,
			[]string{k.ID},
			object{"kid": k.ID},
			"../../../dev/null", "' or '1'='1", "$(id)", strings.Repeat("k", 3000),
		} {
			raw := signWith(k)(segment(t, good.with("kid", kid)), segment(t, validClaims()))
			wantRefusal(t, "kid", serviceWith(r, nil), raw, now)
			wantRefusal(t, "kid, with a shared secret too", serviceWith(r, []byte(secret)), raw, now)
		}
		for _, hint := range []string{"jku", "x5u", "jwk", "x5c", "x5t"} {
			raw := signWith(k)(segment(t, good.with(hint, "https://evil.example/")), segment(t, validClaims()))
			if _, err := serviceWith(r, nil).Verify(raw, now); err != nil {
				t.Errorf("a valid token is refused because it has %s: %v", hint, err)
			}
		}
	}
}

// From a shared secret to a ring: see docs/decisions/0011-key-ring.md.
func TestTokensOfTheSharedSecretAreRefusedAfterTheChangeToARing(t *testing.T) {
	t.Parallel()
	raw := issue(t) // signed with the secret, now
	published := &keyring.Ring{Keys: []keyring.Key{rings()[keyring.ES256].Keys[2]}}
	switched := &keyring.Ring{Keys: []keyring.Key{current(rings()[keyring.ES256])}, HS256Until: now.Add(time.Minute)}
	later := &keyring.Ring{Keys: switched.Keys}
	with := func(r *keyring.Ring, secret []byte) *token.Service {
		return token.New(profile(), token.Keys{Ring: r, Private: current(switched).Private(), Secret: secret})
	}
	for name, c := range map[string]struct {
		service *token.Service
		at      time.Time
		valid   bool
	}{
		"while a key is only published":        {with(published, []byte(secret)), now, true},
		"when the key signs":                   {with(switched, []byte(secret)), now, true},
		"at the last moment":                   {with(switched, []byte(secret)), now.Add(time.Minute - 1), true},
		"at the end":                           {with(switched, []byte(secret)), now.Add(time.Minute), false},
		"with a ring that never had a secret":  {with(later, []byte(secret)), now, false},
		"without the secret":                   {with(switched, nil), now, false},
		"without the secret, key not yet used": {with(published, nil), now, false},
		"with another secret":                  {with(switched, []byte(strings.ToUpper(secret))), now, false},
	} {
		if _, err := c.service.Verify(raw, c.at); (err == nil) != c.valid {
			t.Errorf("%s: %v", name, err)
		}
	}
	headerOf := func(s *token.Service) map[string]any { return decode(t, strings.Split(issueBy(t, s), ".")[0]) }
	if header := headerOf(with(published, []byte(secret))); header["alg"] != "HS256" || header["kid"] != nil {
		t.Errorf("a key that is only published signs: %v", header)
	}
	if header := headerOf(with(switched, []byte(secret))); header["alg"] != "ES256" {
		t.Errorf("the secret signs although a key is current: %v", header)
	}
	withKid := sign(segment(t, validHeader().with("kid", current(switched).ID)), segment(t, validClaims()))
	wantRefusal(t, "signed with the secret, and with a kid", with(switched, []byte(secret)), withKid, now)
}

func TestIssueFailsWithoutTheKey(t *testing.T) {
	t.Parallel()
	for name, k := range map[string]token.Keys{
		"no key":          {},
		"no private key":  {Ring: rings()[keyring.ES256]},
		"only the secret": {Ring: rings()[keyring.RS256], Secret: []byte(secret)},
		"of another type": {Ring: rings()[keyring.RS256], Private: current(rings()[keyring.ES256]).Private()},
	} {
		if raw, lifetime, err := token.New(profile(), k).Issue(issuedTo, now); err == nil || raw != "" || lifetime != 0 {
			t.Errorf("%s: %q, %v, %v", name, raw, lifetime, err)
		}
	}
}

// keyring must keep a retired key until the last token has expired.
func TestTokensExpireWhenTheRingExpects(t *testing.T) {
	t.Parallel()
	if token.Leeway > 30*time.Second || token.Lifetime+token.Leeway > keyring.MaxTokenAge {
		t.Errorf("a token is accepted for %v, and the ring waits for %v", token.Lifetime+token.Leeway, keyring.MaxTokenAge)
	}
}

// Another service can verify our tokens with the keys that we publish.
func TestPublishedKeysVerifyOurTokens(t *testing.T) {
	t.Parallel()
	for _, alg := range algorithms {
		r := rings()[alg]
		b, err := r.JWKS(now)
		if err != nil {
			t.Fatal(err)
		}
		s, err := keyring.ParseSet(b)
		if err != nil {
			t.Fatal(err)
		}
		_, err = jwt.Parse(issueBy(t, serviceWith(r, nil)), func(tok *jwt.Token) (any, error) {
			_, key, _ := s.Find(tok.Header["kid"].(string), now)
			return key, nil
		}, jwt.WithTimeFunc(func() time.Time { return now }))
		if err != nil {
			t.Errorf("%s: %v", alg, err)
		}
	}
}
