package web

import (
	"context"
	"net/http"
	"time"

	"roster/shared/fault"
)

// secretsRetry is how long a client is told to wait for a handler that is not
// ready.
const secretsRetry = 2 * time.Second

// WaitForSecrets serves by a handler that is not ready until the function's
// secrets can be read. Until then it answers each request 503.
func WaitForSecrets(ready func(context.Context) (http.Handler, error)) http.Handler {
	return WaitForSecretsOr(ready, WriteError)
}

// WaitForSecretsOr is WaitForSecrets with an answer of the caller's own, such as
// a page, in place of the problem document. Refuse returns the status that it
// sent.
func WaitForSecretsOr(ready func(context.Context) (http.Handler, error), refuse func(http.ResponseWriter, *http.Request, error) (status int)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		h, err := ready(r.Context())
		if err == nil {
			h.ServeHTTP(w, r)
			return
		}
		err = &fault.Error{Code: fault.Unavailable, Message: "The service is not available right now. Please try again.", RetryAfter: secretsRetry, Cause: err}
		setSecurityHeaders(w.Header(), r)
		logRequest(r, refuse(w, r, err), time.Since(began), err)
	})
}
