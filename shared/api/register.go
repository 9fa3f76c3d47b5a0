package api

import (
	"net/http"
	"time"

	"roster/shared/user"
)

// Register is POST /api/user/register.
func Register(db user.Registrar, p user.Passwords, limits user.Limits) http.Handler {
	return endpoint(http.StatusCreated, func(r *http.Request) (out message, err error) {
		in, err := decode(r, func(in user.Registration) user.Fields { return in.Check(p) })
		if err != nil {
			return out, err
		}
		return message{"User registered successfully."}, user.Register(r.Context(), client(r), db, p, limits, in, time.Now())
	})
}
