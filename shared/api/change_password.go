package api

import (
	"net/http"
	"time"

	"roster/shared/user"
)

// Tokens issues access tokens and checks them.
type Tokens interface {
	TokenVerifier
	user.TokenIssuer
}

type passwordAnswer struct {
	message
	accessAnswer
}

// ChangePassword is POST /api/user/change_password.
func ChangePassword(db user.Updater, p user.Passwords, limits user.Limits, tokens Tokens) http.Handler {
	return endpoint(http.StatusOK, func(r *http.Request) (out passwordAnswer, err error) {
		now := time.Now()
		c, err := caller(r, tokens, now)
		if err != nil {
			return out, err
		}
		in, err := decode(r, func(in user.PasswordChange) user.Fields { return in.Check(p) })
		if err != nil {
			return out, err
		}
		t, err := user.ChangePassword(r.Context(), c, client(r), db, p, limits, tokens, in, now)
		return passwordAnswer{message{"Password changed."}, accessAnswerOf(t)}, err
	})
}
