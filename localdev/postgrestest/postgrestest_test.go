package postgrestest_test

import (
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
)

// withoutMainVariable makes the test program one whose TestMain forgets Main.
const withoutMainVariable = "POSTGRESTEST_WITHOUT_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(withoutMainVariable) != "" {
		os.Exit(m.Run())
	}
	os.Exit(postgrestest.Main(m))
}

const insertUser = `INSERT INTO users (uuid, username, first_name, last_name, email, password_hash, created_at, updated_at)
	VALUES (gen_random_uuid(), $1, 'A', 'B', $1 || '@example.com', '', now(), now()) RETURNING id`

func TestOneDatabaseForOneTest(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	if _, err := pool.Exec(t.Context(), insertUser, "ann"); err != nil {
		t.Fatal(err)
	}
	if err := postgrestest.Open(t).Ping(t.Context()); err != nil {
		t.Error(err)
	}
	conn := dial(t, postgrestest.URL(t))
	if got := text(t, conn, "SELECT username FROM users"); got != "ann" {
		t.Errorf("got %q", got)
	}
	if postgrestest.Pool(t) != pool {
		t.Error("another pool at the second call")
	}
	t.Run("subtest", func(t *testing.T) {
		if got := text(t, dial(t, postgrestest.URL(t)), "SELECT count(*)::text FROM users"); got != "0" {
			t.Errorf("a subtest sees %s rows", got)
		}
	})
}

// The database of a test is as a function finds it, timeouts included.
func TestTheDatabaseIsAsDeployed(t *testing.T) {
	t.Parallel()
	conn := dial(t, postgrestest.FunctionsURL(t))
	for setting, want := range map[string]string{"statement_timeout": "2s", "lock_timeout": "200ms"} {
		if got := text(t, conn, "SHOW "+setting); got != want {
			t.Errorf("%s is %s, want %s", setting, got, want)
		}
	}
}

func TestTheDatabaseIsEmptyForEachTest(t *testing.T) {
	t.Parallel()
	used := make(map[string]bool)
	for range 8 {
		t.Run("", func(t *testing.T) {
			used[postgrestest.URL(t)] = true
			conn := dial(t, postgrestest.URL(t))
			var id int
			if err := conn.QueryRow(t.Context(), insertUser, "ann").Scan(&id); err != nil {
				t.Fatal(err)
			}
			if id != 1 {
				t.Errorf("the first id is %d", id)
			}
			if _, err := conn.Exec(t.Context(), "INSERT INTO resets VALUES (sha256(''), 1, now(), now())"); err != nil {
				t.Fatal(err)
			}
			if got := text(t, conn, "SELECT concat(count(*), ' ', max(version_id)) FROM roster_migrations"); strings.HasPrefix(got, "0") {
				t.Errorf("the migrations' own book is %q", got)
			}
		})
	}
	if len(used) == 8 {
		t.Error("no database was used twice")
	}
}

func TestDatabaseInDoubtIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t, after *testing.T, url string){
		"connection left open": func(t, after *testing.T, url string) {
			run(t, dial(after, url), "BEGIN; LOCK TABLE users")
		},
		"schema changed": func(t, after *testing.T, url string) {
			run(t, dial(t, url), "ALTER TABLE users ADD COLUMN spoilt int")
		},
		"index removed": func(t, after *testing.T, url string) {
			run(t, dial(t, url), "DROP INDEX users_email_key")
		},
	} {
		t.Run(name, func(after *testing.T) {
			after.Parallel()
			var used string
			after.Run("test", func(t *testing.T) {
				used = postgrestest.URL(t)
				spoil(t, after, used)
			})
			if exists(after, used) {
				after.Errorf("%s is still there", used)
			}
		})
	}
}

func TestAnEmptyDatabaseHasNoTables(t *testing.T) {
	t.Parallel()
	var used string
	t.Run("test", func(t *testing.T) {
		used = postgrestest.Empty(t)
		if got := text(t, dial(t, used), "SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'"); got != "0" {
			t.Errorf("%s tables", got)
		}
	})
	if exists(t, used) {
		t.Errorf("%s is still there", used)
	}
}

