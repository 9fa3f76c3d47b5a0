package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"roster/localdev/postgrestest"
	"roster/shared/aws/sam"
)

const listedAnns = `USERNAME  NAME            E-MAIL           E-MAIL STATUS  ROLE  ACTIVE  CREATED               LAST LOGIN
ann       First ann Last  ann@example.com  ok       USER  yes     2026-01-05 10:00:00Z  never
anna      First anna Last  anna@example.com  bounced  USER  no     2026-01-05 10:00:00Z  2026-01-06 10:00:00Z
`

// On a phone the columns of the table would be torn apart.
func TestNarrowTerminalsGetNoColumns(t *testing.T) {
	t.Parallel()
	environ := map[string]string{"DATABASE_URL": postgrestest.URL(t)}
	add(t, "zebra kite moon", "ann")
	for columns, want := range map[int]string{
		40:  "ann (USER)\n  First ann Last\n  ann@example.com\n  created 2026-01-05 10:00:00Z\n  last login never\n",
		120: "USERNAME  NAME ",
		0:   "USERNAME  NAME ", // no terminal
	} {
		c := terminal()
		c.outWidth = func() int { return columns }
		if r := at(t, c, environ, "user", "list", "--search", "ann"); !strings.HasPrefix(r.out, want) || r.code != exitOK {
			t.Errorf("%d columns: %+v", columns, r)
		}
		r := at(t, c, nil, "doctor")
		if isNarrow := strings.Contains(r.out, "not checked: address: it is not known\n  -> give --url, or set PUBLIC_URL\n"); isNarrow != (columns == 40) {
			t.Errorf("%d columns: %s", columns, r.out)
		}
	}
}

func TestUserList(t *testing.T) {
	t.Parallel()
	atEachPlaceThatLists(t, func(t *testing.T, p place) {
		add(t, "zebra kite moon", "ann", "anna", "ben")
		const change = `update users set active = false, email_status = 'bounced', last_login_at = '2026-01-06T10:00:00Z' where username = 'anna'`
		if _, err := postgrestest.Pool(t).Exec(t.Context(), change); err != nil {
			t.Fatal(err)
		}
		list := func(line string) result {
			t.Helper()
			return command(t, p.environ, append([]string{"user", "list"}, strings.Fields(line)...)...)
		}
		if r := list("--search ann --sort username"); words(r.out) != words(listedAnns) || r.err != "" || strings.Contains(r.out, "\t") {
			t.Errorf("%+v\nwant\n%s", r, listedAnns)
		}
		for line, want := range map[string]string{
			"--limit 0 --sort username":                              "admin ann anna ben",
			"--limit 2 --sort username":                              "admin ann",
			"--limit 1 --sort last_login_at --role user":             "anna",
			"--role admin":                                           "admin",
			"--active false":                                         "anna",
			"--active true --sort username --search ann":             "ann",
			"--email-status bounced":                                 "anna",
			"--created-before 2026-01-06 --sort username":            "ann anna ben",
			"--created-after 2026-01-06T10:00:00Z":                   "admin",
			"--email BEN@example.com":                                "ben",
			"--uuid " + uuidOf("anna"):                               "anna",
			"--search zoe":                                           "",
			"--id 1000000":                                           "",
			"--created-after 2026-01-05 --sort username --role user": "ann anna ben",
		} {
			r, names := list(line+" --json"), []string{}
			for text := range strings.Lines(r.out) {
				var one struct {
					Username    string
					EmailStatus string `json:"email_status"`
				}
				if err := json.Unmarshal([]byte(text), &one); err != nil || one.EmailStatus == "" {
					t.Errorf("%s: %v in %q", line, err, text)
				}
				names = append(names, one.Username)
			}
			if strings.Join(names, " ") != want || r.code != exitOK {
				t.Errorf("%s: %q, want %q; %+v", line, names, want, r)
			}
		}
		if r := list("--limit 2"); !strings.HasSuffix(r.err, "there are more than these 2; --limit 0 lists all\n") {
			t.Errorf("%+v", r)
		}
		if r := list("--search zoe"); r.out != "" || r.err != "no account was found\n" || r.code != exitOK {
			t.Errorf("%+v", r)
		}
		list("--sort age").fails(t, exitUsage, "--sort must be created_at, username or last_login_at")
		list("--email-status gone").fails(t, exitFailed, "Some ")
		list("--role root").fails(t, exitFailed, "Some ")
	})
}

// A list goes on over the pages of the API, each account once.
func TestUserListHasManyPages(t *testing.T) {
	t.Parallel()
	atEachPlaceThatLists(t, func(t *testing.T, p place) {
		const fill = `insert into users (uuid, username, first_name, last_name, email, password_hash, created_at, updated_at)
			select gen_random_uuid(), format('user%s', lpad(n::text, 4, '0')), 'A', 'B', format('user%s@example.com', n), '', now(), now() from generate_series(1, 250) n`
		if _, err := postgrestest.Pool(t).Exec(t.Context(), fill); err != nil {
			t.Fatal(err)
		}
		for limit, want := range map[int]int{0: 250, 230: 230, 100: 100} {
			r := command(t, p.environ, "user", "list", "--search", "user", "--sort", "username", "--limit", fmt.Sprint(limit))
			lines := strings.Split(strings.TrimSpace(r.out), "\n")[1:]
			if len(lines) != want || !strings.HasPrefix(lines[want-1], fmt.Sprintf("user%04d ", want)) {
				t.Errorf("limit %d: %d accounts, %s", limit, len(lines), r.err)
			}
		}
	})
}

func TestUserListRefuses(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"--limit -1":                "--limit must be 0, for all, or more",
		"--active maybe":            "--active must be true or false",
		"--created-after soon":      "--created-after must be a day or a time, such as 2026-01-31",
		"--created-before 1.2.2026": "--created-before must be a day or a time",
		"ann":                       `"ann" is one argument too many`,
		"--limit many":              `invalid argument "many" for "--limit" flag`,
	} {
		command(t, map[string]string{"DATABASE_URL": "postgres://h/d"}, append([]string{"user", "list"}, strings.Fields(line)...)...).fails(t, exitUsage, want)
	}
}

// A name cannot move the cursor of the terminal on which it is listed.
func TestNamesCannotControlATerminal(t *testing.T) {
	t.Parallel()
	p := database(t)
	add(t, "zebra kite moon", "ann")
	if _, err := postgrestest.Pool(t).Exec(t.Context(), `update users set first_name = E'\x1b[2JAnn\tB\n' where username = 'ann'`); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"user list --search ann", "user show ann"} {
		if r := command(t, p.environ, strings.Fields(line)...); strings.Contains(r.out, "\x1b") || !strings.Contains(r.out, "�[2JAnn�B� Last") {
			t.Errorf("%s: %q", line, r.out)
		}
	}
}

// atEachPlaceThatLists leaves out a deployment whose template has no list of accounts.
func atEachPlaceThatLists(t *testing.T, test func(t *testing.T, p place)) {
	t.Helper()
	if !slices.Contains(sam.MustRoutes(), sam.Route{Method: "GET", Path: "/api/users"}) {
		test(t, database(t))
		return
	}
	atEachPlace(t, test)
}
