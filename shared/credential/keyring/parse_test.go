package keyring_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/credential/keyring"
)

func TestParseReadsWhatJSONWrote(t *testing.T) {
	t.Parallel()
	for _, alg := range algorithms {
		r := ring(alg)
		r.HS256Until = now.Add(time.Hour)
		r.Keys[2] = r.Keys[2].Wrap([]byte("wrapped"))
		got, err := keyring.Parse(toJSON(t, r))
		if err != nil {
			t.Fatal(err)
		}
		equal := cmp.Comparer(func(a, b keyring.Key) bool {
			pa, pb := a.Private(), b.Private()
			return a.ID == b.ID && a.Algorithm == b.Algorithm && a.State == b.State &&
				a.CreatedAt.Equal(b.CreatedAt) && a.CurrentAt.Equal(b.CurrentAt) && a.RetiredAt.Equal(b.RetiredAt) &&
				string(a.Wrapped) == string(b.Wrapped) && (pa == nil) == (pb == nil)
		})
		want := ring(alg)
		want.HS256Until, want.Keys[2] = r.HS256Until, r.Keys[2]
		want.Keys[0] = want.Keys[0].Wrap(nil) // a retired key has no private key
		if diff := cmp.Diff(want, got, equal); diff != "" {
			t.Errorf("%s (-want +got):\n%s", alg, diff)
		}
		if again := toJSON(t, got); again != toJSON(t, r) {
			t.Errorf("%s: after Parse and JSON it is\n%s\nand was\n%s", alg, again, toJSON(t, r))
		}
	}
}

func TestARetiredKeyHasNoPrivateKey(t *testing.T) {
	t.Parallel()
	doc, retired, current, _ := document(t, keyring.ES256)
	if retired["private"] != nil || retired["wrapped"] != nil {
		t.Errorf("written: %v", retired)
	}
	retired["private"] = current["private"] // as somebody could edit it
	r, err := keyring.Parse(text(t, doc))
	if err != nil || r.Keys[0].Private() != nil {
		t.Errorf("%v, %v", r, err)
	}
}

// mistake changes one thing in a valid ring. says is a part of the error that
// Parse must return.
type mistake struct {
	change func(doc, retired, current, next object)
	says   string
}

