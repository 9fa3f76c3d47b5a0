package boot

import (
	"time"

	"roster/shared/credential/refresh"
	"roster/shared/user"
)

// Sessions returns how long sessions last. A session is idle for longer than
// any access token lives, at least.
func (e *Environment) Sessions() user.SessionRules {
	d := user.DefaultSessionRules
	return user.SessionRules{
		Idle:          time.Duration(e.Number("SESSION_IDLE_HOURS", int(d.Idle.Hours()), 1, 8760)) * time.Hour,
		Lifetime:      time.Duration(e.Number("SESSION_HOURS", int(d.Lifetime.Hours()), 1, 8760)) * time.Hour,
		MaxPerAccount: e.Number("SESSION_MAX", d.MaxPerAccount, 1, 1000),
		Grace:         time.Duration(e.Number("REFRESH_GRACE_SECONDS", int(d.Grace.Seconds()), 0, 60)) * time.Second,
	}
}

// Refresh returns what makes and opens refresh tokens.
func (e *Environment) Refresh() refresh.Texts {
	return refresh.Texts{Keys: refresh.New(e.Key("SECRET_KEY"))}
}
