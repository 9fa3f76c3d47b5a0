package main

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"

	"roster/shared/credential/password"
)

// group is what an endpoint answers with one status, and must not tell apart.
type group struct {
	title, path string
	answered    int
	hashes      bool                         // in each answer, so that there are fewer rounds
	prepare     func(*testing.T, *timingLab) // once
	before      string                       // SQL before each round, out of the measured time and for all classes alike
	classes     []class
}

// class is one kind of account, or of input.
type class struct {
	name   string
	bodies []string // one after the other, round by round
	sameAs string   // classes with the same word are answered with the same bytes
	// longRunOnly is left out of a short run, and apart is shown and not judged: another
	// answer, or what SECURITY.md says can be told apart.
	longRunOnly, notJudged bool
	other                  int // status, where it is not the group's
}

func (c class) status(g group) int {
	if c.other != 0 {
		return c.other
	}
	return g.answered
}

const (
	rightPassword = "a right password"
	wrongPassword = "a wrong password"
)

// The names have three letters each, so that the requests have one length. None
// is called zoe, zac or new.
var accounts = []struct {
	name   string
	active bool
	hash   string // "right" is one of today's, of rightPassword
}{
	{"ann", true, "right"},
	{"eve", true, "right"},
	{"ina", false, "right"},
	{"nop", true, ""},
	{"mdc", true, "$1$pZNyWDJL$e1a.sTvR7x9JHUdhK2.EU1"},
	{"cut", true, "$2y$10$abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"},
	{"sha", true, "sha1$0123456789abcdef$" + strings.Repeat("0123456789", 4)},
	{"scr", true, "scrypt:32768:8:1$0123456789abcdef$" + strings.Repeat("0123456789abcdef", 8)},
	{"old", true, "old"},
}

func (l *timingLab) accounts(t *testing.T) {
	t.Helper()
	hasher := password.NewHasher("")
	for _, a := range accounts {
		switch a.hash {
		case "right":
			a.hash = hasher.Hash(rightPassword)
		case "old": // what the reference program of argon2 takes when it is told nothing
			salt := []byte("0123456789abcdef")
			a.hash = fmt.Sprintf("$argon2id$v=19$m=4096,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$%s", base64.RawStdEncoding.EncodeToString(argon2.IDKey([]byte(rightPassword), salt, 3, 4096, 1, 32)))
		}
		l.exec(t, `insert into users (uuid, username, first_name, last_name, email, password_hash, active, created_at, updated_at)
			values (gen_random_uuid(), $1, 'A', 'B', $1 || '@example.com', $2, $3, now(), now())`, a.name, a.hash, a.active)
	}
}

func login(names ...string) (bodies []string) {
	for _, name := range names {
		bodies = append(bodies, loginWith(name, wrongPassword))
	}
	return bodies
}

func loginWith(name, password string) string {
	return fmt.Sprintf(`{"username":%q,"password":%q}`, name, password)
}

func forget(name, whose string) []string {
	return []string{fmt.Sprintf(`{"username":%q,"email":%q}`, name, whose+"@example.com")}
}

func register(name, whose string) []string {
	return []string{fmt.Sprintf(`{"username":%q,"first_name":"Zoe","last_name":"Lee","email":%q,"password":%q}`, name, whose+"@example.com", rightPassword)}
}

// These values are only a little too long. A longer one takes longer to read, and
// that time tells nothing about accounts.
var (
	overLongName     = strings.Repeat("x", 64)
	overLongPassword = strings.Repeat("x", password.MaxLength+1)
)

const resetLimits = `delete from limits`

