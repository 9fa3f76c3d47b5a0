package api

import (
	"net/http"
	"time"

	"roster/shared/user"
)

// ResetPassword is POST /api/user/reset_password.
func ResetPassword(db user.ResetStore, tokens user.OneTimeTokens, p user.Passwords, limits user.Limits) http.Handler {
	return endpoint(http.StatusOK, func(r *http.Request) (out message, err error) {
		in, err := decode(r, func(in user.PasswordReset) user.Fields { return in.Check(p) })
		if err != nil {
			return out, err
		}
		return message{"Password has been reset."}, user.ResetPassword(r.Context(), client(r), db, tokens, p, limits, in, time.Now())
	})
}
