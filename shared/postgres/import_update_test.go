package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
	"roster/localdev/programtest"
	"roster/shared/directory"
	"roster/shared/fault"
)

// versions returns the versions of ben's row.
func versions(t *testing.T) string {
	t.Helper()
	return dump(t, "select token_version, reset_version from users where username = 'ben'")[0]
}

// A change by import revokes what the same change by PUT revokes.
func TestImportedChangesRevoke(t *testing.T) {
	t.Parallel()
	db := openOwner(t)
	const uuid = `"uuid":"0b5d1e1c-93a4-4a3c-9f52-6a1f0c9d7e21"` // without it no row may make an ADMIN
	later := `"password_changed_at":"2026-02-01T00:00:00Z"`
	if _, err := importLines(t, db, directory.Options{}, line("ann", `"role":"ADMIN"`), line("ben", uuid, `"role":"ADMIN"`, `"password_hash":"old"`)); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ name, row, want string }{
		{"a name", line("ben", uuid, `"email_status":"bounced"`), `{"token_version":1,"reset_version":1}`},
		{"an e-mail address", line("ben", uuid, `"email":"ben2@example.com"`), `{"token_version":1,"reset_version":2}`},
		{"a demotion", line("ben", uuid, `"email":"ben2@example.com"`, `"role":"USER"`), `{"token_version":2,"reset_version":2}`},
		{"a promotion", line("ben", uuid, `"email":"ben2@example.com"`, `"role":"ADMIN"`), `{"token_version":2,"reset_version":2}`},
		{"a password", line("ben", uuid, `"email":"ben2@example.com"`, `"password_hash":"new"`, later), `{"token_version":3,"reset_version":3}`},
		{"a deactivation", line("ben", uuid, `"email":"ben2@example.com"`, `"active":false`), `{"token_version":4,"reset_version":4}`},
		{"lower versions", line("ben", uuid, `"email":"ben2@example.com"`, `"token_version":1`, `"reset_version":2`), `{"token_version":4,"reset_version":4}`},
		{"higher versions", line("ben", uuid, `"email":"ben2@example.com"`, `"token_version":9`, `"reset_version":8`), `{"token_version":9,"reset_version":8}`},
	} {
		if _, err := importLines(t, db, directory.Options{Policy: directory.PolicyUpdate}, step.row); err != nil {
			t.Fatal(err)
		}
		if got := versions(t); got != step.want {
			t.Errorf("%s: %s, want %s", step.name, got, step.want)
		}
	}
}

// Accounts are used after an import. Running it again takes neither a new password
// nor a login back.
func TestAnOldFileTakesNothingBack(t *testing.T) {
	t.Parallel()
	db, pool := openOwner(t), postgrestest.Pool(t)
	row := line("ben", `"password_hash":"old"`, `"last_login_at":"2020-01-01T00:00:00Z"`, `"token_version":1`)
	const used = "update users set password_hash = $1, password_changed_at = $2, last_login_at = '2025-01-01Z', token_version = 5"
	for name, changed := range map[string]any{"a login re-hashed it": nil, "its owner changed it": time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if _, err := importLines(t, db, directory.Options{}, row); err != nil {
			t.Fatal(err)
		}
		if _, err := pool.Exec(t.Context(), used, "new", changed); err != nil {
			t.Fatal(err)
		}
		before := dump(t, everything)
		r, err := importLines(t, db, directory.Options{Policy: directory.PolicyUpdate}, row)
		if diff := cmp.Diff(before, dump(t, everything)); diff != "" || err != nil || r.Unchanged != 1 {
			t.Errorf("%s: %+v, %v (-before +after):\n%s", name, r, err, diff)
		}
	}
	for _, step := range []struct{ stored, row, want string }{
		{"''", line("ben", `"password_hash":"first"`), "first"},
		{"'new'", line("ben", `"password_hash":"newer"`, `"password_changed_at":"2025-06-01T00:00:00Z"`), "newer"},
		{"'new'", line("ben", `"password_hash":"older"`, `"password_changed_at":"2024-06-01T00:00:00Z"`), "new"},
	} {
		if _, err := pool.Exec(t.Context(), "update users set password_changed_at = '2025-01-01Z', password_hash = "+step.stored); err != nil {
			t.Fatal(err)
		}
		if _, err := importLines(t, db, directory.Options{Policy: directory.PolicyUpdate}, step.row); err != nil {
			t.Fatal(err)
		}
		if got := find(t, db, "ben").PasswordHash; got != step.want {
			t.Errorf("%s over %s: %q", step.row, step.stored, got)
		}
	}
}

func TestImportKeepsTheLastAdmin(t *testing.T) {
	t.Parallel()
	db := openOwner(t)
	if _, err := importLines(t, db, directory.Options{}, line("ann", `"role":"ADMIN"`), line("ben", `"role":"ADMIN"`), line("cat", `"role":"ADMIN"`, `"active":false`)); err != nil {
		t.Fatal(err)
	}
	demoted := []string{line("ann", `"role":"USER"`), line("ben", `"active":false`)}
	for _, dry := range []bool{true, false} {
		r, err := importLines(t, db, directory.Options{Policy: directory.PolicyUpdate, DryRun: dry}, demoted...)
		want := []directory.Refusal{{Row: 2, Username: "ben", Fields: fault.Fields{"role": "is that of the last active ADMIN, who stays one"}}}
		if diff := cmp.Diff(want, r.Refusals); diff != "" || err != nil || r.Updated != 1 {
			t.Errorf("dry run %t: %+v, %v (-want +got):\n%s", dry, r, err, diff)
		}
	}
	if !find(t, db, "ben").Active {
		t.Error("there is no ADMIN")
	}
}

