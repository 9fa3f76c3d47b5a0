package smtp_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestLinksNoTemplates keeps the reason for which the message is made here: the
// packages of a function that mails import no template package, which would put
// the linker's method pruning at risk.
func TestLinksNoTemplates(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", "roster/shared/mail/smtp", "roster/shared/mail/ses", "roster/shared/mail", "roster/shared/aws/secrets").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.Lines(string(out)) {
		switch name = strings.TrimSpace(name); name {
		case "text/template", "html/template", "github.com/wneessen/go-mail":
			t.Errorf("%s is imported", name)
		}
	}
}
