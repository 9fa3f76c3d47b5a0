package authorizer_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"roster/shared/authorizer"
	"roster/shared/fault"
	"roster/shared/request"
	"roster/shared/user"
)

var begin = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)

// uuid returns a UUID with the number in it.
func uuid(n int) string { return fmt.Sprintf("01939e6e-5a7c-7bd0-8f0e-%012x", n) }

// backend stands for the keys, the database and the clock. A token has the number
// of its session.
type backend struct {
	mu    sync.Mutex
	now   time.Time
	keys  error                // the error of the keys
	out   error                // the error of the database
	ended map[string]time.Time // when sessions ended
	asked int                  // how many statements were run

	before func() // runs before each statement, if set
}

func newBackend() *backend { return &backend{now: begin, ended: map[string]time.Time{}} }

func (w *backend) authorizer(keep time.Duration) *authorizer.Authorizer {
	a := authorizer.New(w, w, keep)
	a.SetClock(w.clock)
	return a
}

func (w *backend) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *backend) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *backend) endSession(session int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended[uuid(session)] = w.now
}

func (w *backend) statements() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

func (w *backend) Verify(_ context.Context, raw string, _ time.Time) (request.Caller, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	number, _ := strings.CutPrefix(raw, "token-")
	session, err := strconv.Atoi(number)
	if err != nil || raw != token(session) {
		return request.Caller{}, errors.New("canary: the token is not good")
	}
	return request.Caller{UUID: uuid(1), Session: uuid(session), TokenVersion: 1}, w.keys
}

func token(session int) string { return "token-" + strconv.Itoa(session) }

func (w *backend) CallerAndTarget(ctx context.Context, c request.Caller, _ string) (caller, target *user.User, err error) {
	if w.before != nil {
		w.before()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	if ctx.Err() != nil {
		return nil, nil, unavailable(ctx.Err())
	}
	if _, ended := w.ended[c.Session]; ended {
		return nil, nil, w.out
	}
	return &user.User{UUID: c.UUID, Username: "ann", Role: user.RoleUser, Active: true, TokenVersion: c.TokenVersion}, nil, w.out
}

func unavailable(cause error) error {
	return &fault.Error{Code: fault.Unavailable, Message: "canary", Cause: cause}
}

const (
	unauthorized = "Unauthorized"
	failed       = "the authorizer cannot tell; its log says why"
)

// simpleEvent returns an event of an HTTP API in payload format 2.0.
func simpleEvent(authorization string) string {
	return `{"version":"2.0","type":"REQUEST","identitySource":["` + authorization + `"],"headers":{"authorization":"` + authorization + `"}}`
}

// handle returns "ok" or the error.
func handle(t *testing.T, a *authorizer.Authorizer, event string) string {
	t.Helper()
	answer, err := a.Handle(t.Context(), json.RawMessage(event))
	switch {
	case err != nil && answer != nil:
		t.Errorf("both an answer, %v, and an error, %v", answer, err)
	case err != nil:
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("the error says why: %v", err)
		}
		return err.Error()
	}
	b, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), `"isAuthorized":true`) && !strings.Contains(string(b), `"Effect":"Allow"`) {
		t.Errorf("no error, but the answer is %s", b)
	}
	return "ok"
}

func check(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %s, want %s", what, got, want)
	}
}
