package boot

import (
	"time"

	"roster/shared/credential/refresh"
	"roster/shared/user"
)

// SessionRules returns how long sessions last and how many an account may have.
// The shortest idle time, one hour, is longer than the life of an access token.
func (e *Environment) SessionRules() user.SessionRules {
	d := user.DefaultSessionRules
	return user.SessionRules{
		Idle:          time.Duration(e.Int("SESSION_IDLE_HOURS", int(d.Idle.Hours()), 1, 8760)) * time.Hour,
		Lifetime:      time.Duration(e.Int("SESSION_HOURS", int(d.Lifetime.Hours()), 1, 8760)) * time.Hour,
		MaxPerAccount: e.Int("SESSION_MAX", d.MaxPerAccount, 1, 1000),
		Grace:         time.Duration(e.Int("REFRESH_GRACE_SECONDS", int(d.Grace.Seconds()), 0, 60)) * time.Second,
	}
}

// RefreshTokens returns what makes and reads refresh tokens.
func (e *Environment) RefreshTokens() refresh.Codec {
	return refresh.Codec{Keys: refresh.New(e.Key("SECRET_KEY"))}
}
