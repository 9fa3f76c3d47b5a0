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

// life is what a ring of a test holds, in this order.
var life = []keyring.State{keyring.Retired, keyring.Current, keyring.Next}

// An RSA key takes its time, so each ring is made once. They are stored and
// read, as they always are.
var rings = sync.OnceValue(func() map[keyring.Algorithm]*keyring.Ring {
	all := map[keyring.Algorithm]*keyring.Ring{}
	for _, alg := range algorithms {
		r := &keyring.Ring{}
		for _, state := range life {
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

// kind is a way to sign, and all that a test needs to forge with it.
type kind struct {
	name   string
	signer *token.Service
	header object                             // of a good token
	sign   func(header, claims string) string // with our own key
	public []string                           // what anybody knows of the key
	kids   []any                              // of our other keys
}

func kinds() []kind {
	all := []kind{{name: "HS256", signer: signer(), header: goodHeader(), sign: sign}}
	for _, alg := range algorithms {
		r := rings()[alg]
		k := current(r)
		all = append(all, kind{
			name: string(alg), signer: ringed(r, nil), header: object{"alg": string(alg), "typ": "at+jwt", "kid": k.ID},
			sign: signWith(k), public: publicForms(k), kids: []any{r.Keys[0].ID, r.Keys[2].ID},
		})
	}
	return all
}

func profile() token.Profile { return token.Profile{Issuer: issuer, Audience: audience} }

// ringed is a service with a ring, and perhaps a shared secret from before.
func ringed(r *keyring.Ring, secret []byte) *token.Service {
	return token.New(profile(), token.Keys{Ring: r, Private: current(r).Private(), Secret: secret})
}

// signWith signs any two segments as our own key would, whatever they are.
func signWith(k keyring.Key) func(header, claims string) string {
	return func(header, claims string) string {
		signature, err := jwt.GetSigningMethod(string(k.Algorithm)).Sign(header+"."+claims, k.Private())
		if err != nil {
			panic(err)
		}
		return header + "." + claims + "." + encode(token.Lower(k.Algorithm, signature))
	}
}

// publicForms are what a careless verifier might take for a shared secret
// (CVE-2016-5431): the public key in all the ways that it is written.
func publicForms(k keyring.Key) []string {
	der, err := x509.MarshalPKIXPublicKey(k.Public)
	if err != nil {
		panic(err)
	}
	set, err := (&keyring.Ring{Keys: []keyring.Key{k}}).Set(now)
	if err != nil {
		panic(err)
	}
	return []string{
		string(der), base64.StdEncoding.EncodeToString(der), string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), string(set),
		k.ID, strings.TrimSpace(string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))),
	}
}

// twin is the other signature that ECDSA would take: (r, n-s) for (r, s).
func (m *mutator) twin() string {
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

func TestRingIssuesAndVerifies(t *testing.T) {
	t.Parallel()
	for _, alg := range algorithms {
		r := rings()[alg]
		s := ringed(r, nil)
		for range 20 { // half of all signatures of ECDSA are not in their lower form
			raw := issueBy(t, s)
			if c, err := s.Verify(raw, now); err != nil || c != bearer {
				t.Errorf("%s: %+v, %v", alg, c, err)
			}
			if diff := cmp.Diff(map[string]any{"alg": string(alg), "typ": "at+jwt", "kid": current(r).ID}, decode(t, strings.Split(raw, ".")[0])); diff != "" {
				t.Errorf("%s: header (-want +got):\n%s", alg, diff)
			}
			if len(raw) > 1024 {
				t.Errorf("%s: the token has %d bytes; headers have little room", alg, len(raw))
			}
		}
	}
}

// A verifier may know the ring as it was before, or as it will be.
func TestEveryKeyOfTheRingIsHonoured(t *testing.T) {
	t.Parallel()
	for _, alg := range algorithms {
		r := rings()[alg]
		for i, state := range life {
			raw := signWith(r.Keys[i])(segment(t, object{"alg": string(alg), "typ": "at+jwt", "kid": r.Keys[i].ID}), segment(t, goodClaims()))
			if _, err := ringed(r, nil).Verify(raw, now); err != nil {
				t.Errorf("%s, %s: %v", alg, state, err)
			}
		}
	}
}

func TestARetiredKeyEnds(t *testing.T) {
	t.Parallel()
	r := rings()[keyring.ES256]
	k := r.Keys[0]
	for after, good := range map[time.Duration]bool{0: true, keyring.Honour - time.Second: true, keyring.Honour: false, 24 * time.Hour: false} {
		at := k.RetiredAt.Add(after)
		claims := goodClaims().with("iat", at.Unix()).with("nbf", at.Unix()).with("exp", at.Add(token.Lifetime).Unix())
		raw := signWith(k)(segment(t, object{"alg": "ES256", "typ": "at+jwt", "kid": k.ID}), segment(t, claims))
		if _, err := ringed(r, nil).Verify(raw, at); (err == nil) != good {
			t.Errorf("%v after its retirement: %v", after, err)
		}
	}
}

// RFC 8725 §2.1, §3.1, CVE-2015-9235, CVE-2016-5431, CVE-2018-0114: no header
// makes a key work for another algorithm, or another key work.
func TestAlgorithmsAreNotConfused(t *testing.T) {
	t.Parallel()
	for _, alg := range algorithms {
		r := rings()[alg]
		k := current(r)
		for _, service := range []*token.Service{ringed(r, nil), ringed(r, []byte(secret))} {
			for _, other := range []string{"HS256", "HS384", "HS512"} {
				for _, form := range publicForms(k) {
					forged := jwt.NewWithClaims(jwt.GetSigningMethod(other), jwt.MapClaims(goodClaims()))
					forged.Header["typ"] = "at+jwt"
					for _, kid := range []any{k.ID, gone{}, "", nil} {
						forged.Header["kid"] = kid
						if kid == (gone{}) {
							delete(forged.Header, "kid")
						}
						raw, err := forged.SignedString([]byte(form))
						if err != nil {
							t.Fatal(err)
						}
						refused(t, string(alg)+" as "+other, service, raw, now)
					}
				}
			}
			for _, otherAlg := range algorithms {
				if otherAlg == alg {
					continue
				}
				stranger := current(rings()[otherAlg])
				claims := segment(t, goodClaims())
				for _, kid := range []string{k.ID, stranger.ID} {
					for _, name := range []string{string(alg), string(otherAlg)} {
						raw := signWith(stranger)(segment(t, object{"alg": name, "typ": "at+jwt", "kid": kid}), claims)
						refused(t, "a key of "+string(otherAlg)+" for one of "+string(alg), service, raw, now)
					}
				}
			}
			none := segment(t, object{"alg": "none", "typ": "at+jwt", "kid": k.ID}) + "." + segment(t, goodClaims())
			refused(t, "none", service, none+".", now)
			refused(t, "none", service, none+".AA", now)
		}
	}
}

// Each row is signed rightly by the current key; only its kid is wrong.
func TestKidPicksTheKey(t *testing.T) {
	t.Parallel()
	for _, alg := range algorithms {
		r := rings()[alg]
		k := current(r)
		good := object{"alg": string(alg), "typ": "at+jwt", "kid": k.ID}
		for _, kid := range []any{
			gone{},
			nil, "", " ", k.ID + " ", k.ID[1:], k.ID + "\x00", strings.ToUpper(k.ID), r.Keys[0].ID, r.Keys[2].ID, "*", "current", "0", 0, 1, true,
			[]string{k.ID},
			object{"kid": k.ID},
			"../../../dev/null", "' or '1'='1", "$(id)", strings.Repeat("k", 3000),
		} {
			raw := signWith(k)(segment(t, good.with("kid", kid)), segment(t, goodClaims()))
			refused(t, "kid", ringed(r, nil), raw, now)
			refused(t, "kid, with a secret beside it", ringed(r, []byte(secret)), raw, now)
		}
		for _, hint := range []string{"jku", "x5u", "jwk", "x5c", "x5t"} {
			if _, err := ringed(r, nil).Verify(signWith(k)(segment(t, good.with(hint, "https://evil.example/")), segment(t, goodClaims())), now); err != nil {
				t.Errorf("%s alone got a good token refused: %v", hint, err)
			}
		}
	}
}

// From a shared secret to a ring: see docs/decisions/0011-key-ring.md.
func TestTheSharedSecretEnds(t *testing.T) {
	t.Parallel()
	raw := issue(t) // by the secret, now
	published := &keyring.Ring{Keys: []keyring.Key{rings()[keyring.ES256].Keys[2]}}
	switched := &keyring.Ring{Keys: []keyring.Key{current(rings()[keyring.ES256])}, HS256Until: now.Add(time.Minute)}
	later := &keyring.Ring{Keys: switched.Keys}
	with := func(r *keyring.Ring, secret []byte) *token.Service {
		return token.New(profile(), token.Keys{Ring: r, Private: current(switched).Private(), Secret: secret})
	}
	for name, c := range map[string]struct {
		service *token.Service
		at      time.Time
		good    bool
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
		if _, err := c.service.Verify(raw, c.at); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
	if header := decode(t, strings.Split(issueBy(t, with(published, []byte(secret))), ".")[0]); header["alg"] != "HS256" || header["kid"] != nil {
		t.Errorf("a key that is only published signs: %v", header)
	}
	if header := decode(t, strings.Split(issueBy(t, with(switched, []byte(secret))), ".")[0]); header["alg"] != "ES256" {
		t.Errorf("the secret signs beside a current key: %v", header)
	}
	named := sign(segment(t, goodHeader().with("kid", current(switched).ID)), segment(t, goodClaims()))
	refused(t, "a token of the secret that names a key", with(switched, []byte(secret)), named, now)
}

func TestIssueWithoutItsKey(t *testing.T) {
	t.Parallel()
	for name, k := range map[string]token.Keys{
		"none at all":         {},
		"no private one":      {Ring: rings()[keyring.ES256]},
		"not the shared one":  {Ring: rings()[keyring.RS256], Secret: []byte(secret)},
		"one of another kind": {Ring: rings()[keyring.RS256], Private: current(rings()[keyring.ES256]).Private()},
	} {
		if raw, lifetime, err := token.New(profile(), k).Issue(bearer, now); err == nil || raw != "" || lifetime != 0 {
			t.Errorf("%s: %q, %v, %v", name, raw, lifetime, err)
		}
	}
}

// keyring must wait for the longest life of a token.
func TestTokensEndWhenTheRingExpects(t *testing.T) {
	t.Parallel()
	if token.Leeway > 30*time.Second || token.Lifetime+token.Leeway > keyring.TokenAge {
		t.Errorf("a token may live %v, and the ring counts on %v", token.Lifetime+token.Leeway, keyring.TokenAge)
	}
}

// Whatever a verifier elsewhere finds in our set of keys is good for our tokens.
func TestSetVerifies(t *testing.T) {
	t.Parallel()
	for _, alg := range algorithms {
		r := rings()[alg]
		b, err := r.Set(now)
		if err != nil {
			t.Fatal(err)
		}
		s, err := keyring.ParseSet(b)
		if err != nil {
			t.Fatal(err)
		}
		_, err = jwt.Parse(issueBy(t, ringed(r, nil)), func(tok *jwt.Token) (any, error) {
			_, key, _ := s.Find(tok.Header["kid"].(string), now)
			return key, nil
		}, jwt.WithTimeFunc(func() time.Time { return now }))
		if err != nil {
			t.Errorf("%s: %v", alg, err)
		}
	}
}
