package api

import (
	"net/http"
	"time"

	"roster/shared/request"
	"roster/shared/user"
	"roster/shared/web"
)

type sessionsAnswer struct {
	Sessions []session `json:"sessions"`
}

type session struct {
	ID         string `json:"id"`
	Current    bool   `json:"current"` // whether it is the caller's session
	DeviceName string `json:"device_name"`
	UserAgent  string `json:"user_agent"`
	Address    string `json:"address"`
	// LastAddress is the address of the last refresh.
	LastAddress string    `json:"last_address"`
	Method      string    `json:"method"`
	CreatedAt   time.Time `json:"created_at"`
	LastUsedAt  time.Time `json:"last_used_at"`
	IdleEndsAt  time.Time `json:"idle_ends_at"`
	EndsAt      time.Time `json:"ends_at"`
}

// Sessions is GET /api/user/{username}/sessions.
func Sessions(db user.SessionLister, tokens web.TokenVerifier) http.Handler {
	return web.Endpoint(http.StatusOK, func(r *http.Request) (out sessionsAnswer, err error) {
		req, err := web.Authenticate(r, tokens)
		if err != nil {
			return out, err
		}
		all, err := user.Sessions(r.Context(), req, db, r.PathValue("username"))
		out.Sessions = make([]session, 0, len(all))
		for _, s := range all {
			out.Sessions = append(out.Sessions, sessionOf(s, req.Caller))
		}
		return out, err
	})
}

func sessionOf(s user.Session, c request.Caller) session {
	return session{
		ID: s.ID, Current: s.ID == c.Session, DeviceName: s.DeviceName, UserAgent: s.UserAgent, Method: s.Method,
		CreatedAt: s.CreatedAt.UTC(), LastUsedAt: s.LastUsedAt.UTC(), IdleEndsAt: s.IdleEndsAt.UTC(), EndsAt: s.EndsAt.UTC(),
		Address: request.AddressText(s.Address), LastAddress: request.AddressText(s.LastAddress),
	}
}
