package postgres_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"roster/localdev/postgrestest"
	"roster/shared/audit"
	"roster/shared/postgres"
)

func failedLogin(at time.Time) audit.Event {
	return audit.Event{Actions: []audit.Action{audit.ActionLoginFailed}, At: at}
}

// longestChain returns the chain with the most rows, and how many it has.
func longestChain(t *testing.T, pool *pgxpool.Pool) (chain, rows int) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), "select chain, count(*) from audit group by 1 order by 2 desc, 1 limit 1").Scan(&chain, &rows); err != nil {
		t.Fatal(err)
	}
	return chain, rows
}

// tampering is what somebody with every privilege can do to the log. In the SQL
// and in the findings, C stands for a chain, N for its last row and M for the
// row before it.
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
	"a space in an event":      {[]string{`update audit set event = event || ' ' where chain = C and seq = M`}, []string{"chain C row M has a hash that does not fit"}},
	"an event that is no JSON": {[]string{`update audit set event = 'x' where chain = C and seq = M`}, []string{"chain C row M has a hash that does not fit", "chain C row M has an event that cannot be read"}},
	"a hash":                   {[]string{`update audit set hash = sha256('') where chain = C and seq = M`}, []string{"chain C row M has a hash that does not fit", "chain C row N has a hash that does not fit"}},
	"only the time":            {[]string{`update audit set at = at + interval '1 microsecond' where chain = C and seq = M`}, []string{"chain C row M has columns that differ"}},
	"only the actor":           {[]string{`update audit set actor = gen_random_uuid() where chain = C and seq = M`}, []string{"chain C row M has columns that differ"}},
	"only the target":          {[]string{`update audit set target = gen_random_uuid() where chain = C and seq = N`}, []string{"chain C row N has columns that differ"}},
	"only the actions":         {[]string{`update audit set actions = '{login}' where chain = C and seq = M`}, []string{"chain C row M has columns that differ"}},
	"a deleted row":            {[]string{`delete from audit where chain = C and seq = M`}, []string{"chain C row N does not follow", "chain C row N has a hash that does not fit"}},
	"a deleted first row":      {[]string{`delete from audit where chain = C and seq = 1`}, []string{"chain C row 2 does not follow", "chain C row 2 has a hash that does not fit"}},
	"a deleted last row":       {[]string{`delete from audit where chain = C and seq = N`}, []string{"chain C row N is missing"}},
	"the last row, and the number of the head": {
		[]string{`delete from audit where chain = C and seq = N`, `update audit_heads set seq = seq - 1 where chain = C`},
		[]string{"chain C head is not the chain's last row"},
	},
	"a deleted chain": {[]string{`delete from audit where chain = C`}, []string{"chain C row N is missing"}},
	"a head":          {[]string{`update audit_heads set hash = sha256('') where chain = C`}, []string{"chain C head is not"}},
	"a head's digest": {[]string{`update audit_heads set digest = sha256('') where chain = C`}, []string{"chain C head is not"}},
	"a deleted head":  {[]string{`delete from audit_heads where chain = C`}, []string{"chain C head is missing"}},
	"an extra row":    {[]string{`insert into audit select chain, seq + 1, at, actions, actor, target, event, hash from audit where chain = C and seq = N`}, []string{"has a hash that does not fit", "comes after the chain's head"}},
	"a row in another chain": {
		[]string{`update audit set chain = 99, seq = 1 where chain = C and seq = N`},
		[]string{"chain 99 row 1 has a hash that does not fit", "chain 99 row 1 has columns that differ", "chain C row N is missing", "chain 99 is none of the sixteen"},
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
			chain, rows := longestChain(t, pool)
			in := strings.NewReplacer("chain C", fmt.Sprint("chain ", chain), "chain = C", fmt.Sprint("chain = ", chain),
				"row N", fmt.Sprint("row ", rows), "row M", fmt.Sprint("row ", rows-1), "seq = N", fmt.Sprint("seq = ", rows), "seq = M", fmt.Sprint("seq = ", rows-1))
			for _, sql := range c.sql {
				tag, err := pool.Exec(t.Context(), in.Replace(sql))
				if err != nil || tag.RowsAffected() == 0 {
					t.Fatalf("%s: %v, %v", sql, tag, err)
				}
			}
			v, err := db.VerifyAudit(t.Context(), postgres.Expected{})
			if err != nil {
				t.Fatal(err)
			}
			if len(v.Altered) != len(c.want) {
				t.Errorf("found %q, want %q", v.Altered, c.want)
			}
			for i, want := range c.want {
				if want = in.Replace(want); i < len(v.Altered) && !strings.Contains(v.Altered[i], want) {
					t.Errorf("finding %d is %q, want %q", i, v.Altered[i], want)
				}
			}
			if c.sql == nil && v.Rows != events {
				t.Errorf("%d rows, want %d", v.Rows, events)
			}
		})
	}
}

// The chains are intact when many write at the same moment, and while they are
// checked.
func TestAuditAtTheSameMoment(t *testing.T) {
	t.Parallel()
	db := openMany(t)
	const writers, each = 200, 5
	done := make(chan postgres.Verified)
	go func() {
		v, err := db.VerifyAudit(t.Context(), postgres.Expected{})
		if err != nil {
			t.Error(err)
		}
		done <- v
	}()
	concurrently(writers, func(i int) {
		for range each {
			if err := db.Record(t.Context(), failedLogin(now.Add(time.Duration(i)))); err != nil {
				t.Error(err)
			}
		}
	})
	if v := <-done; len(v.Altered) > 0 {
		t.Errorf("during the writing: %q", v.Altered)
	}
	v, err := db.VerifyAudit(t.Context(), postgres.Expected{})
	if err != nil || v.Rows != writers*each || len(v.Altered) > 0 {
		t.Errorf("%+v, %v, want %d rows", v, err, writers*each)
	}
}
