package web

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"roster/shared/fault"
)

// The codes of refusals that are about HTTP and that no domain knows.
const (
	methodNotAllowed     fault.Code = "method_not_allowed"
	tooLarge             fault.Code = "too_large"
	unsupportedMediaType fault.Code = "unsupported_media_type"
	internal             fault.Code = "internal"
)

// statuses is the only place where an error gets its HTTP status.
var statuses = map[fault.Code]int{
	fault.Invalid:         http.StatusBadRequest,
	fault.TokenInvalid:    http.StatusBadRequest,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	methodNotAllowed:      http.StatusMethodNotAllowed,
	fault.Conflict:        http.StatusConflict,
	tooLarge:              http.StatusRequestEntityTooLarge,
	unsupportedMediaType:  http.StatusUnsupportedMediaType,
	fault.TooMany:         http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
	internal:              http.StatusInternalServerError,
}

// problem is the body of every error: an RFC 9457 problem document with the
// extension members code, msg, fields and request_id.
type problem struct {
	Type      string       `json:"type"`
	Title     string       `json:"title"`
	Status    int          `json:"status"`
	Code      fault.Code   `json:"code"`
	Msg       string       `json:"msg"`
	Fields    fault.Fields `json:"fields,omitempty"`
	RequestID string       `json:"request_id,omitempty"`
}

// Refusal returns the part of an error that the client may read. An error that is
// not a fault.Error with a known code is a bug; the client reads nothing of it.
func Refusal(err error) *fault.Error {
	var e *fault.Error
	if errors.As(err, &e) {
		if _, known := statuses[e.Code]; known {
			return e
		}
	}
	return &fault.Error{Code: internal, Message: "Something went wrong on our side."}
}

// StatusOf returns the status of an error.
func StatusOf(err error) int { return statuses[Refusal(err).Code] }

// WriteError answers an error with a problem document and returns its status.
func WriteError(w http.ResponseWriter, r *http.Request, err error) (status int) {
	status = SetErrorHeaders(w.Header(), err)
	if e := (methodNotAllowedError{}); errors.As(err, &e) {
		w.Header().Set("Allow", e.allow)
	}
	e := Refusal(err)
	writeJSON(w, status, "application/problem+json", problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Code: e.Code, Msg: e.Message, Fields: e.Fields, RequestID: requestID(r),
	})
	return status
}

// SetErrorHeaders sets the headers of an error and returns its status. It is for
// an answer that is not a problem document, such as a page.
func SetErrorHeaders(h http.Header, err error) (status int) {
	e := Refusal(err)
	if e.Code == fault.Unauthenticated {
		h.Set("WWW-Authenticate", "Bearer") // RFC 9110 §11.6.1
	}
	if wait := e.RetryAfter; wait > 0 || e.Code == fault.Unavailable {
		h.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(float64(wait)/float64(time.Second))))))
	}
	return statuses[e.Code]
}

// Malformed returns the refusal of a request that cannot be parsed.
func Malformed(message string) error { return &fault.Error{Code: fault.Invalid, Message: message} }
