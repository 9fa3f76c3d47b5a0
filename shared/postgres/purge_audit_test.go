package postgres_test

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
	"roster/shared/audit"
	"roster/shared/postgres"
	"roster/shared/request"
	"roster/shared/user"
)

// deleteAs deletes an account as itself, at this time by the clock of the log.
func deleteAs(t *testing.T, db *postgres.DB, u user.User, at time.Time) {
	t.Helper()
	caller := request.Caller{UUID: u.UUID, Session: postgrestest.Session(t, u.UUID, u.TokenVersion), TokenVersion: u.TokenVersion}
	g := user.Guard{Caller: caller, TargetUUID: u.UUID, Username: u.Username}
	if o, err := db.DeleteUser(t.Context(), g, nil, audit.Event{Actions: []audit.Action{audit.ActionDelete}, Actor: u.UUID, Target: u.UUID, At: at}); err != nil || !o.Done {
		t.Fatalf("%+v, %v", o, err)
	}
}

// rowsLeft returns the place of each event in the log, and whether it was erased. It
// leaves out the events that record a run, whose chains are random.
func rowsLeft(t *testing.T) (places []string) {
	t.Helper()
	rows, err := postgrestest.Pool(t).Query(t.Context(), `select chain || ' ' || seq || ' ' || (event::jsonb ? 'erased') || ' ' || (event::jsonb ? 'trimmed')
		from audit where not actions && '{audit_trimmed,audit_erased}' order by chain, seq`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var place string
		if err := rows.Scan(&place); err != nil {
			t.Fatal(err)
		}
		places = append(places, place)
	}
	return places
}

// fillAudit writes events without their hashes: an hour between two of them, in
// all chains.
func fillAudit(t *testing.T, events int, newest time.Time) {
	t.Helper()
	if _, err := postgrestest.Pool(t).Exec(t.Context(), `
		with filled as (
			insert into audit (chain, seq, at, actions, actor, target, event, hash)
			select n % 16, n / 16 + 1, $2::timestamptz - ($1::int - n) * interval '1 hour', '{login}', null, null,
				'{"chain":' || n % 16 || ',"actions":["login"],"at":"2025-01-01T00:00:00Z","address":"192.0.2.1"}', ''
			from generate_series(0, $1::int - 1) n returning chain, seq
		), last as (select chain, max(seq) as seq from filled group by chain)
		update audit_heads h set seq = last.seq from last where last.chain = h.chain`, events, newest); err != nil {
		t.Fatal(err)
	}
}

// The scheduled job leaves the same log as an operator's run, in which one statement
// removes everything.
func TestPurgeAuditLeavesWhatTrimAuditLeaves(t *testing.T) {
	t.Parallel()
	var left [2][]string
	for i, trim := range []func(db *postgres.DB, before time.Time) error{
		func(db *postgres.DB, before time.Time) error {
			_, err := db.TrimAudit(t.Context(), before, now)
			return err
		},
		func(db *postgres.DB, before time.Time) error {
			p, err := db.PurgeAudit(t.Context(), before, now)
			if err == nil && p.More {
				err = fmt.Errorf("more than 10,000: %+v", p)
			}
			return err
		},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			owner := openAsOwner(t)
			fillAudit(t, 5000, now)
			for _, days := range []int{150, 100, 100, 20, 1} {
				if err := trim(owner, now.Add(-time.Duration(days)*day)); err != nil {
					t.Fatal(err)
				}
				left[i] = append(left[i], rowsLeft(t)...)
			}
		})
	}
	if diff := cmp.Diff(left[0], left[1]); diff != "" || len(left[1]) == 0 {
		t.Errorf("%d rows (-TrimAudit +PurgeAudit):\n%s", len(left[1]), diff)
	}
}

// Chains stay verifiable, one event records each transaction, and a run with nothing
// to remove writes nothing.
func TestPurgedAuditCanBeVerified(t *testing.T) {
	t.Parallel()
	db, owner := postgrestest.Open(t), openAsOwner(t)
	ann := account("ann")
	for i := range 400 {
		recordOf(t, db, now.Add(time.Duration(i)*time.Minute), ann.UUID, ann.UUID, "192.0.2.1", audit.ActionLogin)
	}
	for i, minutes := range []int{0, 100, 100, 350} {
		before := rowsIn(t)
		p, err := owner.PurgeAudit(t.Context(), now.Add(time.Duration(minutes)*time.Minute), now.Add(10*time.Hour+time.Duration(i)*time.Minute))
		records := 1
		if p.Removed == 0 {
			records = 0
		}
		if got := rowsIn(t); err != nil || p.More || got != before-p.Removed+records || (minutes == 0 || i == 2) != (p.Removed == 0) {
			t.Errorf("before minute %d: %+v, %v, %d rows of %d", minutes, p, err, got, before)
		}
		v, err := db.VerifyAudit(t.Context(), postgres.Expected{})
		if err != nil || len(v.Altered) > 0 {
			t.Errorf("after minute %d: %v, %v", minutes, v.Altered, err)
		}
	}
	for _, e := range readAudit(t, db, "", audit.Query{Until: now.Add(350 * time.Minute), Limit: 50}) {
		if e.Actor != "" || e.Client.Address.IsValid() {
			t.Errorf("an old event has %+v", e)
		}
	}
}

