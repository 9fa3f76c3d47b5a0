package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"unicode"

	"roster/shared/request"
)

// deviceHeader is where a client sends back the device_token of its last login.
const deviceHeader = "Device-Token"

// client is where a request comes from. The address is the one that API Gateway
// saw; see TrustProxies for proxies in front of it.
func clientOf(r *http.Request) request.Client {
	c := request.Client{DeviceToken: r.Header.Get(deviceHeader), UserAgent: Printable(r.UserAgent()), RequestID: requestID(r)}
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		c.Address = at.Addr()
	}
	return c
}

// Printable keeps of a text what may stand in a log or an answer: printable
// characters, 200 at most.
func Printable(s string) string {
	const most = 200
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most])
	}
	return s
}

// TrustProxies serves h behind that many proxies of the operator's own in front
// of API Gateway, such as 1 for CloudFront. Only then X-Forwarded-For is read,
// and of it only what those proxies wrote: each adds the address that it saw at
// the end, so whatever a client puts there stays to the left of its own address.
func TrustProxies(proxies int, h http.Handler) http.Handler {
	if proxies == 0 {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
			chain := forwardedChain(r.Header.Values("X-Forwarded-For"), at.Addr().String())
			if i := len(chain) - 1 - proxies; i >= 0 {
				if a, err := netip.ParseAddr(chain[i]); err == nil {
					r.RemoteAddr = net.JoinHostPort(a.String(), "0")
				}
			}
		}
		h.ServeHTTP(w, r)
	})
}

// forwarded is the chain of addresses up to the one that API Gateway saw, which
// it may have added itself already.
func forwardedChain(values []string, seen string) []string {
	var chain []string
	for _, v := range values {
		for part := range strings.SplitSeq(v, ",") {
			chain = append(chain, strings.TrimSpace(part))
		}
	}
	if len(chain) == 0 || chain[len(chain)-1] != seen {
		chain = append(chain, seen)
	}
	return chain
}
