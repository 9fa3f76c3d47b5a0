package api_test

import (
	"encoding/json"
	"testing"
)

func TestChangePasswordEndsTheOtherSessions(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	this, other := s.login("ann"), s.login("ann")
	reset := s.mailedToken("ann")
	change := func(current, next string) string {
		return `{"current_password":"` + current + `","new_password":"` + next + `"}`
	}
	const next = "another kite moon"
	for body, want := range map[string]string{
		`{}`:                        invalid("current_password", "is required", "new_password", "is required"),
		change("", next):            invalid("current_password", "is required"),
		change("wrong", next):       invalid("current_password", "is not right"),
		change(right, "password1"):  invalid("new_password", "is one of the most common passwords"),
		change(right, "ann"):        invalid("new_password", "must have at least 8 characters"),
		change(right, "first LAST"): invalid("new_password", "must not be the username, a name or the e-mail"),
	} {
		a := s.send("POST", "/api/user/change_password", body, this.header())
		if a.status != 400 {
			t.Errorf("%s: %d %s, want %s", body, a.status, a.body, want)
		}
	}
	if s.getMeStatus(this) != 200 || s.getMeStatus(other) != 200 {
		t.Fatal("a refused change has ended a session")
	}
	a := s.send("POST", "/api/user/change_password", change(right, next), this.header())
	var got sessionTokens
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		t.Fatal(err)
	}
	a.wants(t, "the change", 200, `{"msg":"Password changed.","access_token":"`+got.AccessToken+`","token_type":"Bearer","expires_in":600}`)
	for name, c := range map[string]struct{ got, want int }{
		"the new access token":           {s.getMeStatus(got), 200},
		"the old one":                    {s.getMeStatus(this), 401},
		"another session":                {s.getMeStatus(other), 401},
		"its refresh token":              {s.refresh(other.RefreshToken).status, 401},
		"the refresh token of this one":  {s.refresh(this.RefreshToken).status, 200},
		"the old password":               {s.send("POST", "/api/user/login", `{"username":"ann","password":"`+right+`"}`).status, 401},
		"the new password":               {s.send("POST", "/api/user/login", `{"username":"ann","password":"`+next+`"}`).status, 200},
		"a reset that was mailed before": {s.send("POST", "/api/user/reset_password", `{"token":"`+reset+`","new_password":"kite zebra moon"}`).status, 400},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", name, c.got, c.want)
		}
	}
}
