package api

import (
	"net/http"

	"roster/shared/user"
	"roster/shared/web"
)

type healthAnswer struct {
	Status string `json:"status"`
}

// Health is GET /healthz: 200 if the database answers and takes writes, otherwise
// 503.
func Health(db user.Pinger) http.Handler {
	return web.Endpoint(http.StatusOK, func(r *http.Request) (healthAnswer, error) {
		return healthAnswer{"ok"}, user.Health(r.Context(), db)
	})
}
