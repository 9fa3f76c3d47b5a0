package main

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"roster/localdev/postgrestest"
)

// The session that a command begins with a password ends with it, and neither the
// password nor a token is shown.
func TestALoginForOneCommand(t *testing.T) {
	t.Parallel()
	p := service(t)
	sessions := func() (n int) {
		if err := postgrestest.Pool(t).QueryRow(t.Context(), `select count(*) from sessions`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := sessions()
	r := at(t, terminal(bossPassword), nil, "user", "show", boss, "--url", p.address, "--username", boss)
	if r.code != exitOK || !strings.HasPrefix(r.out, "username      admin\n") || r.err != "Password of admin at "+p.address+": \n" {
		t.Errorf("%+v", r)
	}
	r = at(t, terminal(bossPassword), map[string]string{"ROSTER_USERNAME": boss}, "user", "show", "bob", "--url", p.address)
	if r.code != exitFailed || !strings.HasSuffix(r.err, "\nroster: User not found.\n") {
		t.Errorf("a command that fails: %+v", r)
	}
	if after := sessions(); after != before {
		t.Errorf("%d sessions before, %d after", before, after)
	}
	r = at(t, terminal("wrong password"), nil, "user", "show", boss, "--url", p.address, "--username", boss)
	if r.code != exitFailed || !strings.Contains(r.err, "roster: ") || strings.Contains(r.err, "wrong password\n") || strings.Contains(r.err, "expired") {
		t.Errorf("a wrong password: %+v", r)
	}
}

func TestAPlaceIsNamedOnce(t *testing.T) {
	t.Parallel()
	const url, dsn = "https://accounts.example.com", "postgres://u:hunter2@127.0.0.1:1/d?sslmode=disable"
	for name, c := range map[string]struct {
		environ map[string]string
		args    []string
		code    int
		want    string
	}{
		"nowhere":           {nil, nil, exitUsage, "no Roster is given; give --url (or ROSTER_URL) for a deployed one, or --database (or DATABASE_URL) for a database"},
		"two flags":         {nil, []string{"--url", url, "--database", dsn}, exitUsage, "--url and --database name two places; give one of them"},
		"two variables":     {map[string]string{"ROSTER_URL": url, "DATABASE_URL": dsn}, nil, exitUsage, "ROSTER_URL names a deployment, and the variables name a database, too"},
		"no token":          {nil, []string{"--url", url}, exitFailed, "no access token is given; set ROSTER_TOKEN, or give --username to log in"},
		"no terminal":       {nil, []string{"--url", url, "--username", "boss"}, exitFailed, "there is no terminal to ask for the password on; set ROSTER_TOKEN"},
		"two ways":          {nil, []string{"--url", url, "--username", "boss", "--token", "t"}, exitUsage, "--token and --username are two ways to log in; give one of them"},
		"no URL":            {nil, []string{"--url", "accounts", "--token", "t"}, exitFailed, "the URL of the deployment must look like https://accounts.example.com"},
		"without TLS":       {nil, []string{"--url", "http://accounts.example.com", "--token", "t"}, exitFailed, "the URL of the deployment must begin with https://"},
		"no such database":  {nil, []string{"--database", dsn}, exitFailed, "the database does not answer as it should: "},
		"the flag counts":   {map[string]string{"ROSTER_URL": url, "ROSTER_TOKEN": "t"}, []string{"--database", dsn}, exitFailed, "the database does not answer as it should: "},
		"the secret counts": {map[string]string{"SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:1:secret:x"}, []string{"--database", dsn}, exitUsage, "--database and SECRET_ARN both name a database; give one of them"},
		"nobody listens":    {nil, []string{"--url", "http://127.0.0.1:1", "--token", "t"}, exitFailed, "http://127.0.0.1:1 cannot be reached: "},
	} {
		r := command(t, c.environ, append([]string{"user", "show", "ann"}, c.args...)...)
		if r.fails(t, c.code, c.want); strings.Contains(r.err, "hunter2") {
			t.Errorf("%s: it shows the password: %s", name, r.err)
		}
	}
}

// What a deployment refuses, in a sentence that says what to do.
func TestRefusalsOfADeployment(t *testing.T) {
	t.Parallel()
	p := service(t)
	add(t, "zebra kite moon", "ann")
	as := func(token string) map[string]string {
		environ := maps.Clone(p.environ)
		environ["ROSTER_TOKEN"] = token
		return environ
	}
	const expired = "the access token is not accepted: it has expired, or its session has ended. Get a new one, or give --username to log in"
	command(t, as("nonsense"), "user", "show", "ann").fails(t, exitFailed, expired)
	ended := login(t, p.address, "ann", "zebra kite moon")
	command(t, as(ended), "user", "show", boss).fails(t, exitFailed, "this account may not do that; use one with the role ADMIN")
	if r := command(t, p.environ, "user", "deactivate", "ann"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	command(t, as(ended), "user", "show", "ann").fails(t, exitFailed, expired)
	command(t, p.environ, "user", "show", "ann", "--url", p.address+"/api").fails(t, exitFailed, "there is no GET /api/user/ann at this URL; check the URL, or this Roster is an older version")
}

// A URL that leads somewhere else is recognised, and gets no second request.
func TestAURLThatIsNotRosters(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"a page":     {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, "answered something that is not Roster's JSON; check the URL"},
		"not found":  {http.NotFound, "the answer is not Roster's (status 404); check the URL"},
		"a redirect": {http.RedirectHandler("https://elsewhere.example.com/", http.StatusFound).ServeHTTP, "the URL leads on to https://elsewhere.example.com/; give the address there, if it is Roster's"},
		"an outage":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, "the answer is not Roster's (status 502); check the URL"},
		"a hang-up":  {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "cannot be reached: "},
	} {
		server := httptest.NewServer(c.answer)
		r := command(t, nil, "user", "show", "ann", "--url", server.URL, "--token", "secret-token")
		server.Close()
		if r.code != exitFailed || !strings.Contains(r.err, c.want) || strings.Contains(r.err, "secret-token") {
			t.Errorf("%s: %+v, want %q", name, r, c.want)
		}
	}
}

// A limit says how long to wait.
func TestALimitSaysHowLongToWait(t *testing.T) {
	t.Parallel()
	p := service(t)
	add(t, "zebra kite moon", "ann")
	var r result
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		r = at(t, terminal("a wrong one"), nil, "user", "show", "ann", "--url", p.address, "--username", "ann")
		if strings.Contains(r.err, "Wait ") {
			return
		}
	}
	t.Errorf("%+v", r)
}

// An ADMIN may take away its own rights: the session that ends with them is no failure.
func TestAnAdminDemotesItself(t *testing.T) {
	t.Parallel()
	for verb, want := range map[string]string{"set-role ann USER": "ann is now a USER\n", "deactivate ann": "ann is now deactivated\n", "delete ann --yes": "ann is deleted; its UUID was " + uuidOf("ann") + "\n"} {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			p := service(t)
			add(t, "zebra kite moon", "ann")
			if r := command(t, p.environ, "user", "set-role", "ann", "ADMIN"); r.code != exitOK {
				t.Fatalf("%+v", r)
			}
			args := append([]string{"user"}, strings.Fields(verb)...)
			r := at(t, terminal("zebra kite moon"), nil, append(args, "--url", p.address, "--username", "ann")...)
			if r.code != exitOK || r.out != want {
				t.Errorf("%+v", r)
			}
		})
	}
}
