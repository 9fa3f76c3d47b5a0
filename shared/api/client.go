package api

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"unicode"

	"roster/shared/user"
)

// deviceHeader is where a client sends back the device_token of its last login.
const deviceHeader = "Device-Token"

// client is where a request comes from, for limits. The address is the one that
// API Gateway saw; see Behind for proxies in front of it.
func client(r *http.Request) user.Client {
	c := user.Client{Device: r.Header.Get(deviceHeader), UserAgent: printable(r.UserAgent()), RequestID: requestID(r)}
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		c.Address = at.Addr()
	}
	return c
}

// printable keeps of a header what may stand in a log: a few words of text.
func printable(s string) string {
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

// Behind serves h behind so many proxies of one's own in front of API Gateway,
// such as 1 for CloudFront. Only then X-Forwarded-For is read, and of it only
// what those proxies wrote: each adds the address that it saw at the end, so
// whatever a client puts there stays to the left of its own address.
func Behind(proxies int, h http.Handler) http.Handler {
	if proxies == 0 {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
			chain := forwarded(r.Header.Values("X-Forwarded-For"), at.Addr().String())
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
func forwarded(values []string, seen string) []string {
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
