package postgres_test

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
	"roster/shared/audit"
	"roster/shared/postgres"
	"roster/shared/postgres/dburl"
	"roster/shared/postgres/migrations"
	"roster/shared/request"
)

// recordOf writes an event of an account, from an address, to another one.
func recordOf(t *testing.T, db *postgres.DB, at time.Time, actor, target, address string, action audit.Action) {
	t.Helper()
	err := db.Record(t.Context(), audit.Event{
		Actor: actor, Target: target, At: at, Actions: []audit.Action{action}, Detail: map[string]string{"role": "ADMIN"},
		Client: request.Client{Address: netip.MustParseAddr(address), UserAgent: "agent " + address, RequestID: "request-" + address},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// openAsOwner returns the test's database for the owner of its tables.
func openAsOwner(t *testing.T) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// auditText is everything that the table holds.
func auditText(t *testing.T) (text string) {
	t.Helper()
	const all = `select coalesce(string_agg(concat_ws(' ', chain, seq, at, actions, actor, target, event), E'\n' order by chain, seq), '') from audit`
	if err := postgrestest.Pool(t).QueryRow(t.Context(), all).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

func logHolds(t *testing.T, db *postgres.DB, rows, erased, removed int) {
	t.Helper()
	v, err := db.VerifyAudit(t.Context(), postgres.Expected{})
	if err != nil || len(v.Altered) > 0 || v.Rows != rows || v.Erased != erased || v.Removed != removed {
		t.Errorf("%+v, %v, want %d rows, %d erased, %d removed", v, err, rows, erased, removed)
	}
}

// A person is erased: the log keeps that something happened, and the chains hold.
func TestAnErasedAccountIsGoneFromTheLog(t *testing.T) {
	t.Parallel()
	db, owner := postgrestest.Open(t), openAsOwner(t)
	ann, ben := account("ann"), account("ben")
	for i := range 20 {
		recordOf(t, db, now.Add(time.Duration(i)*time.Minute), ann.UUID, ann.UUID, "192.0.2.1", audit.ActionLogin)
		recordOf(t, db, now.Add(time.Duration(i)*time.Minute), "", ann.UUID, "192.0.2.2", audit.ActionLoginFailed)
		recordOf(t, db, now.Add(time.Duration(i)*time.Minute), ben.UUID, ann.UUID, "198.51.100.7", audit.ActionRoleChanged)
		recordOf(t, db, now.Add(time.Duration(i)*time.Minute), ann.UUID, ben.UUID, "192.0.2.1", audit.ActionActiveChanged)
		recordOf(t, db, now.Add(time.Duration(i)*time.Minute), ben.UUID, ben.UUID, "198.51.100.7", audit.ActionLogin)
	}
	for range 2 { // it can be repeated
		p, err := owner.EraseFromAudit(t.Context(), ann.UUID, now)
		if err != nil || p.Erased != 80 || p.Removed != 0 {
			t.Errorf("%+v, %v", p, err)
		}
	}
	text := auditText(t)
	for _, of := range []string{ann.UUID, "192.0.2."} {
		if n := strings.Count(text, of); n > 0 {
			t.Errorf("%q is in the log %d times", of, n)
		}
	}
	// What ben did stays his, with his address; and that something was done to him.
	if n := strings.Count(text, "198.51.100.7"); n < 40 {
		t.Errorf("ben's address is there %d times", n)
	}
	for action, want := range map[audit.Action]int{audit.ActionLogin: 20, audit.ActionRoleChanged: 20, audit.ActionActiveChanged: 20} {
		if got := len(readAudit(t, db, ben.UUID, audit.Query{Action: action, Limit: 50})); got != want {
			t.Errorf("%s of ben: %d, want %d", action, got, want)
		}
	}
	if got := readAudit(t, db, ann.UUID, audit.Query{Limit: 50}); len(got) > 0 {
		t.Errorf("the log still finds %d events of ann", len(got))
	}
	logHolds(t, db, 102, 80, 0)
	recordOf(t, db, now, ben.UUID, ben.UUID, "198.51.100.7", audit.ActionLogin) // the chains go on
	logHolds(t, db, 103, 80, 0)
}

func TestATrimmedLogCanBeVerified(t *testing.T) {
	t.Parallel()
	db, owner := postgrestest.Open(t), openAsOwner(t)
	ann := account("ann")
	for i := range 200 {
		recordOf(t, db, now.Add(time.Duration(i)*time.Minute), ann.UUID, ann.UUID, fmt.Sprintf("192.0.2.%d", i), audit.ActionLogin)
	}
	if _, err := owner.EraseFromAudit(t.Context(), account("ben").UUID, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	rows, removed := 201, 0
	// A chain whose only old row is its first keeps it, erased.
	firstRows := func() (n int) {
		const erased = "select count(*) from audit where seq = 1 and event::jsonb ? 'erased'"
		if err := postgrestest.Pool(t).QueryRow(t.Context(), erased).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, hours := range []int{0, 1, 1, 2, 100} {
		p, err := owner.TrimAudit(t.Context(), now.Add(time.Duration(hours)*time.Hour), now.Add(time.Duration(hours+10)*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if rows, removed = rows-p.Rows+1, removed+p.Rows; p.Removed != removed {
			t.Errorf("%d hours: %+v, want %d removed", hours, p, removed)
		}
		logHolds(t, db, rows, firstRows(), removed)
		for _, e := range readAudit(t, db, "", audit.Query{Until: now.Add(time.Duration(hours) * time.Hour), Limit: 50}) {
			if e.Actor != "" || e.Client.Address.IsValid() {
				t.Errorf("%d hours: an old event has %+v", hours, e)
			}
		}
		recordOf(t, db, now.Add(time.Duration(hours+20)*time.Hour), ann.UUID, ann.UUID, "192.0.2.1", audit.ActionLogin)
		rows++
		logHolds(t, db, rows, firstRows(), removed)
	}
	if rows > 50 {
		t.Errorf("%d rows are left, and all but a few were old", rows)
	}
}

// hiding is what somebody with every privilege can try: to do by hand what the
// runs do, or to say more with what they leave.
var hiding = map[string]struct {
	sql  []string
	want string
}{
	"an erasure by hand": {
		[]string{`update audit set event = ((event::jsonb - 'actor') || jsonb_build_object('erased', encode(sha256(convert_to(event, 'UTF8')), 'hex')))::text,
			actor = null where chain = C and seq = 2`},
		"2 rows are erased, and the log records 1",
	},
	"a removal by hand": {
		[]string{
			`delete from audit where chain = C and seq < 2`,
			`update audit set event = (event::jsonb || jsonb_build_object('trimmed', true, 'erased', encode(sha256(convert_to(event, 'UTF8')), 'hex')))::text where chain = C and seq = 2`,
		},
		"rows are removed at the beginning of chains, and the log records 0",
	},
	"the first row marked as a beginning": {
		[]string{`update audit set event = (event::jsonb || jsonb_build_object('trimmed', true))::text where chain = C and seq = 1`},
		"row 1 has a hash that does not fit",
	},
	"another digest in an erased row": {
		[]string{`update audit set event = (event::jsonb || jsonb_build_object('erased', repeat('00', 32)))::text where event::jsonb ? 'erased'`},
		"has a hash that does not fit",
	},
}

func TestPruningByHandIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range hiding {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, owner, pool := postgrestest.Open(t), openAsOwner(t), postgrestest.Pool(t)
			ann, ben := account("ann"), account("ben")
			for range 100 {
				recordOf(t, db, now, ben.UUID, ben.UUID, "192.0.2.2", audit.ActionLogin)
			}
			recordOf(t, db, now, ann.UUID, ann.UUID, "192.0.2.1", audit.ActionLogin)
			if _, err := owner.EraseFromAudit(t.Context(), ann.UUID, now); err != nil {
				t.Fatal(err)
			}
			chain, _ := longestChain(t, pool)
			in := strings.NewReplacer("chain = C", fmt.Sprint("chain = ", chain))
			for _, sql := range c.sql {
				if tag, err := pool.Exec(t.Context(), in.Replace(sql)); err != nil || tag.RowsAffected() == 0 {
					t.Fatalf("%s: %v, %v", sql, tag, err)
				}
			}
			v, err := db.VerifyAudit(t.Context(), postgres.Expected{})
			if err != nil || !strings.Contains(strings.Join(v.Altered, "\n"), c.want) {
				t.Errorf("%+v, %v, want %q", v, err, c.want)
			}
		})
	}
}

func TestAnAccountThatExistsIsNotErased(t *testing.T) {
	t.Parallel()
	db, owner := postgrestest.Open(t), openAsOwner(t)
	ann := create(t, db, account("ann"))
	before := auditText(t)
	if _, err := owner.EraseFromAudit(t.Context(), ann.UUID, now); !errors.Is(err, postgres.ErrAccountExists) {
		t.Errorf("%v", err)
	}
	if _, err := owner.EraseFromAudit(t.Context(), "ann", now); err == nil || errors.Is(err, postgres.ErrAccountExists) {
		t.Errorf("what is no UUID: %v", err)
	}
	if auditText(t) != before {
		t.Error("the log has changed")
	}
}

// The functions' role can do none of it. A single role for both, which has lost
// the privilege to alter the log, gets it for the run and loses it again.
func TestOnlyTheOwnerPrunes(t *testing.T) {
	t.Parallel()
	postgrestest.Open(t) // migrates, and grants
	functions, err := postgres.Open(t.Context(), postgrestest.FunctionsURL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(functions.Close)
	if _, err := functions.TrimAudit(t.Context(), now, now); err == nil || !strings.Contains(err.Error(), "42501") {
		t.Errorf("the functions' role: %v", err)
	}

	server := postgrestest.Server(t)
	run(t, server, "create role one_role login password 'secret'", "create database alone owner one_role")
	u, err := url.Parse(server.URL("alone"))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("one_role", "secret")
	if _, err := migrations.Up(t.Context(), u.String(), dburl.Access{}); err != nil {
		t.Fatal(err)
	}
	if err := migrations.Grant(t.Context(), u.String(), u.String(), dburl.Access{}); err != nil {
		t.Fatal(err)
	}
	both, err := postgres.Open(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(both.Close)
	if _, err := both.TrimAudit(t.Context(), now, now); err != nil {
		t.Errorf("the one role: %v", err)
	}
	conn, err := pgx.Connect(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "delete from audit"); err == nil || !strings.Contains(err.Error(), "42501") {
		t.Errorf("after the run the one role may delete from the log: %v", err)
	}
}
