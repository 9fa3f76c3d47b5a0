package user

import (
	"net/netip"
	"time"
)

// Session is what lasts from a login to its end. Whoever ends it, ends its
// access tokens and its refresh token at once: they are honoured only while its
// row is there.
type Session struct {
	ID         string // UUID; the claim sid of its access tokens
	DeviceName string // what its owner calls the device, or ""
	UserAgent  string
	Address    netip.Addr // where it began; zero when unknown
	Method     string     // how it was authenticated (RFC 8176 §2)
	CreatedAt  time.Time
	LastUsedAt time.Time // the login, or the last refresh
	// It ends at EndsAt, and at IdleEndsAt unless it is refreshed before.
	IdleEndsAt, EndsAt time.Time
}

// MethodPassword is a login with a password alone.
const MethodPassword = "pwd"

// SessionRules are how long sessions last and how many an account may have.
type SessionRules struct {
	Idle     time.Duration // without a refresh
	Lifetime time.Duration // whatever is done
	Most     int           // beyond it the one that was unused for longest ends
	// Grace is how long after a refresh the token that was used up still gets
	// the answer that it got, unless the new one was used meanwhile.
	Grace time.Duration
}

// DefaultSessionRules are what a deployment that says nothing gets.
var DefaultSessionRules = SessionRules{Idle: 7 * 24 * time.Hour, Lifetime: 30 * 24 * time.Hour, Most: 20, Grace: 10 * time.Second}

// open begins a session of that client.
func (r SessionRules) open(from Client, deviceName, method string, now time.Time) Session {
	s := Session{
		ID: newUUID(), DeviceName: deviceName, UserAgent: from.UserAgent, Address: from.Address, Method: method,
		CreatedAt: now, LastUsedAt: now, EndsAt: now.Add(r.Lifetime),
	}
	s.IdleEndsAt = now.Add(min(r.Idle, r.Lifetime))
	return s
}
