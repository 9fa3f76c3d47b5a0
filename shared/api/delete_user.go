package api

import (
	"net/http"

	"roster/shared/user"
	"roster/shared/web"
)

// DeleteUser is DELETE /api/user/{username}.
func DeleteUser(db user.Deleter, tokens web.TokenVerifier) http.Handler {
	return web.Endpoint(http.StatusOK, func(r *http.Request) (out web.Message, err error) {
		req, err := web.Authenticate(r, tokens)
		if err != nil {
			return out, err
		}
		return web.Message{Msg: "User deleted."}, user.Delete(r.Context(), req, db, r.PathValue("username"))
	})
}
