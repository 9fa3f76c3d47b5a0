package main

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"roster/localdev/pgserver"
	"roster/localdev/postgrestest"
)

func TestHelpNamesEveryOption(t *testing.T) {
	t.Parallel()
	p := launch(t, []string{"-h"})
	if status := p.waitForExit(); status != 0 || p.stderr() != "" {
		t.Errorf("status %d: %v", status, p)
	}
	for _, word := range []string{"Usage:", "-addr", "-data", "-lambda", "127.0.0.1:3000", "docs/localdev.md", "docs/configuration.md"} {
		if !strings.Contains(p.stdout(), word) {
			t.Errorf("no word of %q: %v", word, p)
		}
	}
}

// Every mistake is one sentence that says what is wrong and what to do.
func TestAMistakeIsExplainedInASentence(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	server := postgrestest.Server(t)
	for _, c := range []struct {
		name string
		args string
		env  string
		want []string // parts of the sentence
	}{
		{"unknown flag", "-port 3000", "", []string{"flag provided but not defined: -port", "-h lists"}},
		{"an argument", "serve", "", []string{`"serve" is not a flag`, "-h lists"}},
		{"a flag without its value", "-addr", "", []string{"flag needs an argument: -addr"}},
		{"port in use", "-addr " + taken.Addr().String(), "", []string{"cannot listen on " + taken.Addr().String(), "address already in use); stop what is there or choose another address with -addr"}},
		{"no port", "-addr localhost", "", []string{"-addr localhost cannot be read (missing port in address)", "a host and a port such as 127.0.0.1:3000"}},
		{"an empty port", "-addr localhost:", "", []string{"-addr localhost: has no port", "a host and a port such as 127.0.0.1:3000"}},
		{"a port alone", "-addr 3103", "", []string{"-addr 3103 has no host", "write -addr 127.0.0.1:3103"}},
		{"a URL", "-addr http://localhost:3000", "", []string{"-addr http://localhost:3000 looks like a URL", "such as 127.0.0.1:3000"}},
		{"an IPv6 address without brackets", "-addr ::1:3000", "", []string{"-addr ::1:3000 cannot be read (too many colons in address)"}},
		{"a port that is none", "-addr 127.0.0.1:99999", "", []string{"-addr 127.0.0.1:99999 has the port 99999", "0 to 65535"}},
		{"a port alone that is none", "-addr :99999", "", []string{"-addr :99999 has the port 99999", "0 to 65535"}},
		{"a negative port", "-addr :-1", "", []string{"-addr :-1 has the port -1", "0 to 65535"}},
		{"a service without a port", "-addr 127.0.0.1:nosuch", "", []string{"cannot listen on 127.0.0.1:nosuch", "unknown port); choose another address with -addr"}},
		{"not this machine's address", "-addr 192.0.2.1:3000", "", []string{"cannot listen on 192.0.2.1:3000", "assign requested address); choose another address with -addr"}},
		{"no URL", "", "DATABASE_URL=nonsense", []string{"DATABASE_URL is not a PostgreSQL URL such as postgres://"}},
		{"another database's URL", "", "DATABASE_URL=mysql://u:pw@127.0.0.1/db", []string{"DATABASE_URL must begin with postgres://"}},
		{"a broken URL", "", "DATABASE_URL=postgres://u:pw@127.0.0.1:x/db", []string{"DATABASE_URL is not a PostgreSQL URL"}},
		{"nobody listens", "", "DATABASE_URL=postgres://u:pw@127.0.0.1:1/db", []string{"127.0.0.1:1/db", "connection refused", "unset it"}},
		{"no such host", "", "DATABASE_URL=postgres://u:pw@db.invalid/db", []string{"db.invalid:5432/db", "host", "unset it"}},
		{"wrong password", "", "DATABASE_URL=" + modifiedURL(t, server, func(u *url.URL) { u.User = url.UserPassword("postgres", "pw") }), []string{"password authentication failed", "unset it"}},
		{"missing database", "", "DATABASE_URL=" + modifiedURL(t, server, func(u *url.URL) { u.Path = "/nodb" }), []string{`database "nodb" does not exist`, "unset it"}},
		{"no TLS there", "", "DATABASE_URL=" + modifiedURL(t, server, func(u *url.URL) { u.RawQuery = "sslmode=require" }), []string{"TLS", "unset it"}},
		{"no such source", "", "LOCALDEV_POSTGRES=docker", []string{`LOCALDEV_POSTGRES is "docker"`, `"installed" or "download"`}},
		{"bad variables", "", "JWT_SECRET_KEY=short", []string{"JWT_SECRET_KEY is too short", "32 bytes"}},
		{"bad limits", "-lambda", "LIMIT_LOGIN_NETWORK=x SESSION_MAX=0 TRUSTED_PROXIES=6", []string{"LIMIT_LOGIN_NETWORK", "SESSION_MAX", "TRUSTED_PROXIES"}},
		{"proxies without a secret", "", "TRUSTED_PROXIES=1", []string{"EDGE_SECRET is missing", "openssl rand -hex 32", "X-Edge-Secret"}},
		{"an admin without a password", "", "ADMIN_PASSWORD=short", []string{"ADMIN_PASSWORD must have at least 8 characters"}},
		{"no folder", "-data=", "", []string{"-data must name a folder"}},
		{"a file for a folder", "-data /dev/null", "", []string{"/dev/null", "not a directory", "another with -data"}},
		{"a folder in a file", "-data /dev/null/data", "", []string{"/dev/null/data", "not a directory", "another with -data"}},
		{"a folder that cannot be made", "-data /proc/data", "", []string{"/proc/data", "another with -data"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			args := strings.Fields(c.args)
			if !strings.Contains(c.args, "-addr") {
				args = append([]string{"-addr", "127.0.0.1:0"}, args...)
			}
			p := launch(t, args, strings.Fields(c.env)...)
			p.wantRefusal(c.want...)
			if strings.Contains(p.stderr(), "pw") {
				t.Errorf("it shows the password: %v", p)
			}
		})
	}
}

