package onetime_test

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"strings"
	"testing"
)

var (
	seed      = flag.Uint64("seed", 20260105, "seed of the mutations")
	mutations = flag.Int("mutations", 10_000, "number of mutations of reset tokens")
)

// A mutated token is refused because of its form, or it has a hash that is not
// stored.
func TestMutations(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(*seed, 0))
	stored := map[string]bool{}
	tried, accepted := 0, 0
	for other := strings.Repeat("A", 43); tried < *mutations; {
		token, hash := keys.Mint()
		stored[string(hash)] = true
		for range 100 {
			tried++
			s := mutation(r, token, other)
			got, ok := keys.Hash(s)
			if ok && (bytes.Equal(got, hash) || stored[string(got)]) {
				accepted++
				t.Errorf("%q is accepted in place of %q", s, token)
			}
		}
		other = token
	}
	t.Logf("reset tokens: %d mutations tried from the seed %d, %d accepted", tried, *seed, accepted)
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// mutation returns a mutated token, never a real one.
func mutation(r *rand.Rand, token, other string) string {
	for {
		if s := anyMutation(r, token, other); s != token && s != other {
			return s
		}
	}
}

func anyMutation(r *rand.Rand, token, other string) string {
	at := r.IntN(len(token))
	letter := alphabet[r.IntN(len(alphabet)):][:1]
	last := strings.IndexByte(alphabet, token[len(token)-1])
	odd := []string{"\n", "\r\n", " ", "=", "\x00", "\xff", "%41", "\u200b", letter}
	all := []string{
		token[:at] + string([]byte{token[at] ^ 1<<r.IntN(8)}) + token[at+1:],
		token[:at] + letter + token[at+1:],
		token[:at] + letter + token[at:],
		token[:at] + odd[r.IntN(len(odd))] + token[at:],
		token + odd[r.IntN(len(odd))],
		token[:at] + token[at+1:],
		token[:at],
		token[at:] + token[:at],
		token[:at] + other[at:],
		token[:at] + strings.ToUpper(token[at:]),
		token[:at] + strings.ToLower(token[at:]),
		token[:len(token)-1] + alphabet[last^(1+r.IntN(3)):][:1], // the unused bits of base64
		token + other, token + token, `["` + token + `"]`,
		strings.NewReplacer("-", "+", "_", "/").Replace(token),
	}
	return all[r.IntN(len(all))]
}
