package main

import (
	"fmt"
	"io"
	"strings"

	"roster/localdev/mailbox"
)

// banner prints the addresses, how this setup differs from a deployment, and a
// first command to try.
func (p *stack) banner(out io.Writer) {
	url, public := p.url(), p.settings.values["PUBLIC_URL"]
	var b strings.Builder
	b.WriteString("\nRoster is ready.\n\n")
	line := func(name, value string) { fmt.Fprintf(&b, "  %-14s %s\n", name, value) }
	line("API", url)
	line("Documentation", url+"/")
	line("Mailbox", p.mailbox())
	if public != url {
		line("PUBLIC_URL", public+"   (in mailed links and in tokens)")
	}
	line("Database", p.database.String())
	line("Admin", p.admin.describe(url))
	if n := p.admin.migrations; n > 0 {
		line("Schema", fmt.Sprintf("%d migrations applied", n))
	}
	b.WriteString("\nDifferent from a deployment:\n")
	for _, d := range p.settings.differences {
		fmt.Fprintf(&b, "  - %s\n", d)
	}
	fmt.Fprintf(&b, `
Try it:
  curl -s %s/api/user/register -H 'Content-Type: application/json' \
    -d '{"username":"user1","first_name":"User","last_name":"One","email":"user1@example.com","password":"password123"}'

Ctrl-C stops it; the data stays in %s.
`, url, p.database.dataLocation(p.options.data))
	fmt.Fprintln(out, b.String())
}

// url is the API's address on this machine. It differs from PUBLIC_URL when that
// is set.
func (p *stack) url() string { return "http://" + reachable(p.listener.Addr().String()) }

// mailbox is the page with the mail, or the reason why there is none.
func (p *stack) mailbox() string {
	if server := p.settings.values["MAIL_SERVER"]; server != "" {
		return "none; mail goes to MAIL_SERVER, " + server
	}
	return p.url() + mailbox.Path
}

// describe says how to log in as the admin, or how to get a lost password back.
func (a admin) describe(url string) string {
	if a.password != "" {
		return fmt.Sprintf("username %s, password %s   (shown this once)", a.username, a.password)
	}
	if a.missing {
		return fmt.Sprintf("username %s: %s", a.username, a.note)
	}
	return fmt.Sprintf(`username %s: %s. Log in with the password of the first start.
                 To set a new one, ask for a link at %s/forgot_password`, a.username, a.note, url)
}
