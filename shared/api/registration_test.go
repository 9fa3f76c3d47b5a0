package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"roster/shared/api"
	"roster/shared/user"
)

// registerIn registers zoe where registration is in this mode.
func (s *service) registerIn(mode user.RegistrationMode) answer {
	s.t.Helper()
	h := api.Register(s.db, user.RegisterParts{Passwords: passwords, Limits: generousLimits, Mode: mode})
	r := httptest.NewRequest(http.MethodPost, "/api/user/register", strings.NewReader(zoeRegistration))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return answer{status: w.Code, body: w.Body.String()}
}

// The refusal says that registration is closed, and makes no account. In the audit
// log it is as any other: TestEachPromisedRefusalIsRecorded has it.
func TestAClosedRegistrationIs403(t *testing.T) {
	t.Parallel()
	for mode, want := range map[user.RegistrationMode]string{
		user.RegistrationClosed:     "Registration is closed.",
		user.RegistrationAfterAdmin: "Registration is not open yet. Please try again later.",
	} {
		s := newService(t)
		a := s.registerIn(mode)
		if a.status != http.StatusForbidden || !strings.Contains(a.body, `"code":"forbidden","msg":"`+want+`"`) {
			t.Errorf("%s: %d %s", mode, a.status, a.body)
		}
		if strings.Contains(s.storedRows(), "zoe.lee") {
			t.Errorf("%s: the account was made", mode)
		}
	}
}