var groups = []group{
	{
		title: "login refused", path: "/api/user/login", answered: http.StatusUnauthorized, hashes: true, before: resetLimits,
		classes: []class{
			{name: "unknown name", bodies: login("zoe")},
			{name: "wrong password", bodies: login("ann")},
			{name: "inactive, right password", bodies: []string{loginWith("ina", rightPassword)}},
			{name: "no password set", bodies: login("nop")},
			{name: "unusable hash (MD5-crypt, cut off)", bodies: login("mdc", "cut")},
			{name: "cheap imported hash (salted SHA-1)", bodies: login("sha")},
			{name: "impossible name", bodies: login("a/b")},
			{name: "over-long name", bodies: login(overLongName)},
			{name: "over-long password", bodies: []string{loginWith("ann", overLongPassword)}},
			{name: "older, cheaper argon2id hash", bodies: login("old"), longRunOnly: true, notJudged: true},
			{name: "expensive imported hash (scrypt)", bodies: login("scr"), longRunOnly: true, notJudged: true},
		},
	},
	{
		title: "login after too many tries", path: "/api/user/login", answered: http.StatusTooManyRequests, prepare: exhaustLimits,
		before: `update limits set until = now() + interval '15 minutes' where backoff`,
		classes: []class{
			{name: "waiting, known", bodies: login("ann"), sameAs: "wait"},
			{name: "waiting, unknown", bodies: login("zoe"), sameAs: "wait"},
			{name: "disabled, known", bodies: login("eve"), sameAs: "disabled"},
			{name: "disabled, unknown", bodies: login("zac"), sameAs: "disabled"},
		},
	},
	{
		title: "forget_password", path: "/api/user/forget_password", answered: http.StatusOK, before: resetLimits + `; delete from resets`,
		classes: []class{
			{name: "unknown name and e-mail", bodies: forget("zoe", "zoe")},
			{name: "known name, unknown e-mail", bodies: forget("ann", "zoe")},
			{name: "unknown name, known e-mail", bodies: forget("zoe", "ann")},
			{name: "known name, another's e-mail", bodies: forget("eve", "ann")},
			{name: "inactive", bodies: forget("ina", "ina")},
			{name: "impossible name", bodies: forget("a/b", "ann")},
			{name: "over-long name", bodies: forget(overLongName, "ann")},
			{name: "unknown name alone", bodies: []string{`{"username":"zoe"}`}, sameAs: "name alone"},
			{name: "inactive name alone", bodies: []string{`{"username":"ina"}`}, sameAs: "name alone"},
			{name: "unknown e-mail alone", bodies: []string{`{"email":"zoe@example.com"}`}, sameAs: "e-mail alone"},
			{name: "inactive e-mail alone", bodies: []string{`{"email":"ina@example.com"}`}, sameAs: "e-mail alone"},
			{name: "fits: a mail is sent", bodies: forget("ann", "ann"), longRunOnly: true, notJudged: true},
		},
	},
	{
		title: "register what is taken", path: "/api/user/register", answered: http.StatusConflict,
		hashes: true, before: resetLimits + `; delete from users where username = 'new'`,
		classes: []class{
			{name: "name taken, active", bodies: register("ann", "zoe"), sameAs: "username"},
			{name: "name taken, inactive", bodies: register("ina", "zoe"), sameAs: "username"},
			{name: "e-mail taken, active", bodies: register("zoe", "ann"), sameAs: "email"},
			{name: "e-mail taken, inactive", bodies: register("zoe", "ina"), sameAs: "email"},
			{name: "both taken", bodies: register("ann", "ann"), sameAs: "both", longRunOnly: true},
			{name: "created", bodies: register("new", "new"), longRunOnly: true, notJudged: true, other: http.StatusCreated},
		},
	},
}

// exhaustLimits brings accounts into waits, and into the state after a hundred wrong
// passwords in a row, without as many hashes. Tries that are refused change
// nothing of that.
func exhaustLimits(t *testing.T, l *timingLab) {
	l.exec(t, resetLimits)
	for name, inARow := range map[string]int{"ann": 20, "zoe": 20, "eve": 100, "zac": 100} {
		a, err := l.client.do("POST", jsonBody("POST", "/api/user/login", loginWith(name, wrongPassword)).keepAliveBytes())
		if err != nil || a.status != http.StatusUnauthorized {
			t.Fatalf("%v, %v", a, err)
		}
		l.exec(t, `update limits set taken = $1, in_a_row = $1 where backoff and in_a_row = 1`, inARow)
	}
}
