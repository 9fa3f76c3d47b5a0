package api

import (
	"net/http"

	"roster/shared/fault"
	"roster/shared/user"
	"roster/shared/web"
)

type createdAnswer struct {
	web.Message
	User   profile `json:"user"`
	Mailed bool    `json:"mailed"` // whether an invitation was sent
}

// CreateUser is POST /api/users.
func CreateUser(db user.AdminCreator, p user.CreateParts, tokens web.TokenVerifier) http.Handler {
	return web.Endpoint(http.StatusCreated, func(r *http.Request) (out createdAnswer, err error) {
		req, err := web.Authenticate(r, tokens)
		if err != nil {
			return out, err
		}
		in, err := web.DecodeUpTo(web.MetadataBody, r, func(in user.Creation) fault.Fields { return in.Check(p.Passwords) })
		if err != nil {
			return out, err
		}
		created, err := user.Create(r.Context(), req, db, p, in)
		return createdAnswer{web.Message{Msg: "User created."}, profileOf(created.User), created.Mailed}, err
	})
}
