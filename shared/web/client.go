package web

import (
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
	if len(s) <= maxLength && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return s
	}
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
