// Package edge reads from a function's settings which proxies stand between the
// clients and API Gateway, and the secret by which they are known:
//
//	web.TrustProxies(edge.New(env), api.Login(...))
//
// It refuses proxies without a secret. Anyone can connect to API Gateway and
// write an X-Forwarded-For, so its addresses count only beside a header that
// nobody but the proxies can send. It is apart from package boot because not
// every function with a database looks at addresses.
package edge

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"sync"
	"unicode"

	"roster/shared/boot"
	"roster/shared/boot/settings"
	"roster/shared/web"
)

const (
	proxies    = "TRUSTED_PROXIES"
	secret     = "EDGE_SECRET"
	maxProxies = 5
	maxSecrets = 2 // the one that the proxies send, and the one that they will send
)

const missing = "is missing: " + proxies + " is believed only of requests that carry this secret. Generate one, for example with: " +
	"openssl rand -hex 32, and have the proxy send it as the header " + web.EdgeHeader + " (docs/edge.md)"

// New returns the edge of TRUSTED_PROXIES and EDGE_SECRET. The secret may change
// while the function runs.
func New(env *boot.Environment) web.Edge {
	n := env.Number(proxies, 0, 0, maxProxies)
	if n == 0 {
		return web.Edge{}
	}
	readSecrets(env.Environment)
	env.Require(func(values map[string]string) error {
		now := settings.FromMap(values)
		readSecrets(now)
		return now.Check()
	})
	live := &liveSecrets{env: env.Environment}
	return web.Edge{Proxies: n, Verify: live.verify}
}

// readSecrets returns the one or two secrets, and rejects any other setting.
func readSecrets(env *settings.Environment) []string {
	list := split(env.Optional(secret, ""))
	switch {
	case len(list) == 0:
		env.Reject(secret, missing)
	case len(list) > maxSecrets:
		env.Reject(secret, "must be one secret, or two while it is changed, with a comma or a space between them")
	}
	for _, s := range list {
		env.RequireStrong(secret, s)
	}
	return list
}

func split(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
}

// liveSecrets are the secrets as they are now.
type liveSecrets struct {
	env *settings.Environment

	mu     sync.Mutex
	text   string
	hashes [][sha256.Size]byte // of the text's secrets
}

// verify compares hashes, and always all of them, so that the time tells neither
// how much of the value is right nor which secret it is. No value is right while
// the secrets cannot be read.
func (l *liveSecrets) verify(ctx context.Context, value string) bool {
	values, err := l.env.Current(ctx, false)
	if err != nil {
		return false
	}
	given, found := sha256.Sum256([]byte(value)), 0
	for _, h := range l.hashesOf(values[secret]) {
		found |= subtle.ConstantTimeCompare(given[:], h[:])
	}
	return found == 1
}

func (l *liveSecrets) hashesOf(text string) [][sha256.Size]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if text != l.text {
		l.text, l.hashes = text, nil
		for _, s := range split(text) {
			l.hashes = append(l.hashes, sha256.Sum256([]byte(s)))
		}
	}
	return l.hashes
}
