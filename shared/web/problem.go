package web

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"roster/shared/fault"
)

// Codes of refusals that concern the HTTP request itself and never reach a
// domain.
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

// problem is the body of an error: an RFC 9457 problem document, with msg, code,
// fields and request_id as members of our own.
type problem struct {
	Type      string       `json:"type"`
	Title     string       `json:"title"`
	Status    int          `json:"status"`
	Code      fault.Code   `json:"code"`
	Msg       string       `json:"msg"`
	Fields    fault.Fields `json:"fields,omitempty"`
	RequestID string       `json:"request_id,omitempty"`
}

// Refusal returns what the client may know of an error. An error that is no
// fault.Error is a bug, and nothing of it is told.
func Refusal(err error) *fault.Error {
	var e *fault.Error
	if errors.As(err, &e) {
		if _, known := statuses[e.Code]; known {
			return e
		}
	}
	return &fault.Error{Code: internal, Message: "Something went wrong on our side."}
}

// WriteError answers an error with a problem document and returns its status.
func WriteError(w http.ResponseWriter, r *http.Request, err error) (status int) {
	status = SetErrorHeaders(w.Header(), err)
	if no := (methodNotAllowedError{}); errors.As(err, &no) {
		w.Header().Set("Allow", no.allow)
	}
	e := Refusal(err)
	writeJSON(w, status, "application/problem+json", problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Code: e.Code, Msg: e.Message, Fields: e.Fields, RequestID: requestID(r),
	})
	return status
}

// SetErrorHeaders sets the headers that belong to an error and returns its
// status, for an answer that is no problem document.
func SetErrorHeaders(h http.Header, err error) (status int) {
	e := Refusal(err)
	if e.Code == fault.Unauthenticated {
		h.Set("WWW-Authenticate", "Bearer") // RFC 9110 §11.6.1
	}
	if after := e.RetryAfter; after > 0 || e.Code == fault.Unavailable {
		h.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(float64(after)/float64(time.Second))))))
	}
	return statuses[e.Code]
}

// Malformed is the refusal of a request that cannot be read as a whole.
func Malformed(message string) error { return &fault.Error{Code: fault.Invalid, Message: message} }