func TestWithoutMainATestFails(t *testing.T) {
	t.Parallel()
	out, err := rerun(t, "^TestAnEmptyDatabaseHasNoTables$", withoutMainVariable+"=yes")
	if err == nil || !strings.Contains(out, "os.Exit(postgrestest.Main(m))") {
		t.Errorf("%v\n%s", err, out)
	}
}

// rerun runs some of these tests in a process of its own.
func rerun(t *testing.T, tests string, env ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run", tests)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestTheServerOfTheEnvironmentIsUsed(t *testing.T) {
	t.Parallel()
	s := postgrestest.Server(t)
	// A role that may create databases, and no more.
	admin := dial(t, s.URL("postgres"))
	run(t, admin, "CREATE ROLE tester LOGIN CREATEDB PASSWORD 'secret'")
	u, err := url.Parse(s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("tester", "secret")
	out, err := rerun(t, "^(TestOneDatabaseForOneTest|TestTheDatabaseIsEmptyForEachTest|TestOnlyTheTestsErrorsAreRead|TestDatabaseInDoubtIsNotUsedAgain)$",
		postgrestest.ServerVariable+"="+u.String())
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if !strings.Contains(out, "--- SKIP: TestOnlyTheTestsErrorsAreRead") {
		t.Errorf("TestOnlyTheTestsErrorsAreRead was not skipped:\n%s", out)
	}
	if got := text(t, admin, "SELECT count(*)::text FROM pg_database WHERE starts_with(datname, 'roster_test_')"); got != "0" {
		t.Errorf("%s databases are left", got)
	}

	out, err = rerun(t, "^TestAnEmptyDatabaseHasNoTables$", postgrestest.ServerVariable+"=host=localhost")
	if err == nil || !strings.Contains(out, "TEST_DATABASE_URL is not a URL that begins with postgres://") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestAPrivateServerStopsAndStartsAgain(t *testing.T) {
	t.Parallel()
	s := postgrestest.Server(t)
	run(t, dial(t, s.URL("postgres")), "CREATE TABLE kept (n int)")
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := pgx.Connect(t.Context(), s.URL("postgres")); err == nil {
		t.Error("the server answers after Stop")
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	run(t, dial(t, s.URL("postgres")), "SELECT * FROM kept")
}

func TestOnlyTheTestsStatementsAreRead(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	conn := dial(t, postgrestest.URL(t))
	run(t, conn, "SELECT 'before'")
	got := postgrestest.Statements(t, func() {
		if _, err := pool.Exec(t.Context(), insertUser, "multi"); err != nil {
			t.Fatal(err)
		}
		run(t, conn, "SELECT 'one\n\ttwo\n\nthree: LOG:  statement: no'")
		if _, err := conn.Exec(t.Context(), "SELECT $1::text", pgx.QueryExecModeExec, "secret"); err != nil {
			t.Fatal(err)
		}
	})
	run(t, conn, "SELECT 'after'")
	want := []string{insertUser, "SELECT 'one\n\ttwo\n\nthree: LOG:  statement: no'", "SELECT $1::text"}
	// pgx prepares by default, as the product never does; the preparing is not logged.
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := postgrestest.Statements(t, func() {}); len(got) > 0 {
		t.Errorf("statements of nothing: %q", got)
	}
}

func TestOnlyTheTestsErrorsAreRead(t *testing.T) {
	t.Parallel()
	if got := postgrestest.Errors(t); len(got) > 0 {
		t.Errorf("errors before the first: %q", got)
	}
	conn := dial(t, postgrestest.URL(t))
	if _, err := conn.Exec(t.Context(), "SELECT 1/0"); err == nil {
		t.Error("no error")
	}
	run(t, conn, "SELECT 1")
	if diff := cmp.Diff([]string{"ERROR: division by zero"}, postgrestest.Errors(t)); diff != "" {
		t.Error(diff)
	}
}
