package api_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"roster/shared/user"
)

const badCredentials = "Invalid username or password."

func TestLoginAnswersTokensAndRecordsTheTime(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.account("ann")
	for _, name := range []string{"ann", "ANN"} {
		a := s.send("POST", "/api/user/login", `{"username":"`+name+`","password":"`+right+`"}`)
		var got struct {
			AccessToken  string `json:"access_token"`
			RefreshToken string `json:"refresh_token"`
			DeviceToken  string `json:"device_token"`
		}
		if err := json.Unmarshal([]byte(a.body), &got); err != nil {
			t.Fatal(err)
		}
		a.wants(t, name, 200, `{"access_token":"`+got.AccessToken+`","token_type":"Bearer","expires_in":600,"refresh_token":"`+got.RefreshToken+`","device_token":"`+got.DeviceToken+`"}`)
		if _, ok := devices.Hash(got.DeviceToken); !ok {
			t.Errorf("the device token %q is not valid", got.DeviceToken)
		}
		if c, err := tokens.Verify(t.Context(), got.AccessToken, time.Now()); c.UUID != u.UUID || c.TokenVersion != 1 || err != nil {
			t.Errorf("the token is for %+v: %v", c, err)
		}
		if s.send("GET", "/api/user/ann", "", "Authorization: Bearer "+got.AccessToken).status != 200 {
			t.Error("the access token is refused")
		}
	}
	after := s.find("ann")
	if after.LastLoginAt == nil || time.Since(*after.LastLoginAt) > time.Minute {
		t.Errorf("the last login is %v", after.LastLoginAt)
	}
	after.LastLoginAt = nil
	if after.UpdatedAt != u.UpdatedAt || after.TokenVersion != u.TokenVersion || after.PasswordHash != u.PasswordHash {
		t.Errorf("the login changed other fields: %+v", after)
	}
}

// R-ENUM-1: the answers must be equal to the byte.
func TestLoginRefusesEveryCauseAlike(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	s.account("ben", inactive)
	s.account("cid", func(u *user.User) { u.PasswordHash = "" })
	s.account("dan", func(u *user.User) { u.PasswordHash = "$2y$10$abc" })
	var first answer
	for name, body := range map[string]string{
		"unknown":            `{"username":"nobody","password":"` + right + `"}`,
		"wrong password":     `{"username":"ann","password":"wrong"}`,
		"another case":       `{"username":"ann","password":"` + strings.ToUpper(right) + `"}`,
		"a space at the end": `{"username":"ann","password":"` + right + ` "}`,
		"a space in a name":  `{"username":"an n","password":"` + right + `"}`,
		"very long password": `{"username":"ann","password":"` + strings.Repeat("x", 10_000) + `"}`,
		"very long name":     `{"username":"` + strings.Repeat("x", 10_000) + `","password":"` + right + `"}`,
		"inactive":           `{"username":"ben","password":"` + right + `"}`,
		"inactive, wrong":    `{"username":"ben","password":"wrong"}`,
		"no password":        `{"username":"cid","password":"` + right + `"}`,
		"unusable hash":      `{"username":"dan","password":"` + right + `"}`,
		"invalid name":       `{"username":"../x","password":"` + right + `"}`,
		"an unknown e-mail":  `{"username":"x@example.com","password":"` + right + `"}`,
		"another's e-mail":   `{"username":"ben@example.com","password":"` + right + `"}`,
		"SQL":                `{"username":"ann' or '1'='1","password":"' or '1'='1"}`,
	} {
		s.expectChange(name, false, func() {
			a := s.send("POST", "/api/user/login", body)
			a.wants(t, name, 401, problem(401, "unauthenticated", badCredentials))
			if got := a.header.Get("WWW-Authenticate"); got != "Bearer" {
				t.Errorf("%s: WWW-Authenticate %q", name, got)
			}
			if first.body == "" {
				first = a
			}
			if a.body != first.body || len(a.header) != len(first.header) {
				t.Errorf("%s has a different answer: %v %q", name, a.header, a.body)
			}
		})
	}
	for body, want := range map[string]string{
		`{}`:                            invalid("username", "is required", "password", "is required"),
		`{"username":"","password":""}`: invalid("username", "is required", "password", "is required"),
		`{"username":"ann"}`:            invalid("password", "is required"),
		`{"username":"ann","password":"` + right + `","otp":"1"}`: invalid("otp", "is not a field of this call"),
	} {
		s.send("POST", "/api/user/login", body).wants(t, body, 400, want)
	}
}
