package api

import (
	"net/http"
	"time"

	"roster/shared/user"
)

type loginAnswer struct {
	refreshAnswer
	DeviceToken string `json:"device_token"`
}

// Login is POST /api/user/login.
func Login(db user.LoginStore, l user.Logins) http.Handler {
	return endpoint(http.StatusOK, func(r *http.Request) (out loginAnswer, err error) {
		in, err := decode(r, user.Credentials.Check)
		if err != nil {
			return out, err
		}
		t, err := user.Authenticate(r.Context(), client(r), db, l, in, time.Now())
		return loginAnswer{refreshAnswerOf(t), t.DeviceToken}, err
	})
}