func mistakes(t *testing.T) map[string]mistake {
	t.Helper()
	otherPrivate := base64.StdEncoding.EncodeToString(privateOf(t, testKeys()[keyring.EdDSA][0]))
	return map[string]mistake{
		"no keys":                 {func(doc, _, _, _ object) { doc["keys"] = []any{} }, "has 0 keys"},
		"no list of keys":         {func(doc, _, _, _ object) { doc["keys"] = object{} }, "unknown or of another type"},
		"too many keys":           {func(doc, _, _, n object) { doc["keys"] = slices.Repeat([]any{n}, 11) }, "has 11 keys"},
		"another member":          {func(doc, _, _, _ object) { doc["version"] = 2 }, "unknown"},
		"another member of a key": {func(_, _, c, _ object) { c["use"] = "sig" }, "unknown"},
		"a member in capitals":    {func(_, _, c, _ object) { c["KID"] = "x" }, "is unknown"},
		"no kid":                  {func(_, _, c, _ object) { delete(c, "kid") }, "kid must be"},
		"an empty kid":            {func(_, _, c, _ object) { c["kid"] = "" }, "kid must be"},
		"a kid with a slash":      {func(_, _, c, _ object) { c["kid"] = "../x" }, "kid must be"},
		"a long kid":              {func(_, _, c, _ object) { c["kid"] = strings.Repeat("k", 65) }, "kid must be"},
		"a kid that is a number":  {func(_, _, c, _ object) { c["kid"] = 1 }, "of another type"},
		"a kid twice":             {func(_, _, c, n object) { c["kid"] = n["kid"] }, "appears twice"},
		"no alg":                  {func(_, _, c, _ object) { delete(c, "alg") }, "alg is none of"},
		"alg none":                {func(_, _, c, _ object) { c["alg"] = "none" }, "alg is none of"},
		"alg HS256":               {func(_, _, c, _ object) { c["alg"] = "HS256" }, "alg is none of"},
		"alg of another key":      {func(_, _, c, _ object) { c["alg"] = "RS256" }, "public is not"},
		"alg PS256":               {func(_, _, c, _ object) { c["alg"] = "PS256" }, "alg is none of"},
		"alg in small letters":    {func(_, _, c, _ object) { c["alg"] = "es256" }, "alg is none of"},
		"no state":                {func(_, _, c, _ object) { delete(c, "state") }, "state must be"},
		"another state":           {func(_, _, c, _ object) { c["state"] = "active" }, "state must be"},
		"two current keys": {
			func(_, _, _, n object) { n["state"], n["current_at"] = "current", n["created_at"] },
			"two keys that are current",
		},
		"two next keys": {
			func(_, _, c, _ object) { c["state"] = "next"; delete(c, "current_at") },
			"two keys that are current, or two that are next",
		},
		"no current key":          {func(doc, r, _, n object) { doc["keys"] = []any{r, n} }, "no key that is current"},
		"current without a time":  {func(_, _, c, _ object) { delete(c, "current_at") }, "state must be"},
		"next with current_at":    {func(_, _, _, n object) { n["current_at"] = n["created_at"] }, "state must be"},
		"retired without a time":  {func(_, r, _, _ object) { delete(r, "retired_at") }, "state must be"},
		"current before created":  {func(_, _, c, _ object) { c["current_at"] = "2020-01-01T00:00:00Z" }, "in that order of time"},
		"retired before current":  {func(_, r, _, _ object) { r["retired_at"] = "2020-01-01T00:00:00Z" }, "in that order of time"},
		"a time that is a number": {func(_, _, c, _ object) { c["created_at"] = 1767605400 }, "of another type"},
		"no public key":           {func(_, _, c, _ object) { delete(c, "public") }, "public is not"},
		"no private key":          {func(_, _, c, _ object) { delete(c, "private") }, "either private or wrapped"},
		"private and wrapped":     {func(_, _, c, _ object) { c["wrapped"] = "AAAA" }, "either private or wrapped"},
		"another private key":     {func(_, _, c, n object) { c["private"] = n["private"] }, "not the private key of public"},
		"private of another alg":  {func(_, _, c, _ object) { c["private"] = otherPrivate }, "not the private key of public"},
		"private not in PKCS #8":  {func(_, _, c, _ object) { c["private"] = "AAAA" }, "not a key in PKCS #8"},
		"private not in base64":   {func(_, _, c, _ object) { c["private"] = "canary!" }, "not base64"},
		"wrapped not in base64":   {func(_, _, c, _ object) { delete(c, "private"); c["wrapped"] = "canary!" }, "not base64"},
	}
}

func TestParseRefusesARingWithOneMistake(t *testing.T) {
	t.Parallel()
	for name, c := range mistakes(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, retired, current, next := document(t, keyring.ES256)
			secret := current["private"].(string)
			c.change(doc, retired, current, next)
			wantRefusal(t, text(t, doc), c.says, secret)
		})
	}
}

// wantRefusal checks that Parse refuses the text with an error that says so and
// shows no secret.
func wantRefusal(t *testing.T, text, says string, secrets ...string) {
	t.Helper()
	r, err := keyring.Parse(text)
	if err == nil || !strings.Contains(err.Error(), says) {
		t.Fatalf("%v, %v; want an error that says %q", r, err, says)
	}
	for _, secret := range append(secrets, "canary!!") {
		if shows(err.Error(), secret) {
			t.Errorf("the error shows a secret: %v", err)
		}
	}
}

func TestParseRefusesWhatIsNotARing(t *testing.T) {
	t.Parallel()
	good := toJSON(t, ring(keyring.ES256))
	for text, says := range map[string]string{
		"":                    "of another type",
		"canary":              "not valid JSON",
		"null":                "has 0 keys",
		"[]":                  "another type",
		`"canary"`:            "another type",
		"{":                   "not valid JSON",
		"}":                   "not valid JSON",
		"{}":                  "has 0 keys",
		good + "{}":           "there is text after the JSON object",
		good[:len(good)-2]:    "not valid JSON",
		good + "canary":       "not valid JSON",
		`{"keys":null}`:       "has 0 keys",
		`{"keys":[null]}`:     "kid must be",
		`{"keys":[[]]}`:       "another type",
		`{"keys":["canary"]}`: "another type",
		strings.Replace(good, `"alg":"ES256"`, `"alg":"ES256","alg":"ES256"`, 1): "appears twice",
		strings.Replace(good, `"keys":`, `"keys":[],"keys":`, 1):                 "appears twice",
		strings.Replace(good, `"crv":`, `"kty":"RSA","crv":`, 1):                 "appears twice",
		good + strings.Repeat(" ", 32<<10):                                       "longer than 32768 bytes",
		strings.Repeat(`{"keys":`, 10000):                                        "longer than",
		strings.Repeat(`{"keys":`, 2000):                                         "not valid JSON",
		strings.Repeat("[", 15000):                                               "not valid JSON",
	} {
		wantRefusal(t, text, says)
	}
}