func rowsIn(t *testing.T) (n int) {
	t.Helper()
	if err := postgrestest.Pool(t).QueryRow(t.Context(), "select count(*) from audit").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

var purgeEvents = flag.Int("purge-events", 25_000, "events of TestAuditPurgeKeepsUp")

// With -v it prints how long it takes.
func TestAuditPurgeKeepsUp(t *testing.T) {
	t.Parallel()
	owner := openAsOwner(t)
	fillAudit(t, *purgeEvents, now)
	if _, err := postgrestest.Pool(t).Exec(t.Context(), "analyze audit"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	p, err := audit.Purge(t.Context(), owner, audit.Retention{Keep: day}, now)
	if err != nil || p.More || p.Removed < *purgeEvents-100 {
		t.Errorf("%+v, %v", p, err)
	}
	t.Logf("%d events in %v", p.Removed, time.Since(began))
}

// Deleted accounts are erased when their time has come, each as a whole, and nobody
// else is.
func TestEraseDeleted(t *testing.T) {
	t.Parallel()
	db, owner := postgrestest.Open(t), openAsOwner(t)
	var gone []user.User
	for i := range 25 {
		u := create(t, db, account(fmt.Sprintf("gone%d", i)))
		gone = append(gone, u)
		recordOf(t, db, now, u.UUID, u.UUID, "192.0.2.1", audit.ActionLogin)
		recordOf(t, db, now, u.UUID, "", "192.0.2.1", audit.ActionRegisterFailed)
	}
	for range 250 { // more than one batch
		recordOf(t, db, now, "", gone[0].UUID, "192.0.2.1", audit.ActionLoginFailed)
	}
	stays, late := create(t, db, account("stays")), create(t, db, account("late"))
	recordOf(t, db, now, stays.UUID, gone[0].UUID, "198.51.100.7", audit.ActionRoleChanged)
	recordOf(t, db, now, late.UUID, late.UUID, "203.0.113.9", audit.ActionLogin)
	for _, u := range gone {
		deleteAs(t, db, u, now)
	}
	deleteAs(t, db, late, now.Add(10*day))
	// An account that is in the log as deleted, and exists, because a backup was restored.
	recordOf(t, db, now, stays.UUID, stays.UUID, "198.51.100.7", audit.ActionDelete)

	all, err := audit.Purge(t.Context(), owner, audit.Retention{EraseAfter: 7 * day}, now.Add(8*day))
	if err != nil || all.Erased < 25*3+250 || all.More {
		t.Errorf("%+v, %v", all, err)
	}
	text := auditText(t)
	for _, u := range gone {
		if strings.Contains(text, u.UUID) {
			t.Errorf("%s is in the log", u.Username)
		}
	}
	for what, want := range map[string]bool{"192.0.2.1": false, "198.51.100.7": true, "203.0.113.9": true, late.UUID: true, stays.UUID: true} {
		if strings.Contains(text, what) != want {
			t.Errorf("%s is in the log: %v, want %v", what, !want, want)
		}
	}
	v, err := db.VerifyAudit(t.Context(), postgres.Expected{})
	if err != nil || len(v.Altered) > 0 || v.Erased != all.Erased {
		t.Errorf("%d erased, %v, %v", v.Erased, v.Altered, err)
	}
	before := auditText(t)
	if again, err := audit.Purge(t.Context(), owner, audit.Retention{EraseAfter: 7 * day}, now.Add(8*day)); err != nil || again != (audit.Purged{}) || auditText(t) != before {
		t.Errorf("again: %+v, %v", again, err)
	}
}

// The functions' role has no right to do it.
func TestTheFunctionsCannotPurgeTheLog(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	if postgrestest.FunctionsURL(t) == postgrestest.URL(t) {
		t.Skip("with TEST_DATABASE_URL there is no second role")
	}
	ann := create(t, db, account("ann"))
	deleteAs(t, db, ann, now)
	for range 100 {
		recordOf(t, db, now, ann.UUID, ann.UUID, "192.0.2.1", audit.ActionLogin)
	}
	for name, r := range map[string]audit.Retention{"trim": {Keep: day}, "erase": {EraseAfter: day}} {
		if p, err := audit.Purge(context.Background(), db, r, now.Add(10*day)); err == nil || !strings.Contains(err.Error(), "42501") || p != (audit.Purged{}) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}
