package api_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/shared/user"
)

const zoeRegistration = `{"username":"Zoe.Lee","first_name":"Zoe","last_name":"Lee","email":"zoe@example.com","password":"zebra kite moon"}`

// register registers an account, which must be answered as GET shows it.
func (s *service) register(name, body string) {
	s.t.Helper()
	a := s.send("POST", "/api/user/register", body)
	var got struct {
		Msg  string         `json:"msg"`
		User map[string]any `json:"user"`
	}
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.status != 201 || got.Msg != "User registered successfully." {
		s.t.Fatalf("%s: %d %s, %v", name, a.status, a.body, err)
	}
	username := fmt.Sprint(got.User["username"])
	var want map[string]any
	if err := json.Unmarshal([]byte(s.send("GET", "/api/user/"+username, "", bearer(s.t, s.find(username))).body), &want); err != nil {
		s.t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.User); diff != "" {
		s.t.Errorf("%s: user is not as GET shows it (-want +got):\n%s", name, diff)
	}
}

func TestRegisterStoresTheAccount(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.register("register", zoeRegistration)
	u := s.find("zoe.lee")
	if u.Role != user.RoleUser || !u.Active || u.Email != "zoe@example.com" || u.FirstName != "Zoe" || u.LastName != "Lee" {
		t.Errorf("stored %+v", u)
	}
	if !regexp.MustCompile(`^\$argon2id\$`).MatchString(u.PasswordHash) || strings.Contains(s.storedRows(), right) {
		t.Errorf("the password is stored as %q", u.PasswordHash)
	}
	if sent := s.box.drain(); len(sent) > 0 {
		t.Errorf("mailed %v", sent)
	}
}

func TestRegisterRefusesBadAndTakenFields(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann") // with the address ann@example.com
	const (
		required = "is required"
		username = "must be 3 to 32 ASCII letters, digits, '.', '_' or '-', the first and last a letter or digit"
		unknown  = "is not a field of this call"
		taken    = "already taken"
	)
	// ben returns a good registration with the replacements.
	ben := func(replace ...string) string {
		body := strings.NewReplacer("Zoe.Lee", "ben", "zoe@example.com", "ben@example.com").Replace(zoeRegistration)
		return strings.NewReplacer(replace...).Replace(body)
	}
	conflict := func(fields ...string) string {
		return problem(409, "conflict", "Username or email already exists.", fields...)
	}
	for name, c := range map[string]struct {
		body   string
		status int
		want   string
	}{
		"nothing":            {`{}`, 400, invalid("username", required, "first_name", required, "last_name", required, "email", required, "password", required)},
		"empty values":       {`{"username":"","first_name":"","last_name":" ","email":"","password":""}`, 400, invalid("username", required, "first_name", required, "last_name", required, "email", required, "password", "must have at least 8 characters")},
		"all bad at once":    {`{"username":"a b","first_name":"A\n","last_name":"` + strings.Repeat("a", 51) + `","email":"ann","password":"short","role":"ADMIN"}`, 400, invalid("username", username, "first_name", "must not have control characters", "last_name", "must have at most 50 characters", "email", "must be an e-mail address", "password", "must have at least 8 characters", "role", unknown)},
		"a role":             {ben("{", `{"role":"ADMIN",`), 400, invalid("role", unknown)},
		"active":             {ben("{", `{"active":true,`), 400, invalid("active", unknown)},
		"server-side fields": {ben("{", `{"id":1,"uuid":"x","token_version":9,"password_hash":"x",`), 400, invalid("id", unknown, "uuid", unknown, "token_version", unknown, "password_hash", unknown)},
		"a reserved name":    {ben(`"ben"`, `"Admin"`), 400, invalid("username", "is reserved")},
		"a route's name":     {ben(`"ben"`, `"login"`), 400, invalid("username", "is reserved")},
		"a look-alike":       {ben(`"ben"`, `"bеn"`), 400, invalid("username", username)},
		"a common password":  {ben(right, "password123"), 400, invalid("password", "is too common")},
		"its own address":    {ben(right, "Ben@Example.com"), 400, invalid("password", "must not be one of the account's own names")},
		"257 characters":     {ben(right, strings.Repeat("zebra-xy", 32)+"z"), 400, invalid("password", "must have at most 256 characters")},
		"taken name":         {ben(`"ben"`, `"ann"`), 409, conflict("username", taken)},
		"taken name, case":   {ben(`"ben"`, `"ANN"`), 409, conflict("username", taken)},
		"taken e-mail":       {ben("ben@", "ann@"), 409, conflict("email", taken)},
		"taken e-mail, too":  {ben("ben@", "ANN@"), 409, conflict("email", taken)},
		"both taken":         {ben(`"ben"`, `"ann"`, "ben@", "ann@"), 409, conflict("username", taken, "email", taken)},
	} {
		s.expectChange(name, false, func() {
			s.send("POST", "/api/user/register", c.body).wants(t, name, c.status, c.want)
		})
	}
	s.register("ben", ben())
}
