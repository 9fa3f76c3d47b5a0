package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
)

// EdgeHeader carries the secret by which a proxy shows that it sent a request.
const EdgeHeader = "X-Edge-Secret"

// Edge is the operator's own proxies between the clients and API Gateway.
type Edge interface {
	// Proxies returns how many proxies a request passes: 0 for none, 1 for
	// CloudFront.
	Proxies() int
	// Verify reports whether a value of EdgeHeader is the proxies' secret. How
	// long it takes must not depend on how much of the value is right.
	Verify(ctx context.Context, value string) bool
}

// TrustProxies gives h the address of the client, not the address of the proxy
// that connects to API Gateway. It reads X-Forwarded-For only where the request has
// the edge's secret, and there only what the proxies wrote: each appends the
// address that it saw, so what a client made up stands to the left of its own
// address. Every other request came directly and keeps the address that API
// Gateway saw. h does not see the secret.
func TrustProxies(edge Edge, h http.Handler) http.Handler {
	if edge.Proxies() == 0 {
		return h
	}
	return &behindEdge{edge: edge, next: h}
}

type behindEdge struct {
	edge Edge
	next http.Handler

	direct, unread sync.Once // each warns once, because a client can cause it at will
}

func (b *behindEdge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	given := r.Header.Values(EdgeHeader)
	r.Header.Del(EdgeHeader)
	if len(given) == 1 && b.edge.Verify(r.Context(), given[0]) {
		b.setClientAddress(r)
	} else {
		b.direct.Do(func() {
			slog.WarnContext(r.Context(), "a request without the edge's secret; its address is the one that API Gateway saw. "+
				"If it came through your proxies, EDGE_SECRET and the header that they send differ", "request_id", requestID(r))
		})
	}
	b.next.ServeHTTP(w, r)
}

// setClientAddress keeps API Gateway's address where the header has no address
// in the client's place.
func (b *behindEdge) setClientAddress(r *http.Request) {
	seen, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return
	}
	chain := forwardedChain(r.Header.Values("X-Forwarded-For"), seen.Addr())
	place := len(chain) - 1 - b.edge.Proxies()
	if place >= 0 {
		if client, ok := parseForwarded(chain[place]); ok {
			r.RemoteAddr = netip.AddrPortFrom(client, 0).String()
			return
		}
	}
	b.unread.Do(func() {
		slog.WarnContext(r.Context(), "X-Forwarded-For has no address where the edge should have written the client's; "+
			"the address is the one that API Gateway saw. Compare TRUSTED_PROXIES with how many proxies there are",
			"request_id", requestID(r), "trusted_proxies", b.edge.Proxies(), "entries", len(chain)-1)
	})
}

// forwardedChain returns the addresses from the client's to the one that API
// Gateway saw, which it may or may not have appended itself.
func forwardedChain(values []string, seen netip.Addr) []string {
	var chain []string
	for _, v := range values {
		for entry := range strings.SplitSeq(v, ",") {
			chain = append(chain, strings.TrimSpace(entry))
		}
	}
	if n := len(chain); n > 0 {
		if last, ok := parseForwarded(chain[n-1]); ok && last == seen {
			return chain
		}
	}
	return append(chain, seen.String())
}

// parseForwarded reads the forms in which proxies write an address: 203.0.113.7,
// 203.0.113.7:51234, 2001:db8::5, [2001:db8::5] and [2001:db8::5]:443. A zone
// names an interface of the proxy and is left out.
func parseForwarded(entry string) (netip.Addr, bool) {
	if at, err := netip.ParseAddrPort(entry); err == nil {
		return at.Addr().Unmap().WithZone(""), true
	}
	if inner, ok := strings.CutPrefix(entry, "["); ok {
		entry, ok = strings.CutSuffix(inner, "]")
		if !ok || !strings.Contains(entry, ":") {
			return netip.Addr{}, false
		}
	}
	a, err := netip.ParseAddr(entry)
	return a.Unmap().WithZone(""), err == nil
}