// A new account never gets an id of the file, and only the owner may move the ids.
func TestImportedIDs(t *testing.T) {
	t.Parallel()
	db, functions := openOwner(t), postgrestest.Open(t)
	create(t, functions, account("ann"))
	_, err := importLines(t, functions, directory.Options{}, line("ben", `"id":5000`))
	if !strings.Contains(fmt.Sprint(err), "only the role that owns the tables") {
		t.Errorf("as the functions' role: %v", err)
	}
	if _, err = importLines(t, db, directory.Options{}, line("ben", `"id":5000`), line("cat", `"id":70`)); err != nil {
		t.Fatal(err)
	}
	if got := create(t, functions, account("dan")).ID; got != 5001 {
		t.Errorf("the next account has the id %d", got)
	}
	if r, err := importLines(t, functions, directory.Options{}, line("eve", `"id":71`)); err != nil || r.Created != 1 {
		t.Errorf("an id below the highest, as the functions' role: %+v, %v", r, err)
	}
}

// Each row keeps its own values, whatever its neighbours in the batch have or leave out, and
// new accounts are numbered in the order of the file. Only the first batch looks whether
// its accounts exist.
func TestRowsOfABatchKeepApart(t *testing.T) {
	t.Parallel()
	db := openOwner(t)
	var lines []string
	for i := range 1100 {
		more := []string{
			fmt.Sprintf(`"email":"mail%d@example.com"`, i), fmt.Sprintf(`"password_hash":"hash %d"`, i), fmt.Sprintf(`"active":%t`, i%2 == 0),
			fmt.Sprintf(`"token_version":%d,"reset_version":%d`, i+1, i+2),
		}
		if i%3 == 0 {
			more = append(more, fmt.Sprintf(`"last_login_at":"2020-01-01T00:00:00.%06dZ","metadata":{"n":%d}`, i, i))
		}
		if i%5 == 0 {
			more = append(more, fmt.Sprintf(`"password_changed_at":"2021-01-01T00:00:00.%06dZ","email_status":"bounced","app_metadata":{"n":%d}`, i, i))
		}
		lines = append(lines, line(fmt.Sprintf("user%d", 2000-i), more...))
	}
	if r, err := importLines(t, db, directory.Options{}, lines...); err != nil || r.Created != len(lines) {
		t.Fatalf("%+v, %v", r, err)
	}
	wrong := dump(t, `select u.* from users u, lateral (select 2000 - substr(username, 5)::int as n) as n where
		(id, email, password_hash, active, token_version, reset_version) <> (n + 1, 'mail' || n || '@example.com', 'hash ' || n, n % 2 = 0, n + 1, n + 2)
		or last_login_at is distinct from case when n % 3 = 0 then '2020-01-01Z'::timestamptz + n * interval '1 microsecond' end
		or password_changed_at is distinct from case when n % 5 = 0 then '2021-01-01Z'::timestamptz + n * interval '1 microsecond' end
		or metadata <> case when n % 3 = 0 then '{"n":' || n || '}' else '{}' end
		or app_metadata <> case when n % 5 = 0 then '{"n":' || n || '}' else '{}' end
		or email_status <> case when n % 5 = 0 then 'bounced' else 'ok' end
		order by id limit 3`)
	if len(wrong) > 0 {
		t.Errorf("not as the file has them: %v", wrong)
	}
}

// The connection breaks in the middle of a batch: nothing of the batch is stored,
// and the next run stores it.
func TestImportSurvivesAKilledConnection(t *testing.T) {
	t.Parallel()
	db, pool := openOwner(t), postgrestest.Pool(t)
	var lines []string
	for i := range 1500 {
		lines = append(lines, line(fmt.Sprintf("user%d", i)))
	}
	lock, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Rollback(context.Background())
	if _, err := lock.Exec(t.Context(), "insert into users (uuid, username, first_name, last_name, email, password_hash, created_at, updated_at) values (gen_random_uuid(), 'user700', '', '', 'x@y', '', now(), now())"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := directory.Import(t.Context(), db, importParts, directory.Lines(strings.NewReader(strings.Join(lines, "\n")), 0), directory.Options{Now: now})
		done <- err
	}()
	programtest.Eventually(t, "the import waits for user700", func() bool {
		var killed bool
		err := pool.QueryRow(t.Context(), "select count(pg_terminate_backend(pid)) > 0 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'").Scan(&killed)
		return err == nil && killed
	})
	if err := <-done; err == nil {
		t.Error("the import has noticed nothing")
	}
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r, err := importLines(t, db, directory.Options{}, lines...); err != nil || counts(r) != [5]int{1000, 0, 500, 0, 0} {
		t.Errorf("%+v, %v", r, err)
	}
}

// Each 500 rows are one statement, and only the last batch waits for the disk.
func TestABatchIsOneStatement(t *testing.T) {
	t.Parallel()
	db := openOwner(t)
	var lines []string
	for i := range 1100 {
		lines = append(lines, line(fmt.Sprintf("user%d", i)))
	}
	var got []string
	for _, s := range postgrestest.Statements(t, func() {
		if _, err := importLines(t, db, directory.Options{}, lines...); err != nil {
			t.Fatal(err)
		}
	}) {
		words := strings.Fields(s)
		words = words[:min(2, len(words))]
		if strings.Contains(s, "'synchronous_commit', 'off'") {
			words = append(words, "without the disk")
		}
		got = append(got, strings.Join(words, " "))
	}
	limits := "select set_config('statement_timeout',"
	want := []string{
		"begin", limits + " without the disk", "insert into", "with subject", "commit",
		"begin", limits + " without the disk", "insert into", "with subject", "commit",
		"begin", limits, "insert into", "with subject", "commit",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statements (-want +got):\n%s", diff)
	}
}
