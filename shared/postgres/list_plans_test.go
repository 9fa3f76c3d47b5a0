package postgres_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
	"roster/shared/postgres"
	"roster/shared/request"
	"roster/shared/user"
)

var planDirectory = flag.Int("plan-directory", 40_000, "accounts in TestAPageLooksAtFewAccounts")

// plan is a node of EXPLAIN (format json).
type plan struct {
	Node     string  `json:"Node Type"`
	Relation string  `json:"Relation Name"`
	Index    string  `json:"Index Name"`
	Rows     float64 `json:"Plan Rows"`
	Actual   float64 `json:"Actual Rows"`
	Loops    float64 `json:"Actual Loops"`
	Removed  float64 `json:"Rows Removed by Filter"`
	Plans    []plan
}

// looked returns how many accounts the plan's nodes have looked at.
func (p plan) looked() (n float64) {
	if p.Relation == "users" || p.Index != "" {
		n = (p.Actual + p.Removed) * p.Loops
	}
	for _, child := range p.Plans {
		n += child.looked()
	}
	return n
}

// readsAll returns what reads a table whole, or sorts what an index could give in
// order, as far as the planner knows: a sort of a part of users that it believes to
// have more rows than a search considers.
func (p plan) readsAll(sorted bool) string {
	switch {
	case p.Node == "Seq Scan" && (p.Relation == "users" || p.Relation == "sessions"):
		return p.Node + " on " + p.Relation
	case sorted && p.Relation == "users" && p.Rows > 1001:
		return fmt.Sprintf("a sort of %.0f rows of %s by %s", p.Rows, p.Node, p.Index)
	case p.Node == "Limit" || p.Node == "CTE Scan" || p.Node == "WindowAgg":
		sorted = false
	case p.Node == "Sort":
		sorted = true
	}
	for _, child := range p.Plans {
		if found := child.readsAll(sorted); found != "" {
			return found
		}
	}
	return ""
}

// indexes adds the names of the indexes that the plan uses.
func (p plan) indexes(into map[string]bool) {
	if p.Index != "" {
		into[p.Index] = true
	}
	for _, child := range p.Plans {
		child.indexes(into)
	}
}

// explain returns the plan of a statement for any arguments, as the functions' role
// gets it, or with analyze what it did with these.
func explain(t *testing.T, conn *pgx.Conn, options string, c request.Caller, q user.ListQuery) plan {
	t.Helper()
	sql, values, err := postgres.ListStatement(c, q)
	if err != nil {
		t.Fatal(err)
	}
	literals := make([]string, len(values))
	for i, v := range values {
		literals[i] = literal(t, conn, v)
	}
	var text string
	run := func(sql string, dest ...any) {
		if len(dest) == 0 {
			_, err = conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
		} else {
			err = conn.QueryRow(t.Context(), sql, pgx.QueryExecModeSimpleProtocol).Scan(dest...)
		}
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
	}
	run("deallocate all")
	run("prepare list as " + sql)
	run("explain ("+options+", format json) execute list("+strings.Join(literals, ", ")+")", &text)
	var found []struct{ Plan plan }
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		t.Fatal(err)
	}
	return found[0].Plan
}

// literal returns a value as it stands in SQL.
func literal(t *testing.T, conn *pgx.Conn, v any) string {
	t.Helper()
	if b, isBool := v.(*bool); v == nil || isBool && b == nil {
		return "null"
	} else if isBool {
		v = *b
	}
	text, ok := v.(string)
	if !ok {
		if b, err := conn.TypeMap().Encode(oidOf(v), pgx.TextFormatCode, v, nil); err == nil {
			text = string(b)
		} else {
			text = fmt.Sprint(v)
		}
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// oidOf returns the type of a time, and 0 for other values.
func oidOf(v any) uint32 {
	if regexp.MustCompile(`Timestamptz$|time\.Time$`).MatchString(fmt.Sprintf("%T", v)) {
		return 1184
	}
	return 0
}

// planQueries are queries of each statement.
func planQueries() (all []user.ListQuery) {
	for _, s := range sorts {
		for _, q := range []user.ListQuery{
			{},
			{Count: true},
			{Role: user.RoleUser},
			{Role: user.RoleAdmin},
			{Active: new(false)},
			{EmailStatus: user.EmailBounced},
			{EmailStatus: user.EmailOK},
			{CreatedAfter: time.Date(2020, 3, 1, 0, 0, 0, 0, time.UTC)},
			{CreatedBefore: time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC)},
			{Prefix: "a"},
			{Prefix: "ann123"},
			{Prefix: "tail"},
			{Prefix: "nobody"},
			{Prefix: "mail-", Count: true},
			{Prefix: "mail-", Role: user.RoleAdmin},
			{Prefix: "tail", Role: user.RoleAdmin, Active: new(false)},
			{Prefix: "tail", Active: new(false)},
			{Prefix: "ann123", Active: new(false), EmailStatus: user.EmailSuppressed},
			{Role: user.RoleUser, Active: new(true), EmailStatus: user.EmailSoftBounce},
			{Username: "ann1"},
			{Email: "mail-1@example.com"},
			{UUID: "00000000-0000-4000-8000-000000000000"},
			{ID: 77},
		} {
			q.Sort, q.Limit = s, 100
			all = append(all, q)
		}
	}
	return all
}

// mostLooked is what a statement may look at: two walks, for accounts that have
// logged in and for others; both kinds of candidates, with one account more, which
// says that there are more; the count of few; and a page or two.
const mostLooked = 2*20_000 + 2*1001 + 1001 + 4*101

// A page of GET /api/users costs a bounded number of rows, whatever the filters let
// through and however many accounts there are.
func TestAPageLooksAtFewAccounts(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	c := callerOf(t, create(t, db, adminAccount("boss")))
	fillDirectory(t, *planDirectory)
	conn, err := pgx.Connect(t.Context(), postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "set plan_cache_mode = force_generic_plan"); err != nil {
		t.Fatal(err)
	}
	used, most := map[string]bool{}, 0.0
	for _, q := range planQueries() {
		p := explain(t, conn, "analyze, timing off", c, q)
		if found := p.readsAll(false); found != "" {
			t.Errorf("%+v: %s", q, found)
		}
		if n := p.looked(); n > mostLooked {
			t.Errorf("%+v looks at %.0f accounts, want at most %d", q, n, mostLooked)
		} else {
			most = max(most, n)
		}
		p.indexes(used)
	}
	for _, index := range []string{
		"users_created_at_idx", "users_username_key", "users_last_login_at_idx", "users_email_key", "users_first_name_idx", "users_last_name_idx",
		"users_admins_created_at_idx", "users_inactive_idx", "users_email_status_idx", "users_uuid_key", "users_pkey",
	} {
		if !used[index] {
			t.Errorf("no statement uses %s", index)
		}
	}
	if most < 20_000 {
		t.Errorf("no statement looks at more than %.0f accounts, so this test does not see whether a walk ends", most)
	}
}
