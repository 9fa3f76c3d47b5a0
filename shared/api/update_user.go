package api

import (
	"net/http"

	"roster/shared/fault"
	"roster/shared/user"
	"roster/shared/web"
)

// UpdateUser is PUT /api/user/{username}.
func UpdateUser(db user.Updater, p user.UpdateParts, tokens web.TokenVerifier) http.Handler {
	return web.Endpoint(http.StatusOK, func(r *http.Request) (out web.Message, err error) {
		req, err := web.Authenticate(r, tokens)
		if err != nil {
			return out, err
		}
		changes, err := web.DecodeUpTo(web.MetadataBody, r, func(in user.Changes) fault.Fields { return in.Check(p.Passwords) })
		if err != nil {
			return out, err
		}
		in := user.UpdateRequest{Username: r.PathValue("username"), Changes: changes}
		return web.Message{Msg: "User details updated."}, user.Update(r.Context(), req, db, p, in)
	})
}
