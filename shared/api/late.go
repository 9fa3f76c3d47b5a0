package api

import (
	"context"
	"net/http"
	"time"

	"roster/shared/user"
)

// lateRetry is what a client is told to wait for a handler that is not ready.
const lateRetry = 2 * time.Second

// Late serves by a handler that may not be ready yet. Until it is, each request
// is answered 503.
func Late(ready func(context.Context) (http.Handler, error)) http.Handler {
	return late(ready, writeError)
}

// LatePage is Late for the page that a mailed link opens.
func LatePage(ready func(context.Context) (http.Handler, error)) http.Handler {
	return late(ready, func(w http.ResponseWriter, _ *http.Request, err error) int {
		w.Header().Set("Content-Security-Policy", pagePolicy)
		return resetPage{}.write(w, err)
	})
}

func late(ready func(context.Context) (http.Handler, error), refuse func(http.ResponseWriter, *http.Request, error) int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		h, err := ready(r.Context())
		if err == nil {
			h.ServeHTTP(w, r)
			return
		}
		err = &user.Error{Code: user.Unavailable, Message: "The service is not available right now. Please try again.", RetryAfter: lateRetry, Cause: err}
		secure(w.Header(), r)
		logRequest(r, refuse(w, r, err), time.Since(began), err)
	})
}
