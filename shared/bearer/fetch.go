package bearer

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"roster/shared/credential/keyring"
)

// maxSet is how many bytes of an answer are read. Package keyring accepts no more.
const maxSet = 32 << 10

// fetch returns the published keys and their freshness lifetime.
func (k *keys) fetch(ctx context.Context) (*keyring.Set, time.Duration, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return nil, 0, err
	}
	r.Header.Set("Accept", "application/json")
	w, err := k.client.Do(r)
	if err != nil {
		return nil, 0, err
	}
	defer w.Body.Close()
	if w.StatusCode != http.StatusOK {
		return nil, 0, fmt.Errorf("get %s: the answer is %s", k.url, w.Status)
	}
	body, err := io.ReadAll(io.LimitReader(w.Body, maxSet+1))
	if err != nil {
		return nil, 0, fmt.Errorf("get %s: %w", k.url, err)
	}
	set, err := keyring.ParseSet(body)
	if err != nil {
		return nil, 0, fmt.Errorf("get %s: %w", k.url, err)
	}
	if set.Len() == 0 {
		slog.WarnContext(ctx, "the issuer publishes no keys, so every token is refused: it signs with a shared secret (HS256), "+
			"which only the issuer itself can verify; give it a ring of keys (JWT_KEYS)", "url", k.url)
	}
	return set, freshnessLifetime(w.Header), nil
}

// freshnessLifetime returns how long an answer is fresh (RFC 9111 §4.2), between
// minFresh and maxFresh. An answer that does not say it is fresh for maxFresh.
func freshnessLifetime(h http.Header) time.Duration {
	fresh := maxFresh
	for directive := range strings.SplitSeq(strings.ToLower(strings.Join(h.Values("Cache-Control"), ",")), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch name {
		case "no-store", "no-cache":
			fresh = 0
		case "max-age":
			fresh = min(fresh, parseSeconds(strings.Trim(value, `"`)))
		}
	}
	return max(minFresh, fresh-parseSeconds(h.Get("Age")))
}

// parseSeconds reads a number of seconds, up to a day. It returns 0 for any other
// text.
func parseSeconds(text string) time.Duration {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(n)*time.Second, 24*time.Hour)
}
