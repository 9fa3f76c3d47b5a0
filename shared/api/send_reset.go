package api

import (
	"net/http"

	"roster/shared/user"
	"roster/shared/web"
)

// SendReset is POST /api/user/{username}/reset. The link is in the mail only.
func SendReset(db user.ResetSender, p user.ForgetPasswordParts, tokens web.TokenVerifier) http.Handler {
	return web.Endpoint(http.StatusOK, func(r *http.Request) (out web.Message, err error) {
		req, err := web.Authenticate(r, tokens)
		if err != nil {
			return out, err
		}
		return web.Message{Msg: "Mail sent."}, user.SendReset(r.Context(), req, db, p, r.PathValue("username"))
	})
}
