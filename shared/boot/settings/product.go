package settings

import (
	"net/netip"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxAppName is in bytes. With it the longest subject of a mail fits its limit.
const maxAppName = 100

// AppName returns APP_NAME, the name of the product that people see in mails and
// on pages, or "". It stands in the subject of mails.
func (e *Environment) AppName() string {
	name := strings.TrimSpace(e.Optional("APP_NAME", ""))
	switch {
	case len(name) > maxAppName:
		e.Reject("APP_NAME", "must have at most 100 bytes")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, breaksLine):
		e.Reject("APP_NAME", "must be one line of text without control characters")
	case strings.Contains(name, "=?"):
		e.Reject("APP_NAME", "must not have =?, which mail programs decode (RFC 2047)")
	}
	return name
}

// breaksLine reports control characters, line separators, and the marks that
// reorder text.
func breaksLine(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

// ReturnURL returns RETURN_URL, the address of the app that people come back to
// from a page, or "".
func (e *Environment) ReturnURL() string {
	v := strings.TrimSpace(e.Optional("RETURN_URL", ""))
	if v == "" {
		return ""
	}
	u, err := url.Parse(v)
	if err != nil || len(v) > 2000 || u.Hostname() == "" || u.User != nil || strings.ContainsFunc(v, notInURL) ||
		u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		e.Reject("RETURN_URL", "must be an address such as https://www.example.com/login; http is only for this machine")
	}
	return v
}

// notInURL reports what browsers remove from a URL or read in another way.
func notInURL(r rune) bool { return r <= ' ' || r == '\\' || r > unicode.MaxASCII || r == 0x7f }

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
