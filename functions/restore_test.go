package functions_test

import (
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
	"roster/shared/audit"
	"roster/shared/postgres"
)

// tokensOf are what a client keeps of a session.
type tokensOf struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

func (v *service) session() (t tokensOf) {
	v.t.Helper()
	if err := json.Unmarshal([]byte(v.call("POST", "/api/user/login", "", credentials, 200)), &t); err != nil {
		v.t.Fatal(err)
	}
	return t
}

// copyDatabase makes a copy of a database on the server, as a backup restored
// under another name is one. It ends all connections to the original.
func copyDatabase(t *testing.T, from, name string) {
	t.Helper()
	u, err := url.Parse(from)
	if err != nil {
		t.Fatal(err)
	}
	original := strings.TrimPrefix(u.Path, "/")
	u.Path = "/postgres"
	conn, err := pgx.Connect(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, sql := range []string{
		"select pg_terminate_backend(pid) from pg_stat_activity where datname = '" + original + "'",
		"create database " + name + " template " + original + " owner roster",
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// The story of docs/restore.md on a real PostgreSQL: a backup, then a login, a
// logout, a mailed link, and the restore. Without the step, what had ended is
// alive again. With it nothing of before is.
func TestAfterARestoreAllSessionsEnd(t *testing.T) {
	t.Parallel()
	server := postgrestest.Server(t)
	first := owner(t, server, canary)
	v := newService(t, first, settings{})
	v.seed(scheduled)
	v.call("POST", "/api/user/register", "", account, 201)
	stolen := v.session()
	v.call("POST", "/api/user/forget_password", "", `{"username":"user1","email":"user1@example.com"}`, 200)
	link := v.mailedToken()

	copyDatabase(t, server.URL("roster"), "restored")
	v.call("POST", "/api/user/logout", stolen.Access, "", 200)
	later := v.session() // the backup does not have it
	v.call("GET", "/api/user/me", stolen.Access, "", 401)

	u, err := url.Parse(first)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/restored"
	r := newService(t, u.String(), settings{secret: map[string]string{"ROOT_KEY": v.secret["ROOT_KEY"]}})
	r.call("GET", "/api/user/me", stolen.Access, "", 200) // the restore has undone the logout
	r.call("GET", "/api/user/me", later.Access, "", 401)

	report, err := r.functions["seed_admin"].Invoke(t.Context(), []byte(`{"end_all_sessions":true}`))
	if err != nil || !strings.Contains(string(report), `"ended":{"accounts":2,"sessions":1,"links":2}`) {
		t.Fatalf("%s, %v\n%s", report, err, r.log)
	}
	for name, old := range map[string]tokensOf{"before the backup": stolen, "after the backup": later} {
		if w := r.send("GET", "/api/user/me", old.Access, ""); w.Code != 401 {
			t.Errorf("an access token of %s: %d %s", name, w.Code, w.Body)
		}
		if w := r.send("POST", "/api/user/refresh", "", `{"refresh_token":"`+old.Refresh+`"}`); w.Code != 401 {
			t.Errorf("a refresh token of %s: %d %s", name, w.Code, w.Body)
		}
	}
	if w := r.send("POST", "/api/user/reset_password", "", `{"token":"`+link+`","new_password":"another horse battery"}`); w.Code != 400 {
		t.Errorf("a mailed link of before: %d %s", w.Code, w.Body)
	}
	// Somebody who knows a password logs in, and the new session lives.
	r.call("GET", "/api/user/me", r.session().Access, "", 200)
	r.logHas(`"message":"all sessions ended"`)
	auditLogIsIntact(t, u.String(), "all_sessions_ended")
}

// auditLogIsIntact checks the chains, and that the log has the actions.
func auditLogIsIntact(t *testing.T, databaseURL string, actions ...audit.Action) {
	t.Helper()
	db, err := postgres.Open(t.Context(), databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	v, err := db.VerifyAudit(t.Context(), postgres.Expected{})
	if err != nil || len(v.Altered) > 0 {
		t.Errorf("the audit log: %+v, %v", v, err)
	}
	for _, action := range actions {
		page, err := db.ListAudit(t.Context(), "", audit.Query{Action: action, Limit: 1})
		if err != nil || len(page.Events) != 1 {
			t.Errorf("the log has no %s: %v", action, err)
		}
	}
}

// sqlBlocks are the statements of a page, with their names for values filled in.
func sqlBlocks(t *testing.T, page string, values ...string) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile("../docs/" + page)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split(string(text), "```sql\n")[1:] {
		block, _, _ := strings.Cut(part, "```")
		blocks = append(blocks, strings.NewReplacer(values...).Replace(block))
	}
	return blocks
}

// The statements of docs/restore.md: the first finds the account whose password
// was replaced, and the second takes the old one away.
func TestTheStatementsOfARestore(t *testing.T) {
	t.Parallel()
	v := newService(t, postgrestest.URL(t), settings{})
	v.call("POST", "/api/user/register", "", account, 201)
	old := v.session()
	v.call("POST", "/api/user/change_password", old.Access, `{"current_password":"correct horse battery","new_password":"another horse battery"}`, 200)

	conn, err := pgx.Connect(t.Context(), postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var uuid, actions string
	if err := conn.QueryRow(t.Context(), sqlBlocks(t, "restore.md", "TIME", "2020-01-01")[0]).Scan(&uuid, &actions); err != nil || actions != "password_changed" {
		t.Fatalf("%s, %v", actions, err)
	}
	if tag, err := conn.Exec(t.Context(), sqlBlocks(t, "restore.md", "UUID", uuid)[1]); err != nil || tag.RowsAffected() != 1 {
		t.Fatalf("%v, %v", tag, err)
	}
	for _, password := range []string{"correct horse battery", "another horse battery", ""} {
		if w := v.send("POST", "/api/user/login", "", `{"username":"user1","password":"`+password+`"}`); w.Code == 200 {
			t.Errorf("%q still logs in", password)
		}
	}
	v.call("POST", "/api/user/forget_password", "", `{"username":"user1","email":"user1@example.com"}`, 200)
	v.call("POST", "/api/user/reset_password", "", `{"token":"`+v.mailedToken()+`","new_password":"correct horse battery"}`, 200)
	v.session()
}

// The root key is lost: what is derived from it ends, and passwords go on. The
// keys of access tokens are the same in both services here: TestRotateKeys shows
// that a new ring ends the tokens of the old one.
func TestALostRootKey(t *testing.T) {
	t.Parallel()
	v := newService(t, postgrestest.URL(t), settings{})
	v.call("POST", "/api/user/register", "", account, 201)
	old := v.session()
	v.call("POST", "/api/user/forget_password", "", `{"username":"user1","email":"user1@example.com"}`, 200)
	link := v.mailedToken()

	after := newService(t, postgrestest.URL(t), settings{})
	after.call("POST", "/api/user/refresh", "", `{"refresh_token":"`+old.Refresh+`"}`, 401)
	after.call("POST", "/api/user/reset_password", "", `{"token":"`+link+`","new_password":"another horse battery"}`, 400)
	after.call("GET", "/api/user/me", after.session().Access, "", 200)
}
