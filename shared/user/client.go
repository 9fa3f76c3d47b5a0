package user

import "net/netip"

// Client is where a request comes from. Nothing in it is proof of anything; it
// is for budgets and for the audit log.
type Client struct {
	Address   netip.Addr // zero when unknown
	Device    string     // the device token that it sent, unchecked
	UserAgent string     // cut to what is worth keeping
	RequestID string
}

// network is what one customer of a provider usually has: a /24 of IPv4, a /64
// of IPv6. Addresses inside it cost an attacker nothing.
func (c Client) network() string {
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
