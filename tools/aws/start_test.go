package aws_test

import (
	"net/http"
	"strings"
	"testing"
)

// A start that is refused ends the process, and the log says why.
func TestARefusedStartUnderTheEmulator(t *testing.T) {
	t.Parallel()
	s := newStack(t, "postgres://roster@127.0.0.1:1/roster", map[string]string{"ROOT_KEY": "short"})
	for _, function := range []string{"login", "authorizer"} {
		e := s.emulator(function)
		// The emulator is at fault: it says 502 and nothing more. Lambda's Invoke
		// answers 200 with X-Amz-Function-Error, and the type Runtime.ExitError.
		if status, body := e.invoke(request(t, login, "/api/user/login", credentials(adminPassword))); status != http.StatusBadGateway {
			t.Errorf("%s: status %d: %s", function, status, body)
		}
		eventually(t, function+" says why", func() bool { return strings.Contains(e.log.String(), "ROOT_KEY is too short") })
		_, err := s.own(function).Invoke(t.Context(), []byte(`{}`))
		if err == nil || !strings.Contains(err.Error(), "ROOT_KEY is too short") {
			t.Errorf("%s under localdev's: %v", function, err)
		}
		if strings.Contains(e.log.String(), adminPassword) {
			t.Errorf("%s shows a secret:\n%s", function, e.log)
		}
	}
}
