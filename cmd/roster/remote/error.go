package remote

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
)

// Error is a refusal of the API.
type Error struct {
	Status int
	Code   string // such as not_found; "" if the answer is not Roster's
	reason string
}

func (e *Error) Error() string { return e.reason }

// problem is the part of a problem document (RFC 9457) that a person needs.
type problem struct {
	Code   string            `json:"code"`
	Msg    string            `json:"msg"`
	Fields map[string]string `json:"fields"`
}

// newError returns what a person needs to know of a refusal.
func newError(in Request, answer *http.Response, body []byte) error {
	e := &Error{Status: answer.StatusCode}
	media, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	var p problem
	if media != "application/problem+json" || json.Unmarshal(body, &p) != nil || p.Code == "" {
		e.reason = foreign(answer)
		return e
	}
	e.Code = p.Code
	switch wait := answer.Header.Get("Retry-After"); {
	case answer.StatusCode == http.StatusUnauthorized && in.Path != loginPath:
		e.reason = "the access token is not accepted: it has expired, or its session has ended. Get a new one, or give --username to log in"
	case answer.StatusCode == http.StatusForbidden:
		e.reason = "this account may not do that; use one with the role ADMIN"
	case answer.StatusCode == http.StatusMethodNotAllowed, answer.StatusCode == http.StatusNotFound && p.Msg != "User not found.":
		e.reason = fmt.Sprintf("there is no %s %s at this URL; check the URL, or this Roster is an older version", in.Method, in.Path)
	case wait != "":
		e.reason = fmt.Sprintf("%s Wait %s seconds.", sentence(p), wait)
	default:
		e.reason = sentence(p)
	}
	return e
}

func foreign(answer *http.Response) string {
	if to := answer.Header.Get("Location"); to != "" {
		return fmt.Sprintf("the URL leads on to %s; give the address there, if it is Roster's", to)
	}
	return fmt.Sprintf("the answer is not Roster's (status %d); check the URL", answer.StatusCode)
}

// sentence returns the message with the reason for each bad field.
func sentence(p problem) string {
	if len(p.Fields) == 0 {
		return p.Msg
	}
	var reasons []string
	for name, reason := range p.Fields {
		reasons = append(reasons, name+" "+reason)
	}
	slices.Sort(reasons)
	return strings.TrimSuffix(p.Msg, ".") + ": " + strings.Join(reasons, ", ") + "."
}
