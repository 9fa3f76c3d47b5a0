package functions_test

import (
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"roster/localdev/awstest"
	"roster/localdev/pgserver"
	"roster/localdev/postgrestest"
	"roster/localdev/programtest"
)

// owner makes a database and a role that owns it and is no superuser, as a
// deployment has them, and returns its URL.
func owner(t *testing.T, server *pgserver.Server, password string) string {
	t.Helper()
	execute(t, server, "CREATE ROLE roster LOGIN PASSWORD '"+password+"'", "CREATE DATABASE roster OWNER roster")
	u, err := url.Parse(server.URL("roster"))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("roster", password)
	return u.String()
}

func execute(t *testing.T, server *pgserver.Server, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, sql := range statements {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// processes are the IDs of the running processes, by function.
func (v *service) processes() map[string][]int {
	numbers := map[string][]int{}
	for folder, f := range v.functions {
		for _, in := range f.Instances() {
			numbers[folder] = append(numbers[folder], in.PID)
		}
		slices.Sort(numbers[folder])
	}
	return numbers
}

// available reports whether an answer is a success. It fails the test for one that
// is neither a success nor a complete 503.
func available(t *testing.T, w *httptest.ResponseRecorder) bool {
	t.Helper()
	if w.Code == 200 {
		return true
	}
	if w.Code != 503 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), `"code":"unavailable"`) {
		t.Fatalf("status %d, Retry-After %q: %s", w.Code, w.Header().Get("Retry-After"), w.Body)
	}
	return false
}

// The database's password changes while the functions run. They read the secret
// again and go on in the same process.
func TestADatabasePasswordIsRotated(t *testing.T) {
	t.Parallel()
	server := postgrestest.Server(t)
	before, after := "before-"+canary, "after-"+canary
	v := newService(t, owner(t, server, before), settings{})
	v.seed(scheduled)
	v.call("POST", "/api/user/register", "", account, 201)
	access := v.login(credentials)
	v.call("GET", "/api/user/user1", access, "", 200)
	processes, reads := v.processes(), v.aws.Calls(awstest.GetSecretValue)

	rotated := strings.Replace(v.secret["DATABASE_URL"], before, after, 1)
	v.setSecret(overlay(v.secret, map[string]string{"DATABASE_URL": rotated}))
	execute(t, server, "ALTER ROLE roster PASSWORD '"+after+"'",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'roster'")

	programtest.Eventually(t, "get_user has the new password", func() bool {
		return available(t, v.send("GET", "/api/user/user1", access, ""))
	})
	programtest.Eventually(t, "seed_admin migrates with it", func() bool {
		_, err := v.functions["seed_admin"].Invoke(t.Context(), []byte(scheduled))
		return err == nil
	})
	programtest.Eventually(t, "login has it", func() bool { return available(t, v.send("POST", "/api/user/login", "", credentials)) })
	if diff := cmp.Diff(processes, v.processes()); diff != "" {
		t.Errorf("processes (-before +after):\n%s", diff)
	}
	if more := v.aws.Calls(awstest.GetSecretValue) - reads; more < 3 {
		t.Errorf("the secret was read again %d times, want once at least by each of three functions", more)
	}
	v.nothingSecretIn(v.log.String(), before, after)
}

func TestADatabaseIsDownAndComesBack(t *testing.T) {
	t.Parallel()
	server := postgrestest.Server(t)
	v := newService(t, owner(t, server, canary), settings{})
	v.seed(scheduled)
	v.call("POST", "/api/user/register", "", account, 201)
	access := v.login(credentials)
	requests := map[string]func() *httptest.ResponseRecorder{
		"health":   func() *httptest.ResponseRecorder { return v.send("GET", "/healthz", "", "") },
		"get_user": func() *httptest.ResponseRecorder { return v.send("GET", "/api/user/user1", access, "") },
		"login":    func() *httptest.ResponseRecorder { return v.send("POST", "/api/user/login", "", credentials) },
		"forget_password": func() *httptest.ResponseRecorder {
			return v.send("POST", "/api/user/forget_password", "", `{"username":"user1","email":"user1@example.com"}`)
		},
		"update_user": func() *httptest.ResponseRecorder {
			return v.send("PUT", "/api/user/user1", access, `{"last_name":"Uno"}`)
		},
	}
	for name, request := range requests {
		if !available(t, request()) {
			t.Fatalf("%s is not available at the beginning", name)
		}
	}
	processes := v.processes()
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	for name, request := range requests {
		for range 2 { // first with a broken connection, then with none
			if available(t, request()) {
				t.Errorf("%s is available without a database", name)
			}
		}
	}
	form := "token=" + strings.Repeat("A", 43) + "&new_password=staple+horse&repeat_password=staple+horse"
	if got := v.send("POST", "/reset_password", "", form); got.Code != 503 {
		t.Errorf("the page answers %d: %s", got.Code, got.Body)
	}
	v.call("GET", "/nowhere", "", "", 404) // these need no database
	v.call("GET", "/openapi.json", "", "", 200)

	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, request := range requests {
		programtest.Eventually(t, name+" is available again", func() bool { return available(t, request()) })
	}
	now := v.processes()
	for folder, numbers := range processes {
		if diff := cmp.Diff(numbers, now[folder]); diff != "" {
			t.Errorf("%s was started again (-before +after):\n%s", folder, diff)
		}
	}
	v.nothingSecretIn(v.log.String(), canary)
}
