package user

import (
	"net/netip"
	"time"

	"roster/shared/request"
)

// Session lasts from a login to a logout. Its access tokens and its refresh
// token end with it, at once: they are accepted only while its row is there.
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
	Idle          time.Duration // without a refresh
	Lifetime      time.Duration // also with refreshes
	MaxPerAccount int           // beyond it the session that was unused for longest ends
	// Grace is how long after a refresh the used token still gets the same
	// answer again, unless the new one was used meanwhile.
	Grace time.Duration
}

// DefaultSessionRules are what a deployment gets that sets none.
var DefaultSessionRules = SessionRules{Idle: 7 * 24 * time.Hour, Lifetime: 30 * 24 * time.Hour, MaxPerAccount: 20, Grace: 10 * time.Second}

// open begins a session of the request's client.
func (r SessionRules) open(req request.Request, deviceName, method string) Session {
	s := Session{
		ID: newUUID(), DeviceName: deviceName, UserAgent: req.Client.UserAgent, Address: req.Client.Address, Method: method,
		CreatedAt: req.At, LastUsedAt: req.At, EndsAt: req.At.Add(r.Lifetime),
	}
	s.IdleEndsAt = req.At.Add(min(r.Idle, r.Lifetime))
	return s
}
