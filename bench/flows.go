package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// A flow is one kind of request. It makes a client of one subject; n numbers the
// clients from 0.
type flow struct {
	name    string
	clients []int // how many at once, each measured on its own
	roster  func(s *subject, n int) (client, error)
	limit   func(s *subject, n int) (client, error)
}

var flows = []flow{
	{"GET", []int{1, 16}, rosterGet, limitGet},
	{"login", []int{1}, rosterLogin, limitLogin},
	{"register", []int{1}, rosterRegister, limitRegister},
	{"refresh", []int{1}, rosterRefresh, limitRefresh},
}

const password = "correct horse battery"

// mustEncode returns the JSON of a map of strings, which cannot fail.
func mustEncode(members map[string]string) []byte {
	b, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return b
}

func bearer(token string) map[string]string {
	return map[string]string{"Authorization": "Bearer " + token}
}

func newAccount(username string) []byte {
	return mustEncode(map[string]string{
		"username": username, "first_name": "User", "last_name": "Number", "email": username + "@example.com", "password": password,
	})
}

// unique is a new username.
func unique() string { return "u" + strings.ToLower(rand.Text()) }

// tokens are what login and refresh answer, of both subjects.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Device  string `json:"device_token"`
}

// once sends one call before the measurement.
func once(s *subject, c call) error {
	ctx, cancel := timeout()
	defer cancel()
	_, err := send(ctx, http.DefaultTransport, s.url, func() (call, error) { return c, nil })
	return err
}

// Roster's.

const userPath = "/api/user/"

func rosterLoginCall(username string, t *tokens) call {
	c := call{
		method: "POST", path: userPath + "login", status: http.StatusOK,
		body: mustEncode(map[string]string{"username": username, "password": password}),
		read: func(b []byte) error { return json.Unmarshal(b, t) },
	}
	if t.Device != "" {
		c.header = map[string]string{"Device-Token": t.Device}
	}
	return c
}

// rosterAccount registers an account and logs in.
func rosterAccount(s *subject) (username string, t tokens, err error) {
	username = unique()
	err = once(s, call{method: "POST", path: userPath + "register", status: http.StatusCreated, body: newAccount(username)})
	if err == nil {
		err = once(s, rosterLoginCall(username, &t))
	}
	return username, t, err
}

func rosterGet(s *subject, _ int) (client, error) {
	username, t, err := rosterAccount(s)
	c := call{method: "GET", path: userPath + username, status: http.StatusOK, header: bearer(t.Access)}
	return func() (call, error) { return c, nil }, err
}

// accountsOfLogins is how many accounts log in by turns, as in life.
const accountsOfLogins = 25

func rosterLogin(s *subject, _ int) (client, error) {
	var usernames [accountsOfLogins]string
	var devices [accountsOfLogins]tokens
	for i := range usernames {
		var err error
		if usernames[i], devices[i], err = rosterAccount(s); err != nil {
			return nil, err
		}
	}
	n := 0
	return func() (call, error) {
		n = (n + 1) % accountsOfLogins
		return rosterLoginCall(usernames[n], &devices[n]), nil
	}, nil
}

func rosterRegister(*subject, int) (client, error) {
	return func() (call, error) {
		return call{method: "POST", path: userPath + "register", status: http.StatusCreated, body: newAccount(unique())}, nil
	}, nil
}

func rosterRefresh(s *subject, _ int) (client, error) {
	_, t, err := rosterAccount(s)
	return refreshes(userPath+"refresh", &t), err
}

// refreshes uses each refresh token for the next one.
func refreshes(path string, t *tokens) client {
	return func() (call, error) {
		return call{
			method: "POST", path: path, status: http.StatusOK, body: mustEncode(map[string]string{"refresh_token": t.Refresh}),
			read: func(b []byte) error { return json.Unmarshal(b, t) },
		}, nil
	}
}

// The limit's.

func limitLoginCall(n int, t *tokens) call {
	c := call{
		method: "POST", path: "/login", status: http.StatusOK,
		body: mustEncode(map[string]string{"username": fmt.Sprint("user", n), "password": password}),
	}
	if t != nil {
		c.read = func(b []byte) error { return json.Unmarshal(b, t) }
	}
	return c
}

func limitGet(s *subject, n int) (client, error) {
	var t tokens
	err := once(s, limitLoginCall(n, &t))
	c := call{method: "GET", path: fmt.Sprint("/user/user", n), status: http.StatusOK, header: bearer(t.Access)}
	return func() (call, error) { return c, nil }, err
}

func limitLogin(*subject, int) (client, error) {
	n := 0
	return func() (call, error) {
		n = (n + 1) % accountsOfLogins
		return limitLoginCall(n, nil), nil
	}, nil
}

func limitRegister(*subject, int) (client, error) {
	return func() (call, error) {
		return call{method: "POST", path: "/register", status: http.StatusOK, body: newAccount(unique())}, nil
	}, nil
}

// limitRefresh begins with an account of its own, whose first refresh token is its
// name and a dot.
func limitRefresh(s *subject, _ int) (client, error) {
	username := unique()
	err := once(s, call{method: "POST", path: "/register", status: http.StatusOK, body: newAccount(username)})
	return refreshes("/refresh", &tokens{Refresh: username + "."}), err
}
