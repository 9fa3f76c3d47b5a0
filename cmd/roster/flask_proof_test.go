package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/localdev/handlers"
	"roster/localdev/postgrestest"
	"roster/shared/boot"
)

var flaskLogins = flag.Int("flask-logins", 8, "how many of the 10,000 users of the Flask service log in; make flask logs in all")

// flaskUser is a row of the Flask service's table "user", whose hash Werkzeug has made
// (tools/vectors/werkzeug_users.py). Its password is "password of " and the username.
type flaskUser struct {
	ID        int     `json:"id"`
	Username  string  `json:"username"`
	FirstName string  `json:"first_name"`
	LastName  string  `json:"last_name"`
	Hash      string  `json:"password_hash"`
	Email     string  `json:"email"`
	Role      *string `json:"role"`
	CreatedAt string  `json:"created_at"`
	UpdatedAt string  `json:"updated_at"`
	Active    bool    `json:"active"`
}

func flaskUsers(t *testing.T) (users []flaskUser) {
	t.Helper()
	file, err := os.Open("testdata/flask_users.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := gzip.NewReader(bufio.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(text); d.More(); {
		var u flaskUser
		if err := d.Decode(&u); err != nil {
			t.Fatal(err)
		}
		users = append(users, u)
	}
	return users
}

// originalWith returns the URL of a database of the Flask service with these users.
func originalWith(t *testing.T, users []flaskUser) (url string) {
	t.Helper()
	url = original(t, "")
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	columns := []string{"id", "username", "first_name", "last_name", "password_hash", "email", "created_at", "updated_at", "active"}
	n, err := conn.CopyFrom(t.Context(), pgx.Identifier{"user"}, columns, pgx.CopyFromSlice(len(users), func(i int) ([]any, error) {
		u := users[i]
		created, err := time.Parse(time.DateTime, u.CreatedAt)
		return []any{u.ID, u.Username, u.FirstName, u.LastName, u.Hash, u.Email, created, created, u.Active}, err
	}))
	if err != nil || n != int64(len(users)) {
		t.Fatal(n, err)
	}
	for _, role := range []string{"USER", "ADMIN"} {
		var ids []int
		for _, u := range users {
			if u.Role != nil && *u.Role == role {
				ids = append(ids, u.ID)
			}
		}
		if _, err := conn.Exec(t.Context(), `update "user" set role = '`+role+`' where id = any ($1)`, ids); err != nil {
			t.Fatal(err)
		}
	}
	return url
}

// 10,000 users of the Flask service, with the hashes that four versions of Werkzeug
// wrote, move in by one command. Each logs in with the password that it had, nobody
// resets one, and each login replaces the hash.
func TestUsersOfTheFlaskServiceLogIn(t *testing.T) {
	t.Parallel()
	users := flaskUsers(t)
	if len(users) != 10_000 {
		t.Fatalf("%d users", len(users))
	}
	values, _ := deployment(t, postgrestest.URL(t), map[string]string{
		"LIMIT_LOGIN_NETWORK": "1000000/1h", "LIMIT_LOGIN_ACCOUNT_NETWORK": "1000000/1h",
	})
	from, began := originalWith(t, users), time.Now()
	r := command(t, values, "import", "flask", "--from", from, "--apply")
	if r.code != exitOK || r.out != "rows read  10000\ncreated    10000\n" {
		t.Fatalf("%+v", r)
	}
	t.Logf("%d users imported in %v", len(users), time.Since(began).Round(time.Millisecond))
	for _, sql := range []string{
		`select count(*) from users where role = 'ADMIN'`, `select count(*) from users where password_hash like '$argon2id$%'`,
	} {
		want := map[bool]int{true: 10, false: 0}[strings.Contains(sql, "ADMIN")]
		if n := countRows(t, sql); n != want {
			t.Errorf("%s: %d, want %d", sql, n, want)
		}
	}

	address, logins := serveLogin(t, values), min(*flaskLogins, len(users))
	began = time.Now()
	logInAll(t, address, users[:logins])
	t.Logf("%d of them logged in, in %v", logins, time.Since(began).Round(time.Millisecond))
	for sql, want := range map[string]int{
		`select count(*) from users where last_login_at is not null`:                                      logins,
		`select count(*) from users where password_hash like '$argon2id$%'`:                               logins,
		`select count(*) from users where last_login_at is null and not password_hash like '$argon2id$%'`: len(users) - logins,
		`select count(*) from resets`: 0,
		`select count(*) from audit where 'login_failed' = any (actions) or 'reset_asked' = any (actions)`: 0,
	} {
		if n := countRows(t, sql); n != want {
			t.Errorf("%s: %d, want %d", sql, n, want)
		}
	}
	login(t, address, users[0].Username, passwordOf(users[0])) // by the new hash
}

// serveLogin serves the function login alone, without the deadline of a request, which
// a busy machine may miss.
func serveLogin(t *testing.T, values map[string]string) (address string) {
	t.Helper()
	env := boot.FromMap(values)
	handler := handlers.All(env)["login"]
	if err := env.Check(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(env.Postgres().Close)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func passwordOf(u flaskUser) string { return "password of " + u.Username }

func countRows(t *testing.T, sql string) (n int) {
	t.Helper()
	if err := postgrestest.Pool(t).QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// logInAll logs the users in, as many at a time as there are processors.
func logInAll(t *testing.T, address string, users []flaskUser) {
	t.Helper()
	next := make(chan flaskUser)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for u := range next {
				if _, err := tryLogin(t.Context(), address, u.Username, passwordOf(u)); err != nil {
					t.Errorf("%s (%.20s…): %v", u.Username, u.Hash, err)
				}
			}
		})
	}
	for i, u := range users {
		next <- u
		if i%500 == 499 {
			fmt.Fprintf(os.Stderr, "%d users have logged in\n", i+1)
		}
	}
	close(next)
	wg.Wait()
}