// modifiedURL is the server's URL with something wrong.
func modifiedURL(t *testing.T, server *pgserver.Server, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	return u.String()
}

// wantRefusal checks that it ends with the status 1 and one sentence that has the
// words.
func (p *process) wantRefusal(words ...string) {
	p.t.Helper()
	if status := p.waitForExit(); status != 1 {
		p.t.Errorf("status %d: %v", status, p)
	}
	said := p.stderr()
	if !strings.HasPrefix(said, "localdev: ") || strings.Count(said, "\n") != 1 || strings.Contains(said, "goroutine") {
		p.t.Errorf("not one sentence: %v", p)
	}
	for _, word := range words {
		if !strings.Contains(said, word) {
			p.t.Errorf("no word of %q: %v", word, p)
		}
	}
}

// What other programs, or a full disk, may have left in the data folder.
func TestADamagedFolderIsExplained(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, file, content string
		want                []string
	}{
		{"half of the secrets", "secrets.json", `{"ROOT_KEY":"`, []string{"secrets.json is damaged", "remove it"}},
		{"no secret in it", "secrets.json", `{}`, []string{"secrets.json is damaged", "remove it"}},
		{"a short secret", "secrets.json", `{"ROOT_KEY":"short"}`, []string{"secrets.json is damaged", "remove it"}},
		{"no data in the database's folder", "postgres/server/data/notes.txt", "hello", []string{"not PostgreSQL's data any more", "move", "postgres aside to start with an empty database"}},
		{"garbage in the database's folder", "postgres/server/data/PG_VERSION", "\x00\xff\n", []string{"not PostgreSQL's data any more", "move", "postgres aside to start with an empty database"}},
		{"another version's data", "postgres/server/data/PG_VERSION", "9.6\n", []string{"PostgreSQL 9", "move", "postgres aside to start with an empty database"}},
		{"a file for the database's folder", "postgres", "hello", []string{"postgres", "not a directory"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := dataFolder(t)
			file := filepath.Join(dir, c.file)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			launch(t, []string{"-addr", "127.0.0.1:0", "-data", dir}).wantRefusal(c.want...)
		})
	}
}
