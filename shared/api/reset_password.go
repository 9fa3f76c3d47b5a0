package api

import (
	"net/http"

	"roster/shared/fault"
	"roster/shared/user"
	"roster/shared/web"
)

// ResetPassword is POST /api/user/reset_password.
func ResetPassword(db user.ResetStore, p user.ResetPasswordParts) http.Handler {
	return web.Endpoint(http.StatusOK, func(r *http.Request) (out web.Message, err error) {
		in, err := web.Decode(r, func(in user.PasswordReset) fault.Fields { return in.Check(p.Passwords) })
		if err != nil {
			return out, err
		}
		return web.Message{Msg: "Password has been reset."}, user.ResetPassword(r.Context(), web.Anonymous(r), db, p, in)
	})
}
