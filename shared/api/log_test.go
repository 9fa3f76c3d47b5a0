package api_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"

	"roster/shared/api"
)

// The line has the route and never the path, and the cause only of a 5xx.
func TestRequestLogHasOneLineAndNoSecret(t *testing.T) {
	var lines strings.Builder
	previous := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&lines, nil)))
	defer slog.SetDefault(previous)

	s := newService(t)
	u := s.account("ann")
	token := s.mailedToken("ann")
	header := bearer(t, u)
	s.send("GET", "/api/user/ann", "", header)
	s.send("GET", "/api/user/somebody", "", header)
	s.send("POST", "/api/user/login", `{"username":"ann","password":"`+right+`"}`)
	s.send("POST", "/api/user/login", `{"username":"ann","password":"canary password"}`)
	s.send("POST", "/api/user/reset_password", `{"token":"`+token+`","new_password":"canary password"}`)
	s.send("GET", "/reset_password?token="+token, "")
	send(t, api.GetUser(failingDB{s.db, func() error { return errors.New("the cause") }}, tokens), "GET", "/api/user/ann", "", header)
	got := strings.Split(strings.TrimSpace(lines.String()), "\n")
	var codes []string
	for _, line := range got {
		var l struct {
			Msg       string
			Route     string
			Status    int
			Code      string
			Error     string
			RequestID string `json:"request_id"`
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil || l.Msg != "request" || l.RequestID != requestID {
			t.Errorf("logged %s", line)
		}
		codes = append(codes, strings.TrimSpace(strings.Join([]string{l.Route, strconv.Itoa(l.Status), l.Code, l.Error}, " ")))
	}
	want := []string{
		"POST /api/user/forget_password 200", "GET /api/user/{username} 200", "GET /api/user/{username} 403 forbidden", "POST /api/user/login 200",
		"POST /api/user/login 401 unauthenticated", "POST /api/user/reset_password 200", "GET /reset_password 200", "500  the cause",
	}
	if !slices.Equal(codes, want) {
		t.Errorf("logged %q", codes)
	}
	for _, secret := range []string{token, header[len("Authorization: Bearer "):], right, "canary", "somebody", "example.com"} {
		if strings.Contains(lines.String(), secret) {
			t.Errorf("the log shows %q:\n%s", secret, lines.String())
		}
	}
}
