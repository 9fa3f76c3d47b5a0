package main

import (
	"net/http"
	"strings"
	"testing"
)

// With MAIL_SERVER mail goes there. One that does not answer changes nothing
// for the client, and the mailbox says why it is empty.
func TestMailGoesToTheMailServer(t *testing.T) {
	t.Parallel()
	for _, way := range modes {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			s := newTestServer(t, way, map[string]string{"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": "1", "MAIL_USE_TLS": "false"})
			c := apiClient{t: t, url: s.url}
			c.call("POST", "/api/user/forget_password", `{"username":"admin","email":"admin@roster.localhost"}`, http.StatusOK)
			page := string(c.call("GET", "/_mail", "", http.StatusOK))
			if !strings.Contains(page, "MAIL_SERVER is set: mail goes to 127.0.0.1 and not here.") || !strings.Contains(page, "No mail yet.") {
				t.Errorf("the mailbox shows:\n%s", page)
			}
		})
	}
}
