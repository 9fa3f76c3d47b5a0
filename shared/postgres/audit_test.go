package postgres_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5/pgxpool"

	"roster/localdev/postgrestest"
	"roster/shared/audit"
	"roster/shared/postgres"
	"roster/shared/request"
)

func failedLogin(at time.Time) audit.Event {
	return audit.Event{Actions: []audit.Action{audit.ActionLoginFailed}, At: at}
}

// longest returns the chain with the most rows, and how many it has.
func longest(t *testing.T, pool *pgxpool.Pool) (chain, rows int) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), "select chain, count(*) from audit group by 1 order by 2 desc, 1 limit 1").Scan(&chain, &rows); err != nil {
		t.Fatal(err)
	}
	return chain, rows
}

// tampering is done by one who may do anything in the database. In its SQL,
// and in what must be said of it, C stands for the chain, N for its last row and M for
// the one before.
var tampering = map[string]struct {
	sql  []string
	want []string
}{
	"nothing": {nil, nil},
	"an event": {
		[]string{`update audit set event = replace(event, '"login_failed"', '"login"') where chain = C and seq = M`},
		[]string{"chain C row M has a hash that does not fit", "chain C row M has columns that differ"},
	},
	"an event and its hash": {
		[]string{
			`update audit a set event = replace(event, '2026', '2025'), at = at - interval '1 year' where chain = C and seq = M`,
			`update audit a set hash = sha256(b.hash || int8send(a.seq) || sha256(convert_to(a.event, 'UTF8'))) from audit b where a.chain = C and a.seq = M and b.chain = C and b.seq = a.seq - 1`,
		},
		[]string{"chain C row N has a hash that does not fit"},
	},
	"a space in an event":   {[]string{`update audit set event = event || ' ' where chain = C and seq = M`}, []string{"chain C row M has a hash that does not fit"}},
	"no event any more":     {[]string{`update audit set event = 'x' where chain = C and seq = M`}, []string{"chain C row M has a hash that does not fit", "chain C row M has an event that cannot be read"}},
	"a hash":                {[]string{`update audit set hash = sha256('') where chain = C and seq = M`}, []string{"chain C row M has a hash that does not fit", "chain C row N has a hash that does not fit"}},
	"the time alone":        {[]string{`update audit set at = at + interval '1 microsecond' where chain = C and seq = M`}, []string{"chain C row M has columns that differ"}},
	"the actor alone":       {[]string{`update audit set actor = gen_random_uuid() where chain = C and seq = M`}, []string{"chain C row M has columns that differ"}},
	"the target alone":      {[]string{`update audit set target = gen_random_uuid() where chain = C and seq = N`}, []string{"chain C row N has columns that differ"}},
	"the actions alone":     {[]string{`update audit set actions = '{login}' where chain = C and seq = M`}, []string{"chain C row M has columns that differ"}},
	"a row is gone":         {[]string{`delete from audit where chain = C and seq = M`}, []string{"chain C row N does not follow", "chain C row N has a hash that does not fit"}},
	"the first row is gone": {[]string{`delete from audit where chain = C and seq = 1`}, []string{"chain C row 2 does not follow", "chain C row 2 has a hash that does not fit"}},
	"the last row is gone":  {[]string{`delete from audit where chain = C and seq = N`}, []string{"chain C row N is missing"}},
	"the last, and the head's number": {
		[]string{`delete from audit where chain = C and seq = N`, `update audit_heads set seq = seq - 1 where chain = C`},
		[]string{"chain C head is not the chain's last row"},
	},
	"a whole chain is gone": {[]string{`delete from audit where chain = C`}, []string{"chain C row N is missing"}},
	"a head":                {[]string{`update audit_heads set hash = sha256('') where chain = C`}, []string{"chain C head is not"}},
	"a head's digest":       {[]string{`update audit_heads set digest = sha256('') where chain = C`}, []string{"chain C head is not"}},
	"a head is gone":        {[]string{`delete from audit_heads where chain = C`}, []string{"chain C head is missing"}},
	"a row more":            {[]string{`insert into audit select chain, seq + 1, at, actions, actor, target, event, hash from audit where chain = C and seq = N`}, []string{"has a hash that does not fit", "comes after the chain's head"}},
	"a row moved": {
		[]string{`update audit set chain = 99, seq = 1 where chain = C and seq = N`},
		[]string{"chain 99 row 1 has a hash that does not fit", "chain 99 row 1 has columns that differ", "chain C row N is missing", "chain 99 head is missing"},
	},
}

