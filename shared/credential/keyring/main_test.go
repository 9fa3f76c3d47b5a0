package keyring_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"roster/shared/credential/keyring"
)

var now = time.Date(2026, 1, 5, 9, 30, 0, 0, time.UTC)

var algorithms = []keyring.Algorithm{keyring.ES256, keyring.EdDSA, keyring.RS256}

// testKeys has three keys of each algorithm. They are made once, because
// generating RSA keys is slow.
var testKeys = sync.OnceValue(func() map[keyring.Algorithm][]keyring.Key {
	all := map[keyring.Algorithm][]keyring.Key{}
	for _, alg := range algorithms {
		for range 3 {
			k, err := keyring.Generate(alg)
			if err != nil {
				panic(err)
			}
			all[alg] = append(all[alg], k)
		}
	}
	return all
})

// ring returns a ring with a retired, a current and a next key of that algorithm.
func ring(alg keyring.Algorithm) *keyring.Ring {
	k := testKeys()[alg]
	retired, current, next := k[0], k[1], k[2]
	retired.State, retired.RetiredAt = keyring.Retired, now
	retired.CreatedAt, retired.CurrentAt = now.Add(-72*time.Hour), now.Add(-48*time.Hour)
	current.State, current.CreatedAt, current.CurrentAt = keyring.Current, now.Add(-24*time.Hour), now
	next.State, next.CreatedAt = keyring.Next, now
	return &keyring.Ring{Keys: []keyring.Key{retired, current, next}}
}

func toJSON(t testing.TB, r *keyring.Ring) string {
	t.Helper()
	b, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// object is a JSON object that a test changes.
type object = map[string]any

// document returns a valid ring as JSON objects, for a test to change, and its
// retired, current and next key.
func document(t testing.TB, alg keyring.Algorithm) (doc object, retired, current, next object) {
	t.Helper()
	if err := json.Unmarshal([]byte(toJSON(t, ring(alg))), &doc); err != nil {
		t.Fatal(err)
	}
	keys := doc["keys"].([]any)
	return doc, keys[0].(object), keys[1].(object), keys[2].(object)
}

func text(t testing.TB, doc object) string {
	t.Helper()
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func privateOf(t testing.TB, k keyring.Key) []byte {
	t.Helper()
	b, err := k.PKCS8()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// shows reports whether the text contains the secret, or its first half.
func shows(text, secret string) bool {
	return len(secret) > 7 && strings.Contains(text, secret[:len(secret)/2])
}
