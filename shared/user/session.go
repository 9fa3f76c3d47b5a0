package user

import (
	"net/netip"
	"time"

	"roster/shared/request"
)

// Session begins with a login and ends with a logout or by timeout. Its access
// tokens and its refresh token are accepted only while its row exists, so they
// end together with the session.
type Session struct {
	ID         string // UUID; the claim sid of its access tokens
	DeviceName string // the owner's name for the device, or ""
	UserAgent  string
	Address    netip.Addr // the client's address at the login; zero when unknown
	Method     string     // how the user was authenticated (RFC 8176 §2)
	CreatedAt  time.Time
	LastUsedAt time.Time // the time of the login or of the last refresh
	// LastAddress is the client's address then; zero when unknown.
	LastAddress netip.Addr
	// The session ends at EndsAt. It ends at IdleEndsAt already if it is not
	// refreshed before that.
	IdleEndsAt, EndsAt time.Time
}

// MethodPassword is a login with a password alone.
const MethodPassword = "pwd"

// SessionRules say how long sessions last and how many an account may have.
type SessionRules struct {
	Idle          time.Duration // the longest time without a refresh
	Lifetime      time.Duration // the longest time in all
	MaxPerAccount int           // one more login ends the session that was unused the longest
	// Grace is how long after a refresh the same client still gets the same
	// answer for the used token, unless the new token has been used. 0 is never.
	Grace time.Duration
}

// DefaultSessionRules are the rules of a deployment that sets no others.
var DefaultSessionRules = SessionRules{Idle: 7 * 24 * time.Hour, Lifetime: 30 * 24 * time.Hour, MaxPerAccount: 20, Grace: 10 * time.Second}

// open returns a new session for the request's client.
func (r SessionRules) open(req request.Request, deviceName, method string) Session {
	s := Session{
		ID: newUUID(), DeviceName: deviceName, UserAgent: req.Client.UserAgent, Address: req.Client.Address, Method: method,
		CreatedAt: req.At, LastUsedAt: req.At, LastAddress: req.Client.Address, EndsAt: req.At.Add(r.Lifetime),
	}
	s.IdleEndsAt = req.At.Add(min(r.Idle, r.Lifetime))
	return s
}
