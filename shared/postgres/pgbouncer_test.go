package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"roster/localdev/pgserver"
	"roster/localdev/postgrestest"
	"roster/shared/postgres"
	"roster/shared/postgres/dburl"
	"roster/shared/postgres/migrations"
	"roster/shared/user"
)

// pgbouncer starts one in transaction mode before a server, with two connections
// to it for all clients, and returns its address.
func pgbouncer(t *testing.T, server *pgserver.Server, settings string) (address string) {
	t.Helper()
	binary := findPgbouncer(t)
	u, err := url.Parse(server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	dir := t.TempDir()
	users, ini := filepath.Join(dir, "users.txt"), filepath.Join(dir, "pgbouncer.ini")
	text := fmt.Sprintf("[databases]\n* = host=127.0.0.1 port=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\n"+
		"auth_type = trust\nauth_file = %s\npool_mode = transaction\ndefault_pool_size = 2\nmax_client_conn = 500\n%s\n", u.Port(), port, users, settings)
	for path, content := range map[string]string{users: `"ann" "secret"` + "\n", ini: text} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{ini}
	if os.Getuid() == 0 { // which PgBouncer refuses to be
		args = []string{"-u", "nobody", ini}
		if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(binary, args...)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("PgBouncer's log:\n%s", &log)
		}
	})
	address = fmt.Sprintf("127.0.0.1:%d", port)
	for end := time.Now().Add(20 * time.Second); ; {
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close()
			return address
		} else if time.Now().After(end) {
			t.Fatalf("PgBouncer does not start: %v", err)
		}
	}
}

// findPgbouncer skips the test where there is none, but not in CI, which
// installs it.
func findPgbouncer(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("there is no pgbouncer; CI installs it")
	}
	t.Skip("there is no pgbouncer on this machine")
	return ""
}

