package web

import (
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
func client(r *http.Request) request.Client {
	c := request.Client{Device: r.Header.Get(deviceHeader), UserAgent: Printable(r.UserAgent()), RequestID: requestID(r)}
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