func TestVerifyAuditNamesWhatWasAltered(t *testing.T) {
	t.Parallel()
	for name, c := range tampering {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, pool := postgrestest.Open(t), postgrestest.Pool(t)
			const events = 60
			for i := range events {
				if err := db.Record(t.Context(), failedLogin(now.Add(time.Duration(i)*time.Second))); err != nil {
					t.Fatal(err)
				}
			}
			chain, rows := longest(t, pool)
			in := strings.NewReplacer("chain C", fmt.Sprint("chain ", chain), "chain = C", fmt.Sprint("chain = ", chain),
				"row N", fmt.Sprint("row ", rows), "row M", fmt.Sprint("row ", rows-1), "seq = N", fmt.Sprint("seq = ", rows), "seq = M", fmt.Sprint("seq = ", rows-1))
			for _, sql := range c.sql {
				tag, err := pool.Exec(t.Context(), in.Replace(sql))
				if err != nil || tag.RowsAffected() == 0 {
					t.Fatalf("%s: %v, %v", sql, tag, err)
				}
			}
			v, err := db.VerifyAudit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(v.Altered) != len(c.want) {
				t.Errorf("named %q, want %q", v.Altered, c.want)
			}
			for i, want := range c.want {
				if want = in.Replace(want); i < len(v.Altered) && !strings.Contains(v.Altered[i], want) {
					t.Errorf("%d. is %q, want %q", i, v.Altered[i], want)
				}
			}
			if c.sql == nil && v.Rows != events {
				t.Errorf("%d rows, want %d", v.Rows, events)
			}
		})
	}
}

// The chains hold when many write at once, and while they are checked.
func TestAuditAtOnce(t *testing.T) {
	t.Parallel()
	db := wide(t)
	const writers, each = 200, 5
	done := make(chan postgres.Verified)
	go func() {
		v, err := db.VerifyAudit(t.Context())
		if err != nil {
			t.Error(err)
		}
		done <- v
	}()
	atOnce(writers, func(i int) {
		for range each {
			if err := db.Record(t.Context(), failedLogin(now.Add(time.Duration(i)))); err != nil {
				t.Error(err)
			}
		}
	})
	if v := <-done; len(v.Altered) > 0 {
		t.Errorf("while they wrote: %q", v.Altered)
	}
	v, err := db.VerifyAudit(t.Context())
	if err != nil || v.Rows != writers*each || len(v.Altered) > 0 {
		t.Errorf("%+v, %v, want %d rows", v, err, writers*each)
	}
}

