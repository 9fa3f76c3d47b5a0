package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"roster/localdev/postgrestest"
	"roster/shared/audit"
	"roster/shared/postgres"
)

var auditKey = []byte("0123456789abcdef0123456789abcdef")

// openWithKey opens the test's database as a function does that has the key of
// the audit log.
func openWithKey(t *testing.T, key []byte) *postgres.DB {
	t.Helper()
	url := postgrestest.FunctionsURL(t)
	db, err := postgres.OpenSource(t.Context(), func(context.Context, bool) (string, error) { return url, nil }, postgres.Options{AuditKey: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// appendRow writes a row with correct hashes at the end of chain C, with the
// event that the SQL expression gives for the row before it, r.
const appendRow = `
with last as (select * from audit r where chain = C order by seq desc limit 1),
made as (select chain, seq + 1 as seq, at, actions, actor, target, EVENT as event, hash as before from last r),
head as (update audit_heads h set seq = m.seq, digest = sha256(convert_to(m.event, 'UTF8')),
	hash = sha256(m.before || int8send(m.seq) || sha256(convert_to(m.event, 'UTF8'))) from made m where h.chain = m.chain returning h.hash)
insert into audit (chain, seq, at, actions, actor, target, event, hash)
select m.chain, m.seq, m.at, m.actions, m.actor, m.target, m.event, h.hash from made m, head h`

// rebuild computes all hashes anew, and the heads.
const rebuild = `
with recursive made as (
	select chain, seq, sha256(convert_to(event, 'UTF8')) as digest, sha256(int8send(seq) || sha256(convert_to(event, 'UTF8'))) as hash
	from audit where seq = 1
	union all
	select r.chain, r.seq, sha256(convert_to(r.event, 'UTF8')), sha256(m.hash || int8send(r.seq) || sha256(convert_to(r.event, 'UTF8')))
	from audit r join made m on r.chain = m.chain and r.seq = m.seq + 1
), rows as (update audit a set hash = m.hash from made m where a.chain = m.chain and a.seq = m.seq returning 1)
update audit_heads h set digest = m.digest, hash = m.hash from made m where h.chain = m.chain and h.seq = m.seq`

func appended(event string) string { return strings.ReplaceAll(appendRow, "EVENT", event) }

// What somebody can do who has the database alone, with every right in it, and
// who computes all hashes anew. C stands for a chain and N for its last row.
var forgeries = map[string]struct {
	sql  []string
	want string // a part of a finding
}{
	"the whole log": {[]string{`delete from audit`, `delete from audit_heads`}, "the log is empty, and there are accounts"},
	"the whole log, with new heads": {
		[]string{`delete from audit`, `update audit_heads set seq = 0, digest = '', hash = ''`}, "the log is empty, and there are accounts",
	},
	"a chain and its head":                {[]string{`delete from audit where chain = C`, `delete from audit_heads where chain = C`}, "chain C head is missing"},
	"all chains but one, and their heads": {[]string{`delete from audit where chain <> C`, `delete from audit_heads where chain <> C`}, "head is missing"},
	"a chain, with a new head":            {[]string{`delete from audit where chain = C`, `update audit_heads set seq = 0, digest = '', hash = '' where chain = C`}, "chain C row N is missing: the copy has it"},
	"the last row, with the head before it": {[]string{
		`delete from audit where chain = C and seq = N`,
		`update audit_heads h set seq = r.seq, digest = sha256(convert_to(r.event, 'UTF8')), hash = r.hash from audit r where r.chain = C and r.seq = N - 1 and h.chain = C`,
	}, "chain C row N is missing: the copy has it"},
	"another chain": {[]string{
		`insert into audit select 77, 1, at, actions, actor, target, event, sha256(int8send(1) || sha256(convert_to(event, 'UTF8'))) from audit where chain = C and seq = 1`,
		`insert into audit_heads select 77, 1, sha256(convert_to(event, 'UTF8')), hash from audit where chain = 77`,
	}, "chain 77 is none of the sixteen"},
	"all MACs":                 {[]string{`update audit set event = (event::jsonb - 'mac')::text`, rebuild}, "61 rows have no MAC, and 0 are known"},
	"a row without a MAC":      {[]string{appended(`((r.event::jsonb - 'mac')::text)`)}, "has no MAC, and an earlier one has"},
	"a row with another's MAC": {[]string{appended(`(jsonb_set(r.event::jsonb, '{id}', '"new"')::text)`)}, "has a MAC that is not of this key"},
	"a row that is a copy":     {[]string{appended(`r.event`)}, "is a copy of another row"},
	"an altered row, to the end": {[]string{
		`update audit set event = (jsonb_set(event::jsonb, '{user_agent}', '"x"'))::text where chain = C and seq = N`,
		`update audit r set hash = sha256(b.hash || int8send(r.seq) || sha256(convert_to(r.event, 'UTF8'))) from audit b where r.chain = C and r.seq = N and b.chain = C and b.seq = N - 1`,
		`update audit_heads h set digest = sha256(convert_to(r.event, 'UTF8')), hash = r.hash from audit r where r.chain = C and r.seq = N and h.chain = C`,
	}, "is not the one of the copy"},
}

func TestVerifyAuditFindsWhatIsForged(t *testing.T) {
	t.Parallel()
	for name, c := range forgeries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, pool := openWithKey(t, auditKey), postgrestest.Pool(t)
			create(t, db, account("ann"))
			for i := range 60 {
				if err := db.Record(t.Context(), failedLogin(now.Add(time.Duration(i)*time.Second))); err != nil {
					t.Fatal(err)
				}
			}
			heads, err := db.AuditHeads(t.Context())
			if err != nil || len(heads) != 16 {
				t.Fatal(heads, err)
			}
			chain, rows := longestChain(t, pool)
			in := strings.NewReplacer("chain C", fmt.Sprint("chain ", chain), "chain = C", fmt.Sprint("chain = ", chain), "chain <> C", fmt.Sprint("chain <> ", chain),
				"row N", fmt.Sprint("row ", rows), "seq = N", fmt.Sprint("seq = ", rows))
			expected := postgres.Expected{Keys: [][]byte{auditKey}, Heads: heads}
			if v, err := db.VerifyAudit(t.Context(), expected); err != nil || len(v.Altered) > 0 || v.Unsigned > 0 || !slices.Equal(v.Heads, heads) {
				t.Fatalf("before: %q, %d unsigned, %v, heads %v", v.Altered, v.Unsigned, err, v.Heads)
			}
			forge(t, pool, in, c.sql)
			v, err := db.VerifyAudit(t.Context(), expected)
			if want := in.Replace(c.want); err != nil || !slices.ContainsFunc(v.Altered, func(s string) bool { return strings.Contains(s, want) }) {
				t.Errorf("found %q, %v, want %q", v.Altered, err, want)
			}
		})
	}
}

