package api

import (
	"net/http"

	"roster/shared/user"
	"roster/shared/web"
)

type forgetPasswordAnswer struct {
	Msg   string `json:"msg"`
	Token string `json:"token,omitempty"`
}

// ForgetPassword is POST /api/user/forget_password. With reveal the answer
// contains a token even if there is no such account; that token does not work.
// Reveal is only for development on the developer's own machine.
func ForgetPassword(db user.ForgetPasswordStore, p user.ForgetPasswordParts, reveal bool) http.Handler {
	return web.Endpoint(http.StatusOK, func(r *http.Request) (forgetPasswordAnswer, error) {
		answer := forgetPasswordAnswer{Msg: "Token generated successfully."}
		in, err := web.Decode(r, user.ResetRequest.Check)
		if err != nil {
			return answer, err
		}
		token, err := user.ForgetPassword(r.Context(), web.Anonymous(r), db, p, in)
		if reveal && err == nil {
			answer.Token = token
		}
		return answer, err
	})
}
