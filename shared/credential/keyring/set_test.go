package keyring_test

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/credential/keyring"
)

func TestParseSetReadsWhatJWKSWrote(t *testing.T) {
	t.Parallel()
	for alg, members := range map[keyring.Algorithm]string{
		keyring.ES256: "alg crv kid kty use x y", keyring.EdDSA: "alg crv kid kty use x", keyring.RS256: "alg e kid kty n use",
	} {
		r := ring(alg)
		b, err := r.JWKS(now)
		if err != nil {
			t.Fatal(err)
		}
		var doc struct{ Keys []map[string]string }
		if err := json.Unmarshal(b, &doc); err != nil || len(doc.Keys) != 3 {
			t.Fatalf("%s, %v", b, err)
		}
		for i, k := range doc.Keys {
			var names []string
			for _, name := range strings.Fields(members) {
				if k[name] != "" {
					names = append(names, name)
				}
			}
			if len(k) != len(names) || strings.Join(names, " ") != members || k["kid"] != r.Keys[i].ID || k["alg"] != string(alg) ||
				k["use"] != "sig" {
				t.Errorf("%s: %v", alg, k)
			}
		}
		parsed, err := keyring.ParseSet(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range r.Keys {
			gotAlg, got, ok := parsed.Find(k.ID, now)
			if !ok || gotAlg != alg || !got.(interface{ Equal(crypto.PublicKey) bool }).Equal(k.Public) {
				t.Errorf("%s: %v, %v, %v", alg, gotAlg, got, ok)
			}
		}
	}
}

// This does not depend on a rotation that removes the key from the ring.
func TestARetiredKeyLeavesTheJWKSAfterItsGracePeriod(t *testing.T) {
	t.Parallel()
	r := ring(keyring.ES256)
	for after, want := range map[time.Duration]int{0: 3, keyring.GracePeriod - 1: 3, keyring.GracePeriod: 2} {
		b, err := r.JWKS(now.Add(after))
		if got := strings.Count(string(b), `"kid"`); got != want || err != nil {
			t.Errorf("%v after the retirement it has %d keys: %v", after, got, err)
		}
		if algs := r.Algorithms(now.Add(after)); !cmp.Equal(algs, []keyring.Algorithm{keyring.ES256}) {
			t.Errorf("algorithms %v", algs)
		}
	}
}

func TestANilRingHasAnEmptyJWKS(t *testing.T) {
	t.Parallel()
	var r *keyring.Ring
	if b, err := r.JWKS(now); string(b) != `{"keys":[]}` || err != nil {
		t.Errorf("%s, %v", b, err)
	}
	if algs := r.Algorithms(now); len(algs) > 0 {
		t.Errorf("%v", algs)
	}
}

func TestTheJWKSShowsNoPrivateKey(t *testing.T) {
	t.Parallel()
	for _, alg := range algorithms {
		_, _, current, next := document(t, alg)
		b, err := ring(alg).JWKS(now)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{current["private"].(string), next["private"].(string)} {
			raw, err := base64.StdEncoding.DecodeString(secret)
			if err != nil {
				t.Fatal(err)
			}
			// A private key in PKCS #8 contains the public one, so look for a part
			// that is private: the last bytes, and for ES256 the scalar.
			private := raw[len(raw)-24:]
			if alg == keyring.ES256 {
				private = raw[36:60]
			}
			for _, form := range []string{secret, fmt.Sprintf("%x", private), string(private)} {
				if strings.Contains(string(b), form) {
					t.Errorf("%s: %s", alg, b)
				}
			}
		}
		for _, member := range []string{`"d"`, `"p"`, `"q"`, `"dp"`, `"dq"`, `"qi"`, `"k"`, `"private"`, `"wrapped"`, `"state"`} {
			if strings.Contains(string(b), member) {
				t.Errorf("%s has %s: %s", alg, member, b)
			}
		}
	}
}

// The examples of RFC 7638 §3.1 and RFC 8037 §A.3.
func TestTheThumbprintIsThatOfTheRFCs(t *testing.T) {
	t.Parallel()
	const ed = `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	if got := keyring.Thumbprint(t, ed); got != "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" {
		t.Errorf("Ed25519: %s", got)
	}
	const rsa = `{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB"}`
	if got := keyring.Thumbprint(t, rsa); got != "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" {
		t.Errorf("RSA: %s", got)
	}
}

func TestParseSetIgnoresKeysThatItDoesNotSupport(t *testing.T) {
	t.Parallel()
	r := ring(keyring.ES256)
	b, err := r.JWKS(now)
	if err != nil {
		t.Fatal(err)
	}
	const others = `{"kty":"oct","kid":"a","alg":"HS256","k":"AAAA"},{"kty":"EC","kid":"b","alg":"ES512","crv":"P-521","x":"A","y":"A"},null,1,{"kty":"EC"},{"kid":"c","use":"enc"},`
	text := strings.Replace(string(b), "[", "["+others, 1)
	s, err := keyring.ParseSet([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, kid := range []string{"", "a", "b", "c"} {
		if alg, key, ok := s.Find(kid, now); ok || key != nil {
			t.Errorf("%q: %v, %v", kid, alg, key)
		}
	}
	if _, _, ok := s.Find(r.Keys[1].ID, now); !ok {
		t.Error("a supported key was ignored")
	}
	for _, bad := range []string{"", "null", "[]", "{}", `{"keys":null}`, `{"keys":{}}`, strings.Repeat(" ", 33<<10)} {
		if _, err := keyring.ParseSet([]byte(bad)); err == nil {
			t.Errorf("%.20q was accepted", bad)
		}
	}
}

func FuzzParseSet(f *testing.F) {
	for _, alg := range algorithms {
		b, err := ring(alg).JWKS(now)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, err := keyring.ParseSet(text); (s == nil) == (err == nil) {
			t.Errorf("%v, %v", s, err)
		}
	})
}

// A run that was undone, or that could not copy the ring, is repeated before a key
// that signs is refused. Ten minutes are for the run, and until everybody has read
// what it wrote.
func TestRunsComeInTime(t *testing.T) {
	t.Parallel()
	if keyring.RunInterval+10*time.Minute > keyring.GracePeriod {
		t.Errorf("runs every %v are too few for %v", keyring.RunInterval, keyring.GracePeriod)
	}
}
