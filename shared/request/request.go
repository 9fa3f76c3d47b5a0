// Package request says who asks for something, from where and when. Package web
// makes a Request of an HTTP request, and every operation of every domain takes
// one right after its context:
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

// Request is who asks, from where and when.
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

// WellFormed reports whether both UUIDs of the caller are UUIDs. It keeps what
// is none, in a token that another service signed with our key, from reaching
// a statement.
func (c Caller) WellFormed() bool { return IsUUID(c.UUID) && IsUUID(c.Session) }

// Client is where a request comes from. Nothing in it is proof of anything; it
// is for rate limits and for the audit log.
type Client struct {
	Address     netip.Addr // zero when unknown
	DeviceToken string     // the device token that it sent, unchecked
	UserAgent   string     // cut to what is worth keeping
	RequestID   string
}

// Network is what one customer of a provider usually has: a /24 of IPv4, a /64
// of IPv6. More addresses inside it cost an attacker nothing.
func (c Client) Network() string {
	if !c.Address.IsValid() {
		return "unknown"
	}
	a := c.Address.Unmap().WithZone("")
	bits := 24
	if a.Is6() {
		bits = 64
	}
	prefix, _ := a.Prefix(bits) // fails for a zone or for too many bits only
	return prefix.String()
}
