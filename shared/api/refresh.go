package api

import (
	"net/http"

	"roster/shared/user"
	"roster/shared/web"
)

// Refresh is POST /api/user/refresh.
func Refresh(db user.Refresher, p user.RefreshParts) http.Handler {
	return web.Endpoint(http.StatusOK, func(r *http.Request) (out refreshAnswer, err error) {
		in, err := web.Decode(r, user.RefreshRequest.Check)
		if err != nil {
			return out, err
		}
		t, err := user.Refresh(r.Context(), web.Anonymous(r), db, p, in)
		return refreshAnswerOf(t), err
	})
}
