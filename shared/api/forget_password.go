package api

import (
	"net/http"
	"time"

	"roster/shared/user"
)

type forgetPasswordAnswer struct {
	Msg   string `json:"msg"`
	Token string `json:"token,omitempty"`
}

// ForgetPassword is POST /api/user/forget_password. With reveal the token is
// answered, too; without an account behind it, it opens nothing. That is for
// development on one's own machine and for nothing else.
func ForgetPassword(db user.Forgetter, tokens user.OneTimeTokens, out user.ResetMail, limits user.Limits, reveal bool) http.Handler {
	return endpoint(http.StatusOK, func(r *http.Request) (forgetPasswordAnswer, error) {
		answer := forgetPasswordAnswer{Msg: "Token generated successfully."}
		in, err := decode(r, user.ResetRequest.Check)
		if err != nil {
			return answer, err
		}
		token, err := user.ForgetPassword(r.Context(), client(r), db, tokens, out, limits, in, time.Now())
		if reveal && err == nil {
			answer.Token = token
		}
		return answer, err
	})
}
