package api

import (
	"net/http"

	"roster/shared/user"
	"roster/shared/web"
)

// EndSession is DELETE /api/user/{username}/sessions/{id}.
func EndSession(db user.SessionEnder, tokens web.TokenVerifier) http.Handler {
	return web.Endpoint(http.StatusOK, func(r *http.Request) (out web.Message, err error) {
		req, err := web.Authenticate(r, tokens)
		if err != nil {
			return out, err
		}
		return web.Message{Msg: "Session ended."}, user.EndSession(r.Context(), req, db, r.PathValue("username"), r.PathValue("id"))
	})
}
