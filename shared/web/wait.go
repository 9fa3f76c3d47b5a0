package web

import (
	"context"
	"net/http"
	"time"

	"roster/shared/fault"
)

// secretsRetry is the Retry-After of an answer while the secrets cannot be read.
const secretsRetry = 2 * time.Second

// WaitForSecrets serves with the handler that ready returns. While ready fails,
// because the function's secrets cannot be read, it answers each request with
// 503.
func WaitForSecrets(ready func(context.Context) (http.Handler, error)) http.Handler {
	return WaitForSecretsOr(ready, WriteError)
}

// WaitForSecretsOr is WaitForSecrets with another answer than a problem document,
// such as a page. The function refuse writes that answer and returns its status.
func WaitForSecretsOr(
	ready func(context.Context) (http.Handler, error), refuse func(http.ResponseWriter, *http.Request, error) (status int),
) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		h, err := ready(r.Context())
		if err == nil {
			h.ServeHTTP(w, r)
			return
		}
		err = &fault.Error{
			Code: fault.Unavailable, Message: "The service is not available right now. Please try again.",
			RetryAfter: secretsRetry, Cause: err,
		}
		setSecurityHeaders(w.Header(), r)
		logRequest(r, refuse(w, r, err), time.Since(began), err)
	})
}
