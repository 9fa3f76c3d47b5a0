package api

import (
	"net/http"
	"time"

	"roster/shared/user"
)

// DeleteUser is DELETE /api/user/{username}.
func DeleteUser(db user.Deleter, tokens TokenVerifier) http.Handler {
	return endpoint(http.StatusOK, func(r *http.Request) (out message, err error) {
		now := time.Now()
		c, err := caller(r, tokens, now)
		if err != nil {
			return out, err
		}
		return message{"User deleted."}, user.Delete(r.Context(), c, client(r), db, r.PathValue("username"), now)
	})
}
