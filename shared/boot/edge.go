package boot

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"sync"
	"unicode"

	"roster/shared/boot/settings"
)

// maxEdgeSecrets is 2: the secret that the proxies send, and the one that they
// will send after a change.
const maxEdgeSecrets = 2

const noEdgeSecret = "is missing: TRUSTED_PROXIES is believed only for requests that carry this secret. Generate one, for example with: " +
	"openssl rand -hex 32, and have the proxy send it as the header X-Edge-Secret (docs/edge.md)"

// Edge returns the proxies of TRUSTED_PROXIES and the secret by which they are
// known, EDGE_SECRET. It rejects proxies without a secret: anyone can connect to
// API Gateway and write an X-Forwarded-For, so its addresses count only beside a
// header that nobody but the proxies can send.
//
// The secret may change while the function runs. Values of the secret in Secrets
// Manager whose EDGE_SECRET is not valid are not used.
func (e *Environment) Edge() *Edge {
	edge := &Edge{env: e.Environment, proxies: e.Int("TRUSTED_PROXIES", 0, 0, 5)}
	if edge.proxies == 0 {
		return edge
	}
	checkEdgeSecret(e.Environment)
	e.Require(func(values map[string]string) error {
		current := settings.FromMap(values)
		checkEdgeSecret(current)
		return current.Check()
	})
	return edge
}

func checkEdgeSecret(env *settings.Environment) {
	list := splitSecrets(env.Optional("EDGE_SECRET", ""))
	switch {
	case len(list) == 0:
		env.Reject("EDGE_SECRET", noEdgeSecret)
	case len(list) > maxEdgeSecrets:
		env.Reject("EDGE_SECRET", "must be one secret, or two while it is changed, with a comma or a space between them")
	}
	for _, s := range list {
		env.RequireStrong("EDGE_SECRET", s)
	}
}

func splitSecrets(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
}

// Edge is the proxies between the clients and API Gateway. Its methods may be
// called by several goroutines.
type Edge struct {
	env     *settings.Environment
	proxies int

	mu     sync.Mutex
	text   string              // of EDGE_SECRET, when hashes was made
	hashes [][sha256.Size]byte // of its secrets
}

// Proxies returns how many proxies a request passes, 0 to 5.
func (e *Edge) Proxies() int { return e.proxies }

// Verify reports whether a value is the proxies' secret. It compares hashes, and
// always all of them, so its time tells neither how much of the value is right
// nor which secret it is. While the secrets cannot be read, no value is right.
func (e *Edge) Verify(ctx context.Context, value string) bool {
	values, err := e.env.Current(ctx, false)
	if err != nil {
		return false
	}
	given, found := sha256.Sum256([]byte(value)), 0
	for _, h := range e.hashesOf(values["EDGE_SECRET"]) {
		found |= subtle.ConstantTimeCompare(given[:], h[:])
	}
	return found == 1
}

func (e *Edge) hashesOf(text string) [][sha256.Size]byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	if text != e.text {
		e.text, e.hashes = text, nil
		for _, s := range splitSecrets(text) {
			e.hashes = append(e.hashes, sha256.Sum256([]byte(s)))
		}
	}
	return e.hashes
}
