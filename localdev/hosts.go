package main

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// hosts are the names under which localdev answers. A page on the internet can
// give its own name the address 127.0.0.1 (DNS rebinding) and would then read the
// mails, and with them the reset links, as if it were localdev's own.
type hosts struct {
	listens string // the host of -addr
	any     bool   // -addr is every address of the machine
	public  string // the host of PUBLIC_URL, for the API alone
	origins *http.CrossOriginProtection
}

func newHosts(addr, publicURL string) hosts {
	h := hosts{origins: http.NewCrossOriginProtection()}
	h.listens, _, _ = net.SplitHostPort(addr)
	ip, err := netip.ParseAddr(h.listens)
	h.any = h.listens == "" || err == nil && ip.IsUnspecified()
	if u, err := url.Parse(publicURL); err == nil {
		h.public = u.Hostname()
	}
	return h
}

// guard refuses requests for other names. It refuses requests to localdev's own
// pages that a page of another origin sends.
func (h hosts) guard(next http.Handler) http.Handler {
	own := h.origins.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, isOwnPage := hostname(r.Host), strings.HasPrefix(r.URL.Path, "/_")
		switch {
		case h.isOurs(name) && isOwnPage:
			own.ServeHTTP(w, r)
		case h.isOurs(name), !isOwnPage && h.public != "" && strings.EqualFold(name, h.public):
			next.ServeHTTP(w, r)
		default:
			http.Error(w, "This server answers only requests for this machine. Use the address that it printed, or start it with -addr and the host that you use.",
				http.StatusMisdirectedRequest)
		}
	})
}

// isOurs reports whether a name is this machine's: a loopback name, or what -addr
// says. If that is every address of the machine, any address is, but no name: only
// a name can be a stranger's.
func (h hosts) isOurs(name string) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") || name != "" && name == strings.ToLower(h.listens) {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && (ip.Unmap().IsLoopback() || h.any)
}

// hostname returns the name in a Host header, without its port and brackets.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}
