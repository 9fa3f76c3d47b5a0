package api

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"roster/shared/user"
)

// Codes of refusals that concern the request itself and never reach package
// user.
const (
	methodNotAllowed     user.Code = "method_not_allowed"
	tooLarge             user.Code = "too_large"
	unsupportedMediaType user.Code = "unsupported_media_type"
	internal             user.Code = "internal"
)

// statuses is the only place where an error gets its HTTP status.
var statuses = map[user.Code]int{
	user.Invalid:         http.StatusBadRequest,
	user.TokenInvalid:    http.StatusBadRequest,
	user.Unauthenticated: http.StatusUnauthorized,
	user.Forbidden:       http.StatusForbidden,
	user.NotFound:        http.StatusNotFound,
	methodNotAllowed:     http.StatusMethodNotAllowed,
	user.Conflict:        http.StatusConflict,
	tooLarge:             http.StatusRequestEntityTooLarge,
	unsupportedMediaType: http.StatusUnsupportedMediaType,
	user.TooMany:         http.StatusTooManyRequests,
	user.Unavailable:     http.StatusServiceUnavailable,
	internal:             http.StatusInternalServerError,
}

// problem is an error's body: RFC 9457, with msg, code, fields and request_id
// as members of our own.
type problem struct {
	Type      string      `json:"type"`
	Title     string      `json:"title"`
	Status    int         `json:"status"`
	Code      user.Code   `json:"code"`
	Msg       string      `json:"msg"`
	Fields    user.Fields `json:"fields,omitempty"`
	RequestID string      `json:"request_id,omitempty"`
}

// refusal returns what the client may know of an error. What package user did
// not make is a bug, and nothing of it is told.
func refusal(err error) *user.Error {
	var e *user.Error
	if errors.As(err, &e) {
		if _, known := statuses[e.Code]; known {
			return e
		}
	}
	return &user.Error{Code: internal, Message: "Something went wrong on our side."}
}

// writeError answers an error and returns its status.
func writeError(w http.ResponseWriter, r *http.Request, err error) int {
	e := refusal(err)
	status := statuses[e.Code]
	errorHeaders(w.Header(), e)
	if no := (notAllowed{}); errors.As(err, &no) {
		w.Header().Set("Allow", no.allow)
	}
	writeJSON(w, status, "application/problem+json", problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Code: e.Code, Msg: e.Message, Fields: e.Fields, RequestID: requestID(r),
	})
	return status
}

func errorHeaders(h http.Header, e *user.Error) {
	if e.Code == user.Unauthenticated {
		h.Set("WWW-Authenticate", "Bearer") // RFC 9110 §11.6.1
	}
	if after := e.RetryAfter; after > 0 || e.Code == user.Unavailable {
		h.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(float64(after)/float64(time.Second))))))
	}
}
