package functions_test

import (
	"strings"
	"testing"

	"roster/localdev/postgrestest"
)

// A first deployment makes the administrator's account in its last step. Nobody
// can register its name before.
func TestTheTemplateClosesRegistrationUntilThereIsAnAdmin(t *testing.T) {
	t.Parallel()
	if got := readTemplate(t).Function("register").Environment["REGISTRATION"]; got.Literal != "after_admin" {
		t.Errorf("REGISTRATION is %+v", got)
	}
}

// The deployed function refuses a registration until seed_admin has made the
// administrator, and needs no new start afterwards.
func TestRegistrationOpensWithTheAdmin(t *testing.T) {
	t.Parallel()
	v := newService(t, postgrestest.URL(t), settings{variables: map[string]string{"REGISTRATION": "after_admin"}})
	const chief = `{"username":"chief","first_name":"C","last_name":"F","email":"chief@example.com","password":"zebra kite moon"}`
	if w := v.send("POST", "/api/user/register", "", chief); w.Code != 403 || !strings.Contains(w.Body.String(), "Registration is not open yet.") {
		t.Errorf("before the administrator: %d %s", w.Code, w.Body)
	}
	if r := v.seed(byHand); !r.Admin.Created {
		t.Fatalf("seeded %+v", r)
	}
	if w := v.send("POST", "/api/user/register", "", chief); w.Code != 201 {
		t.Errorf("after the administrator: %d %s", w.Code, w.Body)
	}
}
