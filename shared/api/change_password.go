package api

import (
	"net/http"

	"roster/shared/fault"
	"roster/shared/user"
	"roster/shared/web"
)

type passwordAnswer struct {
	web.Message
	accessAnswer
}

// ChangePassword is POST /api/user/change_password.
func ChangePassword(db user.Updater, p user.ChangePasswordParts, tokens web.TokenVerifier) http.Handler {
	return web.Endpoint(http.StatusOK, func(r *http.Request) (out passwordAnswer, err error) {
		req, err := web.Authenticate(r, tokens)
		if err != nil {
			return out, err
		}
		in, err := web.Decode(r, func(in user.PasswordChange) fault.Fields { return in.Check(p.Passwords) })
		if err != nil {
			return out, err
		}
		t, err := user.ChangePassword(r.Context(), req, db, p, in)
		return passwordAnswer{web.Message{Msg: "Password changed."}, accessAnswerOf(t)}, err
	})
}
