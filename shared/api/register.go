package api

import (
	"net/http"

	"roster/shared/fault"
	"roster/shared/user"
	"roster/shared/web"
)

// Register is POST /api/user/register.
func Register(db user.RegisterStore, p user.RegisterParts) http.Handler {
	return web.Endpoint(http.StatusCreated, func(r *http.Request) (out web.Message, err error) {
		in, err := web.Decode(r, func(in user.Registration) fault.Fields { return in.Check(p.Passwords) })
		if err != nil {
			return out, err
		}
		return web.Message{Msg: "User registered successfully."}, user.Register(r.Context(), web.Anonymous(r), db, p, in)
	})
}
