package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
	"roster/shared/audit"
	"roster/shared/directory"
	"roster/shared/postgres"
)

// openKeyed opens the test's database as the owner, with a key for the log.
func openKeyed(t testing.TB) *postgres.DB {
	t.Helper()
	url := postgrestest.URL(t)
	db, err := postgres.OpenSource(t.Context(), func(context.Context, bool) (string, error) { return url, nil }, postgres.Options{AuditKey: auditKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// exported returns what Export writes.
func exported(t testing.TB, db *postgres.DB) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := directory.Export(t.Context(), db, &b, nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// fillForExport makes accounts of all kinds and a log with erased and trimmed
// entries.
func fillForExport(t *testing.T, db *postgres.DB) {
	t.Helper()
	for i := range 40 {
		u := account(fmt.Sprintf("user%d", i))
		u.FirstName, u.Active = "Ärin <b> & \"x\" 🦓", i%3 > 0
		if i%5 == 0 {
			u.PasswordHash, u.PasswordChangedAt = "", nil
		}
		create(t, db, u)
	}
	pool := postgrestest.Pool(t)
	const values = `update users set metadata = '{"a":"\u0041<&>","n":1.50,"s":"<&\u2028>","b":{"c":[]}}', app_metadata = '{"x":null}', email_status = 'complained',
		last_login_at = '2025-01-02 03:04:05.000001Z', token_version = 7, reset_version = 9, role = 'ADMIN' where id % 4 = 0`
	if _, err := pool.Exec(t.Context(), values); err != nil {
		t.Fatal(err)
	}
	gone := account("gone")
	e := audit.Event{Actions: []audit.Action{audit.ActionDelete, audit.ActionWait}, At: now, Actor: gone.UUID, Target: gone.UUID, Detail: map[string]string{"a": "<é>"}}
	for range 30 {
		if err := db.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.EraseFromAudit(t.Context(), gone.UUID, now); err != nil {
		t.Fatal(err)
	}
}

const (
	allUsers   = `select * from users order by id`
	allEntries = `select * from audit where not 'import' = any (actions) order by chain, seq`
)

// An import of an export is the same database, and its log can be verified. Only
// the entries of the import itself are added, behind those of the file.
func TestImportOfAnExportIsTheSame(t *testing.T) {
	t.Parallel()
	db, pool := openKeyed(t), postgrestest.Pool(t)
	fillForExport(t, db)
	file, users, entries, heads := exported(t, db), dump(t, allUsers), dump(t, allEntries), dump(t, "select * from audit_heads order by chain")
	empty := func() {
		t.Helper()
		if _, err := pool.Exec(t.Context(), "truncate users, audit, resets, sessions, devices restart identity; update audit_heads set seq = 0, digest = '', hash = ''"); err != nil {
			t.Fatal(err)
		}
	}
	compare := func(name string) {
		t.Helper()
		if diff := cmp.Diff(users, dump(t, allUsers)); diff != "" {
			t.Errorf("%s: users (-exported +imported):\n%s", name, diff)
		}
		if diff := cmp.Diff(entries, dump(t, allEntries)); diff != "" {
			t.Errorf("%s: audit (-exported +imported):\n%s", name, diff)
		}
		v, err := db.VerifyAudit(t.Context(), postgres.Expected{Keys: [][]byte{auditKey}})
		if err != nil || len(v.Altered) > 0 || v.Erased != 30 {
			t.Errorf("%s: the log: %+v, %v", name, v, err)
		}
	}
	empty()
	r, err := importLines(t, db, directory.Options{}, file)
	if err != nil || r.Created != 40 || r.Refused > 0 || r.AuditLinesSkipped > 0 || r.AuditLines != len(entries)+16 {
		t.Fatalf("%+v, %v", r, err)
	}
	compare("at once")
	if r, err = importLines(t, db, directory.Options{}, file); err != nil || r.Created > 0 || r.Unchanged != 40 || r.AuditLinesSkipped > 0 {
		t.Errorf("again: %+v, %v", r, err)
	}
	compare("again")
	if create(t, db, account("next")).ID <= 40 {
		t.Error("the next account has an id of the file")
	}

	empty()
	o := directory.Options{Now: now, BatchSize: 7, Stop: func() bool { return true }}
	for next, runs := 0, 0; runs == 0 || next > 0; runs++ {
		r, err := directory.Import(t.Context(), db, importParts, directory.Lines(strings.NewReader(file), next), o)
		if err != nil || r.Refused > 0 || r.AuditLinesSkipped > 0 {
			t.Fatalf("in parts: %+v, %v", r, err)
		}
		next = r.Next
	}
	compare("in parts")

	empty() // accounts only: nothing is recorded between, so the heads are the same, too
	var log []string
	for line := range strings.Lines(file) {
		if strings.Contains(line[:20], "audit") {
			log = append(log, strings.TrimSpace(line))
		}
	}
	if _, err = importLines(t, db, directory.Options{}, log...); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(heads, dump(t, "select * from audit_heads order by chain")); diff != "" {
		t.Errorf("heads (-exported +imported):\n%s", diff)
	}
}

// A database with entries of its own keeps them, and gets none of the file.
func TestImportLeavesALogAlone(t *testing.T) {
	t.Parallel()
	db, pool := openKeyed(t), postgrestest.Pool(t)
	fillForExport(t, db)
	file := exported(t, db)
	if _, err := pool.Exec(t.Context(), "truncate users, audit, resets, sessions, devices restart identity; update audit_heads set seq = 0, digest = '', hash = ''"); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if err := db.Record(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
	before := dump(t, allEntries)
	for _, dry := range []bool{true, false} {
		r, err := importLines(t, db, directory.Options{DryRun: dry}, file)
		if err != nil || r.Created != 40 || r.AuditLines > 0 || r.AuditLinesSkipped < 80 {
			t.Errorf("dry run %t: %+v, %v", dry, r, err)
		}
	}
	if diff := cmp.Diff(before, dump(t, allEntries)); diff != "" {
		t.Errorf("audit (-before +after):\n%s", diff)
	}
	if v, err := db.VerifyAudit(t.Context(), postgres.Expected{Keys: [][]byte{auditKey}}); err != nil || len(v.Altered) > 0 {
		t.Errorf("%+v, %v", v, err)
	}
}

// What another request changes meanwhile is not in the export, in no part of it.
func TestExportIsOfOneMoment(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	for i := range 2000 {
		create(t, db, account(fmt.Sprintf("user%d", i)))
	}
	other := openMany(t)
	var b bytes.Buffer
	changed := false
	n, err := directory.Export(t.Context(), db, &b, func(directory.Exported) {
		if !changed {
			changed = true
			create(t, other, account("late"))
		}
	})
	if err != nil || !changed || n.Accounts != 2000 || n.Entries != 2000 || strings.Contains(b.String(), `"late"`) {
		t.Errorf("%+v, %v", n, err)
	}
}

func TestExportReportsWhatItCannotWrite(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	create(t, db, account("ann"))
	full := errors.New("no space left on device")
	if _, err := directory.Export(t.Context(), db, brokenWriter{full}, nil); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := directory.Export(ctx, db, io.Discard, nil); err == nil {
		t.Error("a cancelled export succeeds")
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }
