package functions_test

import (
	"strings"
	"testing"

	"roster/localdev/postgrestest"
)

// The calls that only an ADMIN may make, by the binaries that are deployed: the first
// administrator invites somebody, who chooses a password, gets a reset mail, is
// changed with others, and is deleted.
func TestAnAdminsCallsReachTheBinaries(t *testing.T) {
	t.Parallel()
	v := newService(t, postgrestest.URL(t), settings{})
	v.seed(scheduled)
	choose := func(password string) {
		v.call("POST", "/api/user/reset_password", "", `{"token":"`+v.mailedToken()+`","new_password":"`+password+`"}`, 200)
	}
	choose("correct horse battery")
	admin := v.login(`{"username":"admin","password":"correct horse battery"}`)

	invited := `{"username":"user1","first_name":"User","last_name":"One","email":"user1@example.com","invite":true,"app_metadata":{"plan":"pro"}}`
	body := v.call("POST", "/api/users", admin, invited, 201)
	if !strings.Contains(body, `"mailed":true`) || strings.Contains(body, v.mailedToken()) {
		t.Errorf("the invitation answers %s", body)
	}
	choose("battery staple horse")
	user1 := v.login(`{"username":"user1","password":"battery staple horse"}`)
	if body := v.call("GET", "/api/user/me", user1, "", 200); !strings.Contains(body, `"app_metadata":{"plan":"pro"}`) {
		t.Errorf("the account is %s", body)
	}
	v.call("POST", "/api/users", admin, invited, 409)
	v.call("POST", "/api/users", admin, strings.Replace(strings.ReplaceAll(invited, "user1", "user2"), `"invite":true`, `"password":"staple correct horse"`, 1), 201)
	v.login(`{"username":"user2","password":"staple correct horse"}`)

	if body := v.call("POST", "/api/user/user1/reset", admin, "", 200); body != `{"msg":"Mail sent."}`+"\n" {
		t.Errorf("the reset answers %s", body)
	}
	mails := v.aws.Mails()
	if len(mails) != 3 || mails[1].To != "user1@example.com" || mails[2].To != "user1@example.com" {
		t.Errorf("mails: %+v", mails)
	}
	choose("another staple battery")
	v.call("GET", "/api/user/me", user1, "", 401) // ended by the reset

	many := `{"users":[{"username":"user1","active":false},{"username":"user2","delete":true},{"username":"admin","role":"USER"},{"username":"nobody","delete":true}]}`
	body = v.call("PATCH", "/api/users", admin, many, 200)
	for _, want := range []string{`"done":2,`, `{"username":"user1","status":200,`, `{"username":"user2","status":200,`, `{"username":"admin","status":409,`, `{"username":"nobody","status":404,`} {
		if !strings.Contains(body, want) {
			t.Errorf("the bulk change answers %s, without %s", body, want)
		}
	}
	v.call("POST", "/api/user/user1/reset", admin, "", 409) // not active
	v.auditHasMACs()
	v.nothingSecretIn(v.log.String(), "correct horse", "staple", v.mailedToken(), admin)
}