// A public key must have exactly the form that JSON writes. With two forms, one
// key would have two thumbprints; and what is not a key must not be used in a
// computation.
func TestParseRefusesBadPublicKeys(t *testing.T) {
	t.Parallel()
	for alg, changes := range map[keyring.Algorithm]map[string]object{
		keyring.ES256: {
			"not on the curve":  {"x": strings.Repeat("A", 43)},
			"a short x":         {"x": "AAAA"},
			"the other curve":   {"crv": "P-384"},
			"another type":      {"kty": "OKP"},
			"padding":           {"x": "="},
			"more members":      {"n": "AQAB"},
			"no y":              {"y": nil},
			"x that is a list":  {"x": []any{}},
			"the private value": {"d": "AAAA"},
		},
		keyring.EdDSA: {"a short x": {"x": "AAAA"}, "X25519": {"crv": "X25519"}, "another type": {"kty": "EC"}, "a y": {"y": "AAAA"}},
		keyring.RS256: {
			"exponent 3":      {"e": "Aw"},
			"exponent 1":      {"e": "AQ"},
			"a short modulus": {"n": base64.RawURLEncoding.EncodeToString(slices.Repeat([]byte{0xff}, 128))},
			"a long modulus":  {"n": base64.RawURLEncoding.EncodeToString(slices.Repeat([]byte{0xff}, 513))},
			"an even modulus": {"n": base64.RawURLEncoding.EncodeToString(slices.Repeat([]byte{0xfe}, 256))},
			"leading zeros":   {"n": base64.RawURLEncoding.EncodeToString(append([]byte{0}, slices.Repeat([]byte{0xff}, 256)...))},
			"another type":    {"kty": "oct"},
		},
	} {
		for name, change := range changes {
			t.Run(fmt.Sprint(alg, " ", name), func(t *testing.T) {
				t.Parallel()
				doc, _, current, _ := document(t, alg)
				maps.Copy(current["public"].(object), change)
				if r, err := keyring.Parse(text(t, doc)); err == nil {
					t.Errorf("accepted: %v", r)
				}
			})
		}
	}
}

func TestAPrintedRingShowsNoPrivateKey(t *testing.T) {
	t.Parallel()
	for _, alg := range algorithms {
		r := ring(alg)
		_, _, current, _ := document(t, alg)
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "ring", r, "key", r.Keys[1])
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "ring", r, "key", r.Keys[1])
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		shown := log.String() + string(b) + fmt.Sprintf("%v %+v %#v %s %q", r, r, r, r, r) +
			fmt.Sprintf("%v %+v %#v %s", r.Keys, r.Keys, r.Keys, r.Keys)
		raw, _ := base64.StdEncoding.DecodeString(current["private"].(string))
		for _, secret := range []string{current["private"].(string), fmt.Sprint(raw), fmt.Sprintf("%x", raw)} {
			if shows(shown, secret) {
				t.Errorf("%s: a private key is shown: %s", alg, shown)
			}
		}
		if !strings.Contains(shown, r.Keys[1].ID) {
			t.Errorf("%s: nothing is shown: %s", alg, shown)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, alg := range algorithms {
		f.Add(toJSON(f, ring(alg)))
	}
	f.Add(`{"keys":[{"kid":"a","alg":"ES256","state":"next","created_at":"2026-01-05T09:30:00Z","public":{},"wrapped":"AAAA"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := keyring.Parse(text)
		if err != nil {
			if r != nil {
				t.Error("Parse returned a ring and an error")
			}
			return
		}
		again, err := keyring.Parse(toJSON(t, r))
		if err != nil || toJSON(t, again) != toJSON(t, r) {
			t.Errorf("%v: Parse does not read what JSON wrote: %s", err, text)
		}
		if _, err := r.JWKS(now); err != nil {
			t.Error(err)
		}
	})
}
