package api

import (
	"net/http"

	"roster/shared/fault"
	"roster/shared/user"
	"roster/shared/web"
)

type registerAnswer struct {
	web.Message
	User profile `json:"user"` // as GET shows it, so that a client needs no second call
}

// Register is POST /api/user/register.
func Register(db user.RegisterStore, p user.RegisterParts) http.Handler {
	return web.Endpoint(http.StatusCreated, func(r *http.Request) (out registerAnswer, err error) {
		in, err := web.Decode(r, func(in user.Registration) fault.Fields { return in.Check(p.Passwords) })
		if err != nil {
			return out, err
		}
		u, err := user.Register(r.Context(), web.Anonymous(r), db, p, in)
		return registerAnswer{web.Message{Msg: "User registered successfully."}, profileOf(u)}, err
	})
}
