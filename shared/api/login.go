package api

import (
	"net/http"
	"time"

	"roster/shared/user"
)

type loginAnswer struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"` // seconds
	DeviceToken string `json:"device_token"`
}

// Login is POST /api/user/login.
func Login(db user.LoginStore, l user.Logins) http.Handler {
	return endpoint(http.StatusOK, func(r *http.Request) (out loginAnswer, err error) {
		in, err := decode(r, user.Credentials.Check)
		if err != nil {
			return out, err
		}
		s, err := user.Authenticate(r.Context(), client(r), db, l, in, time.Now())
		return loginAnswer{s.AccessToken, "Bearer", int(s.ExpiresIn.Seconds()), s.DeviceToken}, err
	})
}