func TestListAudit(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	ann, ben, cid := account("ann"), account("ben"), account("cid")
	var all []audit.Event
	add := func(minute int, actor, target string, actions ...audit.Action) {
		e := audit.Event{
			Actions: actions, At: now.Add(time.Duration(minute) * time.Minute), Actor: actor, Target: target,
			From:   request.Client{Address: netip.MustParseAddr("2001:db8::7"), UserAgent: "agent", RequestID: fmt.Sprint("r", len(all))},
			Detail: map[string]string{"role": "ADMIN"},
		}
		if err := db.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		all = append([]audit.Event{e}, all...)
	}
	add(0, ann.UUID, ann.UUID, audit.ActionRegister)
	add(1, ann.UUID, ann.UUID, audit.ActionLogin)
	add(2, "", ben.UUID, audit.ActionLoginFailed)
	add(3, ann.UUID, ben.UUID, audit.ActionRoleChanged, audit.ActionActiveChanged)
	add(4, "", "", audit.ActionLoginFailed)
	add(5, ben.UUID, ann.UUID, audit.ActionDelete)
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
		"all":                {"", audit.Query{}, all},
		"done by ann or to":  {ann.UUID, audit.Query{}, pick(5, 3, 1, 0)},
		"done by ben or to":  {ben.UUID, audit.Query{}, pick(5, 3, 2)},
		"of cid":             {cid.UUID, audit.Query{}, nil},
		"an action":          {"", audit.Query{Action: audit.ActionLoginFailed}, pick(4, 2)},
		"the second of two":  {"", audit.Query{Action: audit.ActionActiveChanged}, pick(3)},
		"of ben, an action":  {ben.UUID, audit.Query{Action: audit.ActionLoginFailed}, pick(2)},
		"since":              {"", audit.Query{Since: now.Add(4 * time.Minute)}, pick(5, 4)},
		"until":              {"", audit.Query{Until: now.Add(2 * time.Minute)}, pick(1, 0)},
		"since and until":    {"", audit.Query{Since: now.Add(time.Minute), Until: now.Add(3 * time.Minute)}, pick(2, 1)},
		"before a mark":      {"", audit.Query{Before: &audit.Mark{At: now.Add(90 * time.Second), Chain: 3, Seq: 7}}, pick(1, 0)},
		"before the first":   {"", audit.Query{Before: &audit.Mark{At: now.Add(-time.Hour), Seq: 1}}, nil},
		"of ann, in between": {ann.UUID, audit.Query{Since: now.Add(time.Minute), Until: now.Add(5 * time.Minute)}, pick(3, 1)},
	} {
		for limit := 1; limit <= len(all)+1; limit++ { // whatever the size of the pages
			q := c.q
			q.Limit = limit
			var got []audit.Event
			for {
				page, err := db.ListAudit(t.Context(), c.uuid, q)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				got = append(got, page.Events...)
				if len(page.Events) > limit || page.Next != nil && len(page.Events) != limit {
					t.Errorf("%s: a page of %d with the limit %d", name, len(page.Events), limit)
				}
				if q.Before = page.Next; q.Before == nil {
					break
				}
			}
			if diff := cmp.Diff(c.want, got, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
				t.Errorf("%s, by %d (-want +got):\n%s", name, limit, diff)
			}
		}
	}
}

// Events of one moment have an order, too: the pages miss none and repeat none.
func TestListAuditOfOneMoment(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	const events = 40
	for range events {
		if err := db.Record(t.Context(), failedLogin(now)); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for q := (audit.Query{Limit: 7}); ; {
		page, err := db.ListAudit(t.Context(), "", q)
		if err != nil {
			t.Fatal(err)
		}
		n += len(page.Events)
		if q.Before = page.Next; q.Before == nil {
			break
		}
	}
	if n != events {
		t.Errorf("%d events on the pages, want %d", n, events)
	}
}

// A page must not cost more the longer the log is: no plan reads the table
// from end to end, or sorts what an index has in order.
func TestListAuditFollowsItsIndexes(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	for part := range 8 { // in parts, because a statement has two seconds
		if _, err := pool.Exec(t.Context(), `insert into audit select n % 16, n, now() - n * interval '1 second', '{login}',
			case when n % 10 = 0 then gen_random_uuid() end, gen_random_uuid(), '{}', '' from generate_series($1 * 1000, $1 * 1000 + 999) n`, part); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := pool.Exec(t.Context(), "analyze audit"); err != nil {
		t.Fatal(err)
	}
	for name, uuid := range map[string]any{"all": nil, "of one account": account("ann").UUID} {
		var plan string
		sql, values, err := postgres.Bind("explain "+postgres.ListAuditSQL, map[string]any{
			"user": uuid, "action": nil, "since": nil, "until": nil, "before_at": now.AddDate(100, 0, 0), "before_chain": 1, "before_seq": 1, "rows": 51,
		})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := pool.Query(context.Background(), sql, values...)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			plan += line + "\n"
		}
		if rows.Err() != nil || strings.Contains(plan, "Seq Scan") || !strings.Contains(plan, "audit_") {
			t.Errorf("%s: %v\n%s", name, rows.Err(), plan)
		}
	}
}