func forge(t *testing.T, pool *pgxpool.Pool, in *strings.Replacer, sql []string) {
	t.Helper()
	for _, s := range sql {
		if tag, err := pool.Exec(t.Context(), in.Replace(s)); err != nil || tag.RowsAffected() == 0 {
			t.Fatalf("%s: %v, %v", s, tag, err)
		}
	}
}

// Events of every kind keep their MAC, also where the statement fills in the
// target, and after a trimming. Rows from before there was a key are counted.
func TestEventsKeepTheirMAC(t *testing.T) {
	t.Parallel()
	old := openWithKey(t, nil)
	for i := range 40 {
		if err := old.Record(t.Context(), failedLogin(now.Add(-2*365*day+time.Duration(i)*time.Second))); err != nil {
			t.Fatal(err)
		}
	}
	db := openWithKey(t, auditKey)
	u := create(t, db, account("ann"))
	for _, name := range []string{"ann", "nobody"} { // the target is filled in, or is not there
		if _, err := db.CreateReset(t.Context(), resetOf(name, u.Email, "token of "+name, now), event); err != nil {
			t.Fatal(err)
		}
	}
	detailed := audit.Event{Actions: []audit.Action{audit.ActionRoleChanged}, At: now.Add(123456789), Detail: map[string]string{"role": "<ADMIN>\u2028", "a": "\"é"}}
	detailed.Client.UserAgent = "a <b> & \u00e9 \\"
	if err := db.Record(t.Context(), detailed); err != nil {
		t.Fatal(err)
	}
	v, err := db.VerifyAudit(t.Context(), postgres.Expected{Unsigned: 40, Keys: [][]byte{[]byte("a former key, which is also 32 bytes"), auditKey}})
	if err != nil || len(v.Altered) > 0 || v.Unsigned != 40 {
		t.Errorf("%q, %d unsigned, %v", v.Altered, v.Unsigned, err)
	}
	if v, err = db.VerifyAudit(t.Context(), postgres.Expected{Keys: [][]byte{[]byte("another key, which is also 32 bytes")}}); err != nil || len(v.Altered) < 4 {
		t.Errorf("with another key: %q, %v", v.Altered, err)
	}
}

// An upgraded log has entries without a MAC, which the operator has counted. One of
// them must not be turned into the record of a run of roster audit prune, or it would
// account for entries that somebody has erased by hand.
func TestARecordOfPruningNeedsAMAC(t *testing.T) {
	t.Parallel()
	old, db, pool := openWithKey(t, nil), openWithKey(t, auditKey), postgrestest.Pool(t)
	for range 40 {
		if err := old.Record(t.Context(), failedLogin(now)); err != nil {
			t.Fatal(err)
		}
	}
	create(t, db, account("ann"))
	expected := postgres.Expected{Unsigned: 40, Keys: [][]byte{auditKey}}
	if v, err := db.VerifyAudit(t.Context(), expected); err != nil || len(v.Altered) > 0 {
		t.Fatalf("before: %q, %v", v.Altered, err)
	}
	forge(t, pool, strings.NewReplacer(), []string{
		`with one as (select chain, seq from audit where not event::jsonb ? 'mac' limit 1)
		update audit a set actor = null, target = null, actions = '{audit_erased}', event = (jsonb_build_object('chain', a.chain, 'at', event::jsonb -> 'at',
			'actions', '["audit_erased"]'::jsonb, 'detail', '{"rows":"1","erased_in_all":"1","removed_in_all":"0"}'::jsonb))::text
		from one where a.chain = one.chain and a.seq = one.seq`,
		rebuild,
		`update audit set actor = null, target = null, event = (jsonb_build_object('chain', chain, 'at', event::jsonb -> 'at', 'actions', event::jsonb -> 'actions',
			'erased', encode(sha256(convert_to(event, 'UTF8')), 'hex')))::text where event::jsonb ? 'mac'`,
	})
	v, err := db.VerifyAudit(t.Context(), expected)
	if want := "1 rows are erased, and the log records 0"; err != nil || !slices.Contains(v.Altered, want) {
		t.Errorf("found %q, %v, want %q", v.Altered, err, want)
	}
}
