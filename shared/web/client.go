package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"unicode"

	"roster/shared/request"
)

// deviceHeader is the header in which a client sends back the device_token of
// its last login.
const deviceHeader = "Device-Token"

// clientOf returns where a request comes from. The address is the one that API
// Gateway saw; see TrustProxies for proxies in front of it.
func clientOf(r *http.Request) request.Client {
	c := request.Client{DeviceToken: r.Header.Get(deviceHeader), UserAgent: Printable(r.UserAgent()), RequestID: requestID(r)}
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		c.Address = at.Addr()
	}
	return c
}

// Printable returns the printable characters of a text, 200 at most, so that the
// text can go into a log or an answer.
func Printable(s string) string {
	const maxLength = 200
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if runes := []rune(s); len(runes) > maxLength {
		return string(runes[:maxLength])
	}
	return s
}

// TrustProxies sets the client's address for a service with this number of the
// operator's own proxies in front of API Gateway, such as 1 for CloudFront. It
// reads X-Forwarded-For only then, and only the part that those proxies wrote.
// Each proxy appends the address that it saw, so anything that the client wrote
// itself stands to the left of the client's address.
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

// forwardedChain returns the addresses of X-Forwarded-For, ending with the one
// that API Gateway saw. API Gateway may have appended that one already.
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
