package api

import (
	"net/http"
	"time"

	"roster/shared/user"
)

// UpdateUser is PUT /api/user/{username}.
func UpdateUser(db user.Updater, p user.Passwords, limits user.Limits, tokens TokenVerifier) http.Handler {
	return endpoint(http.StatusOK, func(r *http.Request) (out message, err error) {
		now := time.Now()
		c, err := caller(r, tokens, now)
		if err != nil {
			return out, err
		}
		in, err := decode(r, func(in user.Changes) user.Fields { return in.Check(p) })
		if err != nil {
			return out, err
		}
		return message{"User details updated."}, user.Update(r.Context(), c, client(r), db, p, limits, r.PathValue("username"), in, now)
	})
}
