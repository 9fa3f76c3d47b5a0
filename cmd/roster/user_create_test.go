package main

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"roster/localdev/postgrestest"
)

func create(t *testing.T, c console, p place, line string) result {
	t.Helper()
	args := []string{"user", "create", "ann", "--email", "ann@example.com", "--first-name", "Ann", "--last-name", "Lee"}
	return at(t, c, p.environ, append(args, strings.Fields(line)...)...)
}

func TestUserCreate(t *testing.T) {
	t.Parallel()
	atEachPlace(t, func(t *testing.T, p place) {
		r := create(t, terminal(), p, "--role admin --inactive --json")
		var a account
		if err := json.Unmarshal([]byte(r.out), &a); err != nil || a.Username != "ann" || a.Role != "ADMIN" || a.Active || a.ID == 0 || a.LastName != "Lee" {
			t.Errorf("%v, %+v", err, r)
		}
		if r := command(t, p.environ, "user", "create", "cleo", "--email", "cleo@example.com", "--first-name", "Cleo", "--last-name", "Lee", "--inactive"); r.out != "cleo is created; nobody can log in to it before: roster user activate cleo, and then roster user reset cleo\n" {
			t.Errorf("%+v", r)
		}
		create(t, terminal(), p, "").fails(t, exitFailed, "Username or email already exists: email already taken, username already taken.")
		r = command(t, p.environ, "user", "create", "x!", "--email", "no", "--first-name", "X", "--last-name", "Y")
		if r.fails(t, exitFailed, "Some fields are not valid: email "); !strings.Contains(r.err, ", username ") {
			t.Errorf("%+v", r)
		}
		if r := command(t, p.environ, "user", "create", "ben", "--email", "ben@example.com", "--first-name", "Ben", "--last-name", "Lee"); r.out != "ben is created; it has no password yet, and roster user reset ben mails a link to set one\n" {
			t.Errorf("%+v", r)
		}
	})
}

func TestUserCreateWithAPassword(t *testing.T) {
	t.Parallel()
	atEachPlace(t, func(t *testing.T, p place) {
		differ := create(t, terminal("zebra kite moon", "zebra kite noon"), p, "--ask-password")
		if differ.code != exitFailed || !strings.HasSuffix(differ.err, "roster: the two passwords differ; nothing was done\n") {
			t.Errorf("%+v", differ)
		}
		common := create(t, terminal("password123", "password123"), p, "--ask-password")
		if common.code != exitFailed || !strings.Contains(common.err, "password is too common") {
			t.Errorf("%+v", common)
		}
		r := create(t, terminal("zebra kite moon", "zebra kite moon"), p, "--ask-password")
		if r.code != exitOK || r.out != "ann is created; it has the password that you typed\n" || strings.Contains(r.out+r.err, "zebra") {
			t.Errorf("%+v", r)
		}
		if p.address != "" {
			login(t, p.address, "ann", "zebra kite moon")
		}
	})
}

// The link is in the mail only.
func TestInvitationsAndLinks(t *testing.T) {
	t.Parallel()
	atEachPlace(t, func(t *testing.T, p place) {
		r := create(t, terminal(), p, "--invite")
		if r.code != exitOK || r.out != "ann is created; an invitation was mailed to ann@example.com\n" || strings.Contains(r.out+r.err, "token=") {
			t.Errorf("%+v", r)
		}
		if r := command(t, p.environ, "user", "reset", "ann"); r.code != exitOK || r.out != "a link was mailed to the owner of ann\n" {
			t.Errorf("%+v", r)
		}
		mails := p.mails.Mails()
		if len(mails) != 2 || mails[0].To != "ann@example.com" || !strings.Contains(mails[0].Text, "/reset_password?token=") || !strings.Contains(mails[1].Text, "/reset_password?token=") {
			t.Errorf("mails: %+v", mails)
		}
		command(t, p.environ, "user", "reset", "zoe").fails(t, exitFailed, "User not found.")
		if r := command(t, p.environ, "user", "deactivate", "ann"); r.code != exitOK {
			t.Errorf("%+v", r)
		}
		command(t, p.environ, "user", "reset", "ann").fails(t, exitFailed, "The account is not active. Activate it first.")
	})
}

func TestUserCreateRefuses(t *testing.T) {
	t.Parallel()
	p := place{environ: map[string]string{"DATABASE_URL": postgrestest.FunctionsURL(t)}}
	create(t, terminal(), p, "--invite --ask-password").fails(t, exitUsage, "--invite lets the owner choose the password")
	create(t, terminal(), p, "--ask-password").fails(t, exitFailed, "there is no terminal to ask for the password on; give --invite instead")
	create(t, terminal(), p, "--invite").fails(t, exitFailed, "the configuration is not usable: MAIL_FROM is missing")
	command(t, p.environ, "user", "create", "ann").fails(t, exitUsage, "give --email, --first-name and --last-name")
	command(t, p.environ, "user", "reset", "ann").fails(t, exitFailed, "the configuration is not usable: ")
}

// An account whose invitation was not sent is made, and the command says what to do.
func TestAnInvitationThatIsNotSent(t *testing.T) {
	t.Parallel()
	p := database(t)
	p.environ = maps.Clone(p.environ)
	p.environ["MAIL_SERVER"], p.environ["MAIL_PORT"], p.environ["MAIL_USE_TLS"] = "127.0.0.1", "1", "false"
	r := create(t, terminal(), p, "--invite")
	if r.code != exitFailed || r.out != "ann is created; it has no password yet\n" || r.err != "roster: the invitation was not sent; when mail works: roster user reset ann\n" {
		t.Errorf("%+v", r)
	}
	if r := command(t, p.environ, "user", "reset", "ann"); r.code != exitFailed || !strings.HasPrefix(r.err, "roster: the mail was not sent: ") {
		t.Errorf("%+v", r)
	}
}
