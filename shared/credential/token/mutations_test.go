package token_test

import (
	"flag"
	"math/rand/v2"
	"strings"
	"testing"

	"roster/shared/credential/token"
)

var (
	seed      = flag.Uint64("seed", 20260105, "seed of the mutations")
	mutations = flag.Int("mutations", 2000, "number of mutations of access tokens")
)

// alphabet has the characters of a compact JWS.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."

// No change to a real token makes another token that is accepted. This holds even
// for tokens that our key has signed, if we would not have issued them.
func TestMutations(t *testing.T) {
	t.Parallel()
	for _, k := range signingMethods() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			m := &mutator{Rand: rand.New(rand.NewPCG(*seed, 0)), t: t, method: k}
			tried, accepted := 0, 0
			for tried < *mutations {
				m.newTokens()
				for range 100 {
					tried++
					raw := m.mutation()
					if c, err := m.signer.Verify(raw, now); err == nil || c != (token.Claims{}) {
						accepted++
						t.Errorf("accepted as %+v, with the error %v: %.5000q, made from %s", c, err, raw, m.raw)
					}
				}
			}
			t.Logf("access tokens of %s: %d mutations tried from the seed %d, %d accepted", k.name, tried, *seed, accepted)
		})
	}
}

// mutator makes tokens that differ a little from a real one.
type mutator struct {
	*rand.Rand
	t *testing.T
	method
	raw   string // a real one
	other string // another real one
	parts []string
}

func pick[T any](m *mutator, of ...T) T { return of[m.IntN(len(of))] }

// newTokens issues new valid tokens to mutate.
func (m *mutator) newTokens() {
	m.other, m.raw = m.raw, issueBy(m.t, m.signer)
	if m.other == "" {
		m.other = issueBy(m.t, m.signer)
	}
	m.parts = strings.Split(m.raw, ".")
	if _, err := m.signer.Verify(m.raw, now); err != nil {
		m.t.Fatal(err)
	}
}

// mutation returns a mutated token, never a real one.
func (m *mutator) mutation() string {
	for {
		if raw := pick(m, m.edited, m.edited, m.rearranged, m.reencoded, m.forged, m.signedByUs)(); raw != m.raw && raw != m.other {
			return raw
		}
	}
}

// edited returns the token with a few characters changed, added or removed.
func (m *mutator) edited() string {
	raw := m.raw
	for range 1 + m.IntN(3)*m.IntN(2) {
		at := m.IntN(len(raw))
		switch m.IntN(6) {
		case 0, 1: // a bit
			raw = raw[:at] + string([]byte{raw[at] ^ 1<<m.IntN(8)}) + raw[at+1:]
		case 2:
			raw = raw[:at] + pick(m, strings.Split(alphabet, "")...) + raw[at+1:]
		case 3:
			raw = raw[:at] + string([]byte{byte(m.IntN(256))}) + raw[at:]
		case 4:
			raw = raw[:at] + raw[min(at+1+m.IntN(5), len(raw)):] + "A"
		case 5:
			raw = raw[:at] + strings.ToUpper(raw[at:min(at+4, len(raw))]) + raw[min(at+4, len(raw)):]
		}
	}
	return raw
}

// rearranged returns the token with its parts moved or left out.
func (m *mutator) rearranged() string {
	at, other := 1+m.IntN(len(m.raw)-1), strings.Split(m.other, ".")
	switch m.IntN(7) {
	case 0:
		return m.raw[:at]
	case 1:
		return m.raw[at:]
	case 2:
		return m.raw[:at] + m.other[min(at, len(m.other)):]
	case 3:
		return strings.Join([]string{pick(m, m.parts...), pick(m, m.parts...), pick(m, m.parts...)}, ".")
	case 4:
		from := []string{pick(m, m.parts[0], other[1], other[2]), pick(m, m.parts[1], other[1]), pick(m, m.parts[2], other[2])}
		if from[1] == other[1] && from[2] == other[2] {
			from[2] = m.parts[2] // else it may be the other token, which is valid
		}
		return strings.Join(from, ".")
	case 5:
		return m.raw + pick(m, ".", "..", "."+m.parts[m.IntN(3)], m.raw, "."+m.raw, " "+m.other, ","+m.other)
	}
	return m.raw[at:] + m.raw[:at]
}

// reencoded returns a token that a lenient decoder reads as the same bytes.
func (m *mutator) reencoded() string {
	switch m.IntN(6) {
	case 0: // the signature's last character has spare bits: two, or four
		last := strings.IndexByte(alphabet, m.raw[len(m.raw)-1])
		return m.raw[:len(m.raw)-1] + alphabet[last^(1+m.IntN(3)):][:1]
	case 5:
		return m.otherSignature()
	case 1:
		at := m.IntN(len(m.raw) + 1)
		return m.raw[:at] + pick(m, "\n", "\r\n", " ", "\t", "=", "==", "\x00", "%3D", "\u200b", "\ufeff", "\xff") + m.raw[at:]
	case 2:
		i := m.IntN(3)
		parts := append([]string(nil), m.parts...)
		parts[i] += pick(m, "=", "==", "A", "AA", "AAAA")
		return strings.Join(parts, ".")
	case 3:
		return pick(m, "Bearer ", "bearer ", "\"", "'", "JWT ", "%", "+") + m.raw + pick(m, "", "\"", "'", ";", "#", "?")
	}
	return strings.ReplaceAll(m.raw, pick(m, ".", "e", "a", "A", "0"), pick(m, "%2e", "\uff0e", "\u0435", "\u0430", "..", ""))
}