// pooled starts PgBouncer before a server with our schema and the functions'
// role ann.
func pooled(t *testing.T, settings string) (server *pgserver.Server, address string) {
	t.Helper()
	server = postgrestest.Server(t)
	run(t, server, "create role ann login password 'secret'")
	owner, err := url.Parse(server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := migrations.Up(t.Context(), owner.String(), dburl.Access{}); err != nil {
		t.Fatal(err)
	}
	functions := *owner
	functions.User = url.UserPassword("ann", "secret")
	if err := migrations.Grant(t.Context(), owner.String(), functions.String(), dburl.Access{}); err != nil {
		t.Fatal(err)
	}
	return server, pgbouncer(t, server, settings)
}

var pooledRounds = flag.Int("pooled", 20, "rounds of each of the 16 sandboxes of TestPgBouncer, of three statements each")

// Through PgBouncer in transaction mode, where each statement may run in another
// session: 16 sandboxes share two sessions, and each must find its own statements.
func TestPgBouncer(t *testing.T) {
	t.Parallel()
	server, address := pooled(t, "")
	var wrong atomic.Int32
	dbs := make([]*postgres.DB, 16)
	for i := range dbs {
		dbs[i] = openAsAnn(t, address, "")
	}
	concurrently(len(dbs), func(i int) {
		for n := range *pooledRounds {
			u := account(fmt.Sprintf("user%d_%d", i, n))
			if _, taken, err := dbs[i].CreateUser(t.Context(), user.NewAccount{User: u}, event); err != nil || taken.Any() {
				t.Errorf("create: %+v, %v", taken, err)
				return
			}
			if err := write(t.Context(), dbs[i], fmt.Sprint("sandbox ", i, ", thousand ", n/1000)); err != nil {
				t.Error(err)
			}
			if got, err := dbs[i].UserByUsername(t.Context(), u.Username); err != nil || got == nil || got.UUID != u.UUID {
				wrong.Add(1)
				t.Errorf("%s: %+v, %v", u.Username, got, err)
			}
		}
		if err := dbs[i].Ping(t.Context()); err != nil {
			t.Error(err)
		}
	})
	rounds := len(dbs) * *pooledRounds
	t.Logf("%d statements", 3*rounds)
	if n := wrong.Load(); n > 0 {
		t.Errorf("%d of %d answers were another's", n, rounds)
	}
	run(t, server, fmt.Sprintf(`do $$ begin
		assert (select count(*) from users) = %[1]d and (select sum(taken) from limits) = %[1]d, 'something was done twice, or not at all';
		assert (select count(*) from pg_stat_activity where usename = 'ann') between 1 and 2, 'PgBouncer does not share its sessions';
	end $$`, rounds))
	if v, err := dbs[0].VerifyAudit(t.Context(), postgres.Expected{}); err != nil || len(v.Altered) > 0 || v.Rows != rounds {
		t.Errorf("the audit log: %+v, %v", v, err)
	}
}

// What keeps a connection healthy works there, too: the role's timeouts, the
// check of an idle connection, and PostgreSQL's end of idle sessions, which
// PgBouncer gets to see and its clients do not.
func TestPgBouncerKeepsTimeouts(t *testing.T) {
	t.Parallel()
	server, address := pooled(t, "")
	conn, err := pgx.Connect(t.Context(), "postgres://ann@"+address+"/postgres?sslmode=disable&default_query_exec_mode=exec")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	var statement, idle string
	const show = "select current_setting('statement_timeout'), current_setting('idle_session_timeout')"
	if err := conn.QueryRow(t.Context(), show).Scan(&statement, &idle); err != nil || statement != "2s" || idle != "30s" {
		t.Errorf("timeouts %q and %q, %v", statement, idle, err)
	}
	if postgres.IsBroken(t.Context(), pgxpool.ShouldPingParams{Conn: conn, IdleDuration: time.Hour}) {
		t.Error("a living connection is taken for dead")
	}
	// Longer than a busy machine takes from one statement to the next: a session that ends while PgBouncer hands it on is another matter.
	run(t, server, "alter role ann in database postgres set idle_session_timeout = '300ms'",
		"do $$ begin perform pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'ann'; end $$")
	db := openAsAnn(t, address, "")
	for n := range 5 {
		if err := write(t.Context(), db, fmt.Sprint(n)); err != nil {
			t.Error(err)
		}
		awaitNoSession(t, server)
	}
}

// awaitNoSession waits until PostgreSQL has ended all sessions of ann.
func awaitNoSession(t *testing.T, server *pgserver.Server) {
	t.Helper()
	run(t, server, `do $$ begin
		for i in 1..1000 loop
			perform pg_stat_clear_snapshot();
			if not exists (select from pg_stat_activity where usename = 'ann') then return; end if;
			perform pg_sleep(0.01);
		end loop;
		raise 'the session goes on';
	end $$`)
}

// Why statements are given up that a pooler loses: before its version 1.21 PgBouncer
// loses prepared ones. If this test fails on a newer one, that is the reason;
// docs/database.md says so.
func TestPgBouncerLosesPreparedStatements(t *testing.T) {
	t.Parallel()
	if major, minor := pgbouncerVersion(t); major > 1 || minor >= 21 {
		t.Skipf("PgBouncer %d.%d can keep prepared statements", major, minor)
	}
	_, address := pooled(t, "")
	lost := map[string]int{}
	var mu sync.Mutex
	concurrently(16, func(int) {
		conn, err := pgx.Connect(t.Context(), "postgres://ann@"+address+"/postgres?sslmode=disable&default_query_exec_mode=cache_statement")
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close(context.Background())
		for n := range 20 {
			var one int
			err := conn.QueryRow(t.Context(), fmt.Sprintf("select $1::int + %d", n%3), 1).Scan(&one)
			var pg *pgconn.PgError
			if errors.As(err, &pg) {
				mu.Lock()
				lost[pg.Code]++
				mu.Unlock()
			}
		}
	})
	if lost["26000"]+lost["42P05"] == 0 { // invalid_sql_statement_name, duplicate_prepared_statement
		t.Errorf("no prepared statement was lost: %v", lost)
	}
}

func pgbouncerVersion(t *testing.T) (major, minor int) {
	t.Helper()
	out, err := exec.Command(findPgbouncer(t), "--version").Output()
	m := regexp.MustCompile(`PgBouncer (\d+)\.(\d+)`).FindStringSubmatch(string(out))
	if err != nil || m == nil {
		t.Fatalf("%q, %v", out, err)
	}
	major, _ = strconv.Atoi(m[1])
	minor, _ = strconv.Atoi(m[2])
	return major, minor
}
