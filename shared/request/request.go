// Package request describes who makes a request, from where and when. Package
// web makes a Request from an HTTP request. Every operation of every domain
// takes one right after its context:
//
//	func Delete(ctx context.Context, req request.Request, db Deleter, username string) error
//
// It refuses to know HTTP and how accounts are stored. Nothing in a Request
// grants anything by itself.
package request

import (
	"net/netip"
	"time"
)

// Request is who makes a request, from where and when.
type Request struct {
	Caller Caller // zero for an operation that anyone may call
	Client Client
	At     time.Time
}

// Caller is who a verified access token says is calling. It grants nothing by
// itself: role, activity and version are read from the row, in the statement
// that does the work. The zero Caller may do nothing.
type Caller struct {
	UUID         string
	Session      string // the UUID of the session that the token belongs to
	TokenVersion int64
}

// WellFormed reports whether the caller's UUID and session are UUIDs. Another
// service that signs with our key could put other text there; an operation
// checks this before it sends them to the database.
func (c Caller) WellFormed() bool { return IsUUID(c.UUID) && IsUUID(c.Session) }

// Client is where a request comes from. It proves nothing; it is for rate limits
// and for the audit log.
type Client struct {
	Address     netip.Addr // zero when unknown
	DeviceToken string     // the device token that it sent, unchecked
	UserAgent   string     // printable characters only, cut to a maximum length
	RequestID   string
}

// Network returns the client's network: a /24 for IPv4, a /64 for IPv6, and
// "unknown" without an address. Rate limits count networks, because a customer
// of a provider can usually use every address of such a network.
func (c Client) Network() string {
	if !c.Address.IsValid() {
		return "unknown"
	}
	a := c.Address.Unmap().WithZone("")
	bits := 24
	if a.Is6() {
		bits = 64
	}
	prefix, _ := a.Prefix(bits) // it fails only for a zone or for too many bits
	return prefix.String()
}

// WideNetwork returns the /48 that an IPv6 network is in, and "" for others.
func (c Client) WideNetwork() string {
	a := c.Address.Unmap().WithZone("")
	if !a.Is6() {
		return ""
	}
	prefix, _ := a.Prefix(48)
	return prefix.String()
}

// AddressText returns the address as text, and "" for an unknown one.
func AddressText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
