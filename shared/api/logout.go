package api

import (
	"net/http"
	"time"

	"roster/shared/user"
)

// Logout is POST /api/user/logout.
func Logout(db user.LogoutStore, tokens TokenVerifier) http.Handler {
	return endpoint(http.StatusOK, func(r *http.Request) (out message, err error) {
		now := time.Now()
		c, err := caller(r, tokens, now)
		if err != nil {
			return out, err
		}
		in, err := decodeOptional(r, user.LogoutRequest.Check)
		if err != nil {
			return out, err
		}
		return message{"Logged out."}, user.Logout(r.Context(), c, client(r), db, in, now)
	})
}
