package functions_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/localdev/pgserver"
	"roster/localdev/programtest"
)

// flood sends requests to all functions with a database at once. Each function
// runs at most as many processes as DatabaseConnections reserves for it.
type flood struct {
	v          *service
	executions map[string]int
	reset      string // a token in the right form
}

// reserve starts the functions with a database anew, with that many processes.
func (v *service) reserve(level string) flood {
	v.t.Helper()
	f := flood{v, map[string]int{}, v.mailedToken()}
	template := readTemplate(v.t)
	for _, function := range template.Functions {
		n := reserved(v.t, template, function, level)
		if n == 0 {
			continue
		}
		v.functions[function.Folder].Close()
		cfg := v.config(function, nil)
		cfg.MaxInstances = n
		v.functions[function.Folder] = v.run(cfg)
		f.executions[function.Folder] = n
	}
	return f
}

// keep are the functions that keep a connection while they are idle.
func (f flood) keep() map[string]int {
	keeping := map[string]int{}
	for folder, n := range f.executions {
		if folder != "health" && folder != "seed_admin" {
			keeping[folder] = n
		}
	}
	return keeping
}

// one sends a function a request for which it needs the database. Any answer will
// do that is the function's own, a refusal as well.
func (f flood) one(t *testing.T, folder string) {
	t.Helper()
	switch folder {
	case "seed_admin":
		f.v.seed(byHand)
		return
	case "authorizer":
		f.v.verdictOn(f.v.access)
		return
	case "import_users":
		if _, err := f.v.functions[folder].Invoke(t.Context(), []byte(`{"records":[{"username":"ann","first_name":"A","last_name":"B","email":"ann@example.com"}]}`)); err != nil {
			t.Errorf("%s: %v", folder, err)
		}
		return
	}
	call, known := map[string][3]string{ // method and path, token, body
		"audit":           {"GET /api/audit", f.v.access},
		"list_users":      {"GET /api/users", f.v.access},
		"change_password": {"POST /api/user/change_password", f.v.access, `{"current_password":"wrong","new_password":"correct horse battery"}`},
		"create_user":     {"POST /api/users", f.v.access, `{"username":"user3","first_name":"User","last_name":"Three","email":"user3@example.com"}`},
		"send_reset":      {"POST /api/user/user2/reset", f.v.access},
		"update_users":    {"PATCH /api/users", f.v.access, `{"users":[{"username":"user2","active":true}]}`},
		"delete_user":     {"DELETE /api/user/user2", f.v.access},
		"end_session":     {"DELETE /api/user/me/sessions/x", f.v.access},
		"export_user":     {"GET /api/user/me/export", f.v.access},
		"forget_password": {"POST /api/user/forget_password", "", `{"username":"user2","email":"user2@example.com"}`},
		"get_user":        {"GET /api/user/me", f.v.access},
		"health":          {"GET /healthz"},
		"login":           {"POST /api/user/login", "", credentials},
		"logout":          {"POST /api/user/logout", f.v.access, `{"scope":"others"}`},
		"refresh":         {"POST /api/user/refresh", "", `{"refresh_token":"` + f.v.refresh + `"}`},
		"register":        {"POST /api/user/register", "", account},
		"reset_password":  {"POST /api/user/reset_password", "", `{"token":"` + f.reset + `","new_password":"staple correct horse"}`},
		"reset_password_page": {
			"POST /reset_password", "", "token=" + f.reset + "&new_password=battery+staple+horse&repeat_password=battery+staple+horse",
		},
		"sessions":    {"GET /api/user/me/sessions", f.v.access},
		"update_user": {"PUT /api/user/user1", f.v.access, `{"last_name":"Uno"}`},
	}[folder]
	if !known {
		t.Fatalf("%s has a database: add a request to it here", folder)
	}
	method, path, _ := strings.Cut(call[0], " ")
	if w := f.v.send(method, path, call[1], call[2]); w.Code >= http.StatusInternalServerError {
		t.Errorf("%s: status %d: %s", folder, w.Code, w.Body)
	}
}

// fill gives each process a connection, one function after the other. A lock on the
// tables holds a function's requests until all its processes have one.
func (f flood) fill(t *testing.T, server *pgserver.Server) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL("roster"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	want := 0
	for folder, n := range f.keep() {
		tx, err := conn.Begin(t.Context())
		if err == nil {
			_, err = tx.Exec(t.Context(), "LOCK TABLE users, sessions, limits, resets IN ACCESS EXCLUSIVE MODE")
		}
		if err != nil {
			t.Fatal(err)
		}
		f.warm(t, folder)
		var group sync.WaitGroup
		for range n {
			group.Go(func() { f.one(t, folder) })
		}
		want += n
		programtest.Eventually(t, folder+" has its connections", func() bool { return sessions(t, server) >= want })
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		group.Wait()
	}
}

// warm starts a function's processes, so that they connect at the same moment.
func (f flood) warm(t *testing.T, folder string) {
	t.Helper()
	var group sync.WaitGroup
	for range f.executions[folder] {
		group.Go(func() {
			if err := f.v.functions[folder].Warm(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

// run sends that many requests to each function, all functions at once.
func (f flood) run(t *testing.T, requests int) (took time.Duration) {
	t.Helper()
	begin := time.Now()
	var group sync.WaitGroup
	for folder, n := range f.executions {
		for worker := range n {
			group.Go(func() {
				for i := worker; i < requests; i += n {
					f.one(t, folder)
				}
			})
		}
	}
	group.Wait()
	return time.Since(begin)
}
