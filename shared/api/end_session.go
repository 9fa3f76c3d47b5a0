package api

import (
	"net/http"
	"time"

	"roster/shared/user"
)

// EndSession is DELETE /api/user/{username}/sessions/{id}.
func EndSession(db user.SessionEnder, tokens TokenVerifier) http.Handler {
	return endpoint(http.StatusOK, func(r *http.Request) (out message, err error) {
		now := time.Now()
		c, err := caller(r, tokens, now)
		if err != nil {
			return out, err
		}
		return message{"Session ended."}, user.EndSession(r.Context(), c, client(r), db, r.PathValue("username"), r.PathValue("id"), now)
	})
}
