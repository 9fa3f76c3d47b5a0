package smtp_test

import (
	"os/exec"
	"strings"
	"testing"
)

// A template package could turn off the linker's removal of unused methods in
// every function that mails. This is why the message is composed here.
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
