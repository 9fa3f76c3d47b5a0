package api

import (
	"net/http"

	"roster/shared/user"
	"roster/shared/web"
)

type healthAnswer struct {
	Status  string `json:"status"`
	Version string `json:"version"`
}

// Health is GET /healthz: 200 if the database answers and takes writes, otherwise
// 503. The answer has the version of Roster that is deployed.
func Health(db user.Pinger, version string) http.Handler {
	return web.Endpoint(http.StatusOK, func(r *http.Request) (healthAnswer, error) {
		return healthAnswer{"ok", version}, user.Health(r.Context(), db)
	})
}
