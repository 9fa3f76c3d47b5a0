package postgres_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"roster/localdev/postgrestest"
	"roster/shared/audit"
	"roster/shared/postgres"
	"roster/shared/request"
)

// readAudit returns the events of all pages.
func readAudit(t *testing.T, db *postgres.DB, uuid string, q audit.Query) (all []audit.Event) {
	t.Helper()
	for {
		page, err := db.ListAudit(t.Context(), uuid, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			all = append(all, e.Event)
		}
		if len(page.Events) > q.Limit || page.Next != nil && len(page.Events) != q.Limit {
			t.Errorf("a page of %d events with the limit %d", len(page.Events), q.Limit)
		}
		if q.Before = page.Next; q.Before == nil {
			return all
		}
	}
}

// recordSix records six events of two accounts, a minute apart, and returns them
// as the log lists them: the newest first.
func recordSix(t *testing.T, db *postgres.DB, ann, ben string) (all []audit.Event) {
	t.Helper()
	for minute, e := range []audit.Event{
		{Actor: ann, Target: ann, Actions: []audit.Action{audit.ActionRegister}},
		{Actor: ann, Target: ann, Actions: []audit.Action{audit.ActionLogin}},
		{Target: ben, Actions: []audit.Action{audit.ActionLoginFailed}},
		{Actor: ann, Target: ben, Actions: []audit.Action{audit.ActionRoleChanged, audit.ActionActiveChanged}},
		{Actions: []audit.Action{audit.ActionLoginFailed}},
		{Actor: ben, Target: ann, Actions: []audit.Action{audit.ActionDelete}},
	} {
		e.At = now.Add(time.Duration(minute) * time.Minute)
		e.Client = request.Client{Address: netip.MustParseAddr("2001:db8::7"), UserAgent: "agent", RequestID: fmt.Sprint("r", minute)}
		e.Detail = map[string]string{"role": "ADMIN"}
		if err := db.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		all = append([]audit.Event{e}, all...)
	}
	return all
}

func TestListAudit(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	ann, ben, cid := account("ann"), account("ben"), account("cid")
	all := recordSix(t, db, ann.UUID, ben.UUID)
	pick := func(numbers ...int) (some []audit.Event) {
		for _, n := range numbers {
			some = append(some, all[len(all)-1-n])
		}
		return some
	}
	for name, c := range map[string]struct {
		uuid string
		q    audit.Query
		want []audit.Event
	}{
		"all":                       {"", audit.Query{}, all},
		"about ann or by ann":       {ann.UUID, audit.Query{}, pick(5, 3, 1, 0)},
		"about ben or by ben":       {ben.UUID, audit.Query{}, pick(5, 3, 2)},
		"about cid":                 {cid.UUID, audit.Query{}, nil},
		"an action":                 {"", audit.Query{Action: audit.ActionLoginFailed}, pick(4, 2)},
		"the second of two actions": {"", audit.Query{Action: audit.ActionActiveChanged}, pick(3)},
		"about ben, an action":      {ben.UUID, audit.Query{Action: audit.ActionLoginFailed}, pick(2)},
		"since":                     {"", audit.Query{Since: now.Add(4 * time.Minute)}, pick(5, 4)},
		"until":                     {"", audit.Query{Until: now.Add(2 * time.Minute)}, pick(1, 0)},
		"since and until":           {"", audit.Query{Since: now.Add(time.Minute), Until: now.Add(3 * time.Minute)}, pick(2, 1)},
		"before a cursor":           {"", audit.Query{Before: &audit.Cursor{At: now.Add(90 * time.Second), Chain: 3, Seq: 7}}, pick(1, 0)},
		"before the first":          {"", audit.Query{Before: &audit.Cursor{At: now.Add(-time.Hour), Seq: 1}}, nil},
		"about ann, in between":     {ann.UUID, audit.Query{Since: now.Add(time.Minute), Until: now.Add(5 * time.Minute)}, pick(3, 1)},
	} {
		for limit := 1; limit <= len(all)+1; limit++ { // with pages of every size
			q := c.q
			q.Limit = limit
			if diff := cmp.Diff(c.want, readAudit(t, db, c.uuid, q), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
				t.Errorf("%s, by %d (-want +got):\n%s", name, limit, diff)
			}
		}
	}
}

// Events of the same moment have an order, too: the pages skip none and repeat
// none.
func TestListAuditOfOneMoment(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	const events = 40
	for range events {
		if err := db.Record(t.Context(), failedLogin(now)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(readAudit(t, db, "", audit.Query{Limit: 7})); n != events {
		t.Errorf("%d events on the pages, want %d", n, events)
	}
}
