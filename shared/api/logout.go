package api

import (
	"net/http"

	"roster/shared/user"
	"roster/shared/web"
)

// Logout is POST /api/user/logout.
func Logout(db user.LogoutStore, tokens web.TokenVerifier) http.Handler {
	return web.Endpoint(http.StatusOK, func(r *http.Request) (out web.Message, err error) {
		req, err := web.Authenticate(r, tokens)
		if err != nil {
			return out, err
		}
		in, err := web.DecodeOptional(r, user.LogoutRequest.Check)
		if err != nil {
			return out, err
		}
		return web.Message{Msg: "Logged out."}, user.Logout(r.Context(), req, db, in)
	})
}
