package functions_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
)

// canaries are all secrets that a deployment may have, each with a value of its
// own.
func canaries(t *testing.T) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, name := range []string{
		"ROOT_KEY", "SECRET_KEY", "JWT_SECRET_KEY", "SECURITY_PASSWORD_SALT", "ADMIN_PASSWORD", "MAIL_USERNAME", "MAIL_PASSWORD",
		"EDGE_SECRET",
	} {
		values[name] = strings.ToLower(strings.ReplaceAll(name, "_", "")) + "-" + canary
	}
	return values
}

// An account lives through the journey and through many bad requests, with a
// canary in every secret. No canary may appear in the log, which is everything
// that the processes write, or in an answer. Answers show only the tokens that
// they are there to give.
func TestNoSecretIsShown(t *testing.T) {
	t.Parallel()
	server := postgrestest.Server(t)
	secrets := canaries(t)
	databaseURL := owner(t, server, "database-"+canary)
	given := map[string]string{ // all requests come from one network
		"LIMIT_FORGET_ACCOUNT": "1000/1h", "LIMIT_FORGET_NETWORK": "1000/1h", "LIMIT_REGISTER_NETWORK": "1000/1h",
		"LIMIT_RESET_NETWORK": "1000/1h", "LIMIT_LOGIN_ACCOUNT_NETWORK": "1000/1h", "LIMIT_LOGIN_NETWORK": "1000/1h",
	}
	for name, value := range secrets {
		if !strings.HasPrefix(name, "MAIL_") { // SES has none
			given[name] = value
		}
	}
	v := newService(t, databaseURL, settings{secret: given, variables: map[string]string{"TRUSTED_PROXIES": "1"}})
	seen := &answers{next: v.gateway}
	v.gateway = seen
	v.seed(scheduled)
	for _, x := range journey {
		x.run(v)
	}
	v.call("POST", "/api/user/register", "", account, 201)
	access := v.login(credentials)
	v.call("POST", "/api/user/forget_password", "", `{"username":"user1","email":"user1@example.com"}`, 200)
	reset := v.mailedToken()
	for _, body := range []string{
		account, credentials, `{"token":"` + reset + `","new_password":"short"}`, `{"token":"` + reset + `"`, "{",
		`{"password":{"a":"correct horse battery"}}`,
	} {
		for _, path := range []string{"register", "login", "forget_password", "reset_password", "user1"} {
			for _, method := range []string{"POST", "PUT"} {
				v.send(method, "/api/user/"+path, access, body)
			}
		}
	}
	for _, header := range []string{given["EDGE_SECRET"], given["EDGE_SECRET"] + "x"} { // as the edge sends it, and a wrong one
		r := httptest.NewRequest("POST", "/api/user/login", strings.NewReader(credentials))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Edge-Secret", header)
		r.Header.Set("X-Forwarded-For", "unknown")
		v.gateway.ServeHTTP(httptest.NewRecorder(), r)
	}
	v.send("GET", "/api/user/user1", access+"x", "")
	v.send("GET", "/api/user/"+reset, access, "")
	hidden := append(hashes(t, databaseURL), "correct horse", "staple", "database-"+canary)
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	for _, call := range []string{
		"GET /api/user/user1", "PUT /api/user/user1", "POST /api/user/login", "POST /api/user/reset_password", "GET /healthz",
	} {
		method, path, _ := strings.Cut(call, " ")
		v.send(method, path, access, map[string]string{"PUT": `{"first_name":"U"}`, "POST": credentials}[method])
	}

	for _, value := range given {
		hidden = append(hidden, encodings(value)...)
	}
	v.logHas("X-Forwarded-For has no address", "a request without the edge's secret")
	v.nothingSecretIn(seen.all.String(), hidden...)
	v.nothingSecretIn(v.log.String(), append(hidden, access, v.access, reset)...)
	if n := strings.Count(v.log.String(), "\n"); n < 100 {
		t.Errorf("the log has %d lines only", n)
	}
}

// When the mail server cannot be reached, the log says so, without its password
// and without the address and the token in the mail.
func TestNoSecretIsShownWhenMailFails(t *testing.T) {
	t.Parallel()
	secrets := canaries(t)
	secrets["MAIL_SERVER"], secrets["MAIL_PORT"], secrets["MAIL_USE_TLS"] = "127.0.0.1", "1", "true"
	v := newService(t, postgrestest.URL(t), settings{secret: secrets})
	v.call("POST", "/api/user/register", "", account, 201)
	got := v.call("POST", "/api/user/forget_password", "", `{"username":"user1","email":"user1@example.com"}`, 200)
	if !strings.Contains(v.log.String(), "a mail was not sent") {
		t.Errorf("the log does not say that the mail failed:\n%s", v.log)
	}
	for _, name := range []string{"MAIL_SERVER", "MAIL_PORT", "MAIL_USE_TLS"} {
		delete(v.secret, name) // no secrets
	}
	v.nothingSecretIn(got)
	v.nothingSecretIn(v.log.String(), "user1@example.com", "token=")
	if found := regexp.MustCompile(`[A-Za-z0-9_-]{43}`).FindString(strings.ReplaceAll(v.log.String(), canary, "")); found != "" {
		t.Errorf("the log has what could be a reset token, %s:\n%s", found, v.log)
	}
}

// encodings are a secret as it is, and in forms in which it could be shown
// unnoticed.
func encodings(secret string) []string {
	return []string{
		secret, url.QueryEscape(secret), hex.EncodeToString([]byte(secret)), fmt.Sprint([]byte(secret)),
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
	}
}

// hashes are the stored hashes of passwords and tokens.
func hashes(t *testing.T, databaseURL string) (all []string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), `select password_hash from users union all select encode(hash, 'hex') from resets`)
	if err != nil {
		t.Fatal(err)
	}
	if all, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil || len(all) < 3 {
		t.Fatalf("%d hashes are stored, %v", len(all), err)
	}
	return all
}

// answers records every answer.
type answers struct {
	next http.Handler
	all  bytes.Buffer
}

func (a *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	got := httptest.NewRecorder()
	a.next.ServeHTTP(got, r)
	fmt.Fprintln(&a.all, r.Method, r.Pattern, got.Code, got.Header())
	a.all.Write(got.Body.Bytes())
	for name, values := range got.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(got.Code)
	_, _ = w.Write(got.Body.Bytes())
}
