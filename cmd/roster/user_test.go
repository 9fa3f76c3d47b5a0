package main

import (
	"encoding/json"
	"strings"
	"testing"

	"roster/localdev/postgrestest"
)

// places are a database and a deployment. A command does the same at both.
var places = map[string]func(*testing.T) place{"database": database, "deployment": service}

// atEachPlace runs a test at a database and at a deployment.
func atEachPlace(t *testing.T, test func(t *testing.T, p place)) {
	t.Helper()
	for name, open := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

const shownAnn = `username      ann
name          First ann Last
e-mail        ann@example.com
role          USER
active        yes
created       2026-01-05 10:00:00Z
changed       2026-01-05 10:00:00Z
last login    never
password set  never
id            ID
uuid          UUID
metadata      12 bytes; --json shows it
app metadata  none
`

func TestUserShow(t *testing.T) {
	t.Parallel()
	atEachPlace(t, func(t *testing.T, p place) {
		add(t, "zebra kite moon", "ann")
		if _, err := postgrestest.Pool(t).Exec(t.Context(), `update users set metadata = '{"plan":"a"}' where username = 'ann'`); err != nil {
			t.Fatal(err)
		}
		var a account
		r := command(t, p.environ, "user", "show", "Ann", "--json")
		if err := json.Unmarshal([]byte(r.out), &a); err != nil || a.UUID != uuidOf("ann") || strings.Contains(r.out, "argon2") || !strings.Contains(string(a.Metadata), `"plan": "a"`) {
			t.Fatalf("%v, %+v", err, r)
		}
		id, _, _ := strings.Cut(strings.SplitAfter(r.out, `"id": `)[1], ",")
		want := strings.NewReplacer("UUID", a.UUID, "ID", id).Replace(shownAnn)
		if r := command(t, p.environ, "user", "show", "ann"); r != (result{out: want}) {
			t.Errorf("%+v\nwant %s", r, want)
		}
		command(t, p.environ, "user", "show", "bob").fails(t, exitFailed, "User not found.")
	})
}

func TestUserSetRoleAndState(t *testing.T) {
	t.Parallel()
	atEachPlace(t, func(t *testing.T, p place) {
		add(t, "zebra kite moon", "ann")
		postgrestest.Session(t, uuidOf("ann"), 1)
		for _, c := range []struct{ line, want string }{
			{"set-role ann admin", "ann is now an ADMIN\n"},
			{"set-role ann USER", "ann is now a USER\n"},
			{"deactivate ann", "ann is now deactivated\n"},
			{"activate ann", "ann is now activated\n"},
		} {
			if r := command(t, p.environ, append([]string{"user"}, strings.Fields(c.line)...)...); r != (result{out: c.want}) {
				t.Errorf("%s: %+v, want %q", c.line, r, c.want)
			}
		}
		var sessions, version int
		const state = `select (select count(*) from sessions where user_id = u.id), token_version from users u where username = 'ann'`
		if err := postgrestest.Pool(t).QueryRow(t.Context(), state).Scan(&sessions, &version); err != nil || sessions != 0 || version != 3 {
			t.Errorf("%v, %d sessions, token version %d: want none and 3, after a demotion and a deactivation", err, sessions, version)
		}
		if r := command(t, p.environ, "user", "deactivate", "ann", "--json"); !strings.Contains(r.out, `"active": false`) {
			t.Errorf("as JSON: %+v", r)
		}
		command(t, p.environ, "user", "set-role", "ann", "root").fails(t, exitUsage, `"root" is no role; give USER or ADMIN`)
		command(t, p.environ, "user", "set-role", "ann").fails(t, exitUsage, "give the role: roster user set-role USERNAME ROLE")
		command(t, p.environ, "user", "deactivate", "bob").fails(t, exitFailed, "User not found.")
	})
}

func TestUserDeleteAsks(t *testing.T) {
	t.Parallel()
	atEachPlace(t, func(t *testing.T, p place) {
		add(t, "zebra kite moon", "ann")
		command(t, p.environ, "user", "delete", "ann").fails(t, exitUsage, "this cannot be undone")
		if r := at(t, terminal("n"), p.environ, "user", "delete", "ann"); r.code != exitFailed || !strings.HasPrefix(r.err, "Delete ann (ann@example.com)? [y/N] ") {
			t.Errorf("%+v", r)
		}
		want := result{out: "ann is deleted; its UUID was " + uuidOf("ann") + "\n"}
		if r := command(t, p.environ, "user", "delete", "ann", "--yes"); r != want {
			t.Errorf("%+v", r)
		}
		command(t, p.environ, "user", "delete", "ann", "--yes").fails(t, exitFailed, "User not found.")
	})
}

// The last active ADMIN stays, from the command line, too.
func TestTheLastAdminStays(t *testing.T) {
	t.Parallel()
	const refused = "The last active admin can be neither deleted, demoted nor deactivated."
	atEachPlace(t, func(t *testing.T, p place) {
		for _, line := range []string{"set-role admin USER", "deactivate admin", "delete admin --yes"} {
			command(t, p.environ, append([]string{"user"}, strings.Fields(line)...)...).fails(t, exitFailed, refused)
		}
		if r := command(t, p.environ, "user", "show", boss); !strings.Contains(r.out, "ADMIN") || !strings.Contains(r.out, "active        yes") {
			t.Errorf("%+v", r)
		}
	})
}

// Nobody is the actor of an operator's change; the audit log says how it was made,
// and every entry has a MAC.
func TestAnOperatorIsInTheAuditLog(t *testing.T) {
	t.Parallel()
	p := database(t)
	add(t, "zebra kite moon", "ann")
	for _, line := range []string{"set-role ann ADMIN", "deactivate ann", "delete ann --yes"} {
		if r := command(t, p.environ, append([]string{"user"}, strings.Fields(line)...)...); r.code != exitOK {
			t.Errorf("%s: %+v", line, r)
		}
	}
	command(t, p.environ, "user", "delete", boss, "--yes")
	rows, err := postgrestest.Pool(t).Query(t.Context(), `
		select array_to_string(actions, ' ') || ' ' || coalesce(actor::text, '-') || ' ' || (target = $1)::text || ' ' || coalesce(event::jsonb->>'detail', '') || ' ' || (event::jsonb ? 'mac')::text
		from audit where event::jsonb->'detail'->>'by' = 'command line' order by at`, uuidOf("ann"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		got = append(got, line)
	}
	want := strings.Join([]string{
		`role_changed - true {"by": "command line", "role": "ADMIN"} true`,
		`active_changed - true {"by": "command line", "active": "false"} true`,
		`delete - true {"by": "command line"} true`,
		`delete_failed - false {"by": "command line"} true`,
	}, "\n")
	if strings.Join(got, "\n") != want {
		t.Errorf("the log has\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}
