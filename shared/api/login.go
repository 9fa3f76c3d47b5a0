package api

import (
	"net/http"

	"roster/shared/user"
	"roster/shared/web"
)

type loginAnswer struct {
	refreshAnswer
	DeviceToken string `json:"device_token"`
}

// Login is POST /api/user/login.
func Login(db user.LoginStore, p user.LoginParts) http.Handler {
	return web.Endpoint(http.StatusOK, func(r *http.Request) (out loginAnswer, err error) {
		in, err := web.Decode(r, user.Credentials.Check)
		if err != nil {
			return out, err
		}
		t, err := user.Login(r.Context(), web.Anonymous(r), db, p, in)
		return loginAnswer{refreshAnswerOf(t), t.DeviceToken}, err
	})
}
