package postgres_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
	"roster/shared/postgres"
	"roster/shared/request"
	"roster/shared/user"
)

var listQueries = flag.Int("list-queries", 16, "queries in TestListUsersFindsWhatIsThere")

// directorySize is above what a search looks at before it ends a page early, so that
// every way to the rows is taken.
const directorySize = 30_000

// fillDirectory makes accounts for lists. Few are ADMINs, some are inactive, some
// have bad addresses. Names, times and user names have nothing to do with each
// other, but for those that begin with "tail": there are many of them, at the end of
// each order.
func fillDirectory(t *testing.T, n int) {
	t.Helper()
	pool := postgrestest.Pool(t)
	for _, sql := range []string{
		`insert into users (uuid, username, first_name, last_name, email, password_hash, role, active, email_status, created_at, updated_at, last_login_at)
		select gen_random_uuid(), first || n, first, (array['Lee', 'Ångström', '50%', 'a_b', 'Anders'])[1 + n % 5], 'Mail-' || n || '@example.com', 'x',
			case when n % 1000 = 7 then 'ADMIN' else 'USER' end, n % 4 > 0,
			case n % 300 when 3 then 'bounced' when 5 then 'suppressed' else 'ok' end,
			'2020-01-01'::timestamptz + (n::bigint * 7919 % 10007) * interval '1 hour', now(),
			case when n % 3 > 0 then '2024-01-01'::timestamptz + (n::bigint * 104729 % 1009) * interval '1 minute' end
		from (select n, (array['ann', 'anna', 'bob', 'zoe', 'ärin'])[1 + n % 5] as name from generate_series(1, $1::int) n) as n,
			lateral (select replace(name, 'ä', 'a') as first) as f`,
		`update users set first_name = 'Tail', created_at = '2019-01-01'::timestamptz + id * interval '1 second', last_login_at = null,
			username = 'zz-' || id where id > $1::int * 3 / 4`,
	} {
		if _, err := pool.Exec(t.Context(), sql, n); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := pool.Exec(t.Context(), "vacuum (analyze) users"); err != nil {
		t.Fatal(err)
	}
}

// readUsers returns all accounts, as plain SQL reads them.
func readUsers(t *testing.T) []user.Listed {
	t.Helper()
	rows, err := postgrestest.Pool(t).Query(t.Context(), `select id, uuid, username, first_name, last_name, email, email_status, role, active, token_version,
		created_at, updated_at, last_login_at, password_changed_at from users`)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (u user.Listed, err error) {
		return u, row.Scan(&u.ID, &u.UUID, &u.Username, &u.FirstName, &u.LastName, &u.Email, &u.EmailStatus, &u.Role, &u.Active, &u.TokenVersion,
			&u.CreatedAt, &u.UpdatedAt, &u.LastLoginAt, &u.PasswordChangedAt)
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// wanted returns what a query should find, in its order.
func wanted(all []user.Listed, q user.ListQuery) (found []user.Listed) {
	for _, u := range all {
		begins := func(s string) bool { return strings.HasPrefix(strings.ToLower(s), strings.ToLower(q.Prefix)) }
		if (q.Prefix == "" || begins(u.Username) || begins(u.Email) || begins(u.FirstName) || begins(u.LastName)) &&
			(q.Role == "" || q.Role == u.Role) && (q.Active == nil || *q.Active == u.Active) && (q.EmailStatus == "" || q.EmailStatus == u.EmailStatus) &&
			!u.CreatedAt.Before(q.CreatedAfter) && (q.CreatedBefore.IsZero() || u.CreatedAt.Before(q.CreatedBefore)) {
			found = append(found, u)
		}
	}
	slices.SortFunc(found, func(a, b user.Listed) int {
		switch q.Sort {
		case user.SortUsername:
			return strings.Compare(a.Username, b.Username)
		case user.SortLastLoginAt:
			return cmp.Or(login(b).Compare(login(a)), cmp.Compare(b.ID, a.ID))
		}
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
	})
	return found
}

func login(u user.Listed) (at time.Time) {
	if u.LastLoginAt != nil {
		at = *u.LastLoginAt
	}
	return at
}

// readList returns the accounts of all pages, and how many pages were short though
// another one followed.
func readList(ctx context.Context, t *testing.T, db *postgres.DB, c request.Caller, q user.ListQuery) (all []user.Listed, short int) {
	t.Helper()
	for {
		caller, page, err := db.CallerAndUsers(ctx, c, q)
		if err != nil || caller == nil || caller.UUID != c.UUID {
			t.Fatalf("%+v: the caller is %v, %v", q, caller, err)
		}
		if all = append(all, page.Users...); len(page.Users) > q.Limit {
			t.Fatalf("%+v: a page of %d", q, len(page.Users))
		}
		if page.Next == nil {
			return all, short
		}
		if len(page.Users) < q.Limit {
			short++
		}
		q.After = page.Next
	}
}

var (
	someTimes    = []time.Time{{}, {}, {}, time.Date(2020, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2020, 12, 1, 0, 0, 0, 0, time.UTC)}
	somePrefixes = []string{"", "", "a", "an", "AN", "ann12", "anna", "tail", "t", "mail-", "Mail-12", "lee", "Å", "50%", "5_", "a_", "nobody", "zz-2", "%", "_"}
	someStatuses = []user.EmailStatus{"", "", "", user.EmailOK, user.EmailBounced, user.EmailSoftBounce}
	sorts        = []user.Sort{user.SortCreatedAt, user.SortUsername, user.SortLastLoginAt}
)

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func someQuery(r *rand.Rand) user.ListQuery {
	q := user.ListQuery{
		Prefix: pick(r, somePrefixes...), Role: pick(r, "", "", "", user.RoleAdmin, user.RoleUser), Active: pick(r, nil, nil, nil, new(true), new(false)),
		EmailStatus: pick(r, someStatuses...), CreatedAfter: pick(r, someTimes...), Sort: pick(r, sorts...), Limit: pick(r, 100, 73),
	}
	if q.CreatedBefore = pick(r, someTimes...); !q.CreatedBefore.After(q.CreatedAfter) {
		q.CreatedBefore = time.Time{}
	}
	return q
}

// Every query finds on all its pages what plain Go finds in all accounts, in the same
// order, whichever way the statement takes.
func TestListUsersFindsWhatIsThere(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	c := callerOf(t, create(t, db, adminAccount("boss")))
	fillDirectory(t, directorySize)
	all := readUsers(t)
	queries := []user.ListQuery{}
	for _, s := range sorts {
		queries = append(queries, user.ListQuery{Sort: s, Limit: 100}, user.ListQuery{Sort: s, Limit: 100, Prefix: "tail"}) // "tail" begins late
	}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	for len(queries) < *listQueries {
		if q := someQuery(r); len(wanted(all, q)) < 1000 {
			queries = append(queries, q)
		}
	}
	short := 0
	for _, q := range queries {
		got, early := readList(t.Context(), t, db, c, q)
		short += early
		if diff := gocmp.Diff(ids(wanted(all, q)), ids(got)); diff != "" {
			t.Errorf("%+v (seed %d; -want +got):\n%.1000s", q, seed, diff)
		}
	}
	if short == 0 {
		t.Error("no search has ended a page early, so this test does not see whether the next page goes on there")
	}
	want := wanted(all, queries[0])[0]
	if got, _ := readList(t.Context(), t, db, c, user.ListQuery{Username: want.Username, Limit: 1}); len(got) != 1 || gocmp.Diff(want, got[0]) != "" {
		t.Errorf("an account in full (-want +got):\n%s", gocmp.Diff([]user.Listed{want}, got))
	}
}

func ids(users []user.Listed) (list []int64) {
	for _, u := range users {
		list = append(list, u.ID)
	}
	return list
}

// The page is empty for every caller that may not list. Package user refuses these,
// too; a mistake there must not show an account.
func TestOnlyAnActiveAdminGetsAPage(t *testing.T) {
	t.Parallel()
	db, pool := postgrestest.Open(t), postgrestest.Pool(t)
	for name, c := range map[string]struct {
		change string // of the caller's row, or its session
		found  bool   // the caller
		listed bool
	}{
		"admin":       {"", true, true},
		"user":        {"update users set role = 'USER' where uuid = $1", true, false},
		"inactive":    {"update users set active = false where uuid = $1", true, false},
		"new-version": {"update users set token_version = 2 where uuid = $1", false, false}, // which ends the session
		"logged-out":  {"delete from sessions using users u where u.id = user_id and uuid = $1", false, false},
		"deleted":     {"delete from users where uuid = $1", false, false},
	} {
		caller := callerOf(t, create(t, db, adminAccount(name)))
		if c.change != "" {
			if _, err := pool.Exec(t.Context(), c.change, caller.UUID); err != nil {
				t.Fatal(err)
			}
		}
		for _, q := range []user.ListQuery{
			{},
			{Prefix: "e"},
			{Role: user.RoleUser},
			{Role: user.RoleAdmin, Prefix: "x"},
			{Username: name},
			{Email: name + "@example.com"},
			{UUID: caller.UUID},
			{ID: 1},
		} {
			for _, q.Sort = range sorts {
				q.Limit, q.Count = 10, true
				self, page, err := db.CallerAndUsers(t.Context(), caller, q)
				isEmpty := len(page.Users) == 0 && page.Next == nil && page.Total == nil
				if err != nil || (self != nil) != c.found || !c.listed && !isEmpty {
					t.Errorf("%s, %+v: %v, %+v, %v", name, q, self, page, err)
				}
			}
		}
		if _, page, err := db.CallerAndUsers(t.Context(), caller, user.ListQuery{UUID: caller.UUID, Limit: 1}); err != nil || len(page.Users) == 1 != c.listed {
			t.Errorf("%s: %+v, %v", name, page, err)
		}
	}
}

func TestLookUpOneUser(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	c := callerOf(t, create(t, db, adminAccount("boss")))
	ann := create(t, db, account("ann"))
	for name, q := range map[string]user.ListQuery{
		"username": {Username: "ann"}, "e-mail": {Email: "ANN@example.com"}, "uuid": {UUID: ann.UUID}, "id": {ID: ann.ID},
		"nobody": {Username: "ben"}, "no e-mail": {Email: "ben@example.com"}, "no uuid": {UUID: "00000000-0000-4000-8000-000000000000"}, "no id": {ID: 99},
	} {
		q.Sort, q.Limit = user.SortCreatedAt, 50
		want := []int64{ann.ID}
		if strings.HasPrefix(name, "no") {
			want = nil
		}
		got, _ := readList(t.Context(), t, db, c, q)
		if diff := gocmp.Diff(want, ids(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestListUsersCountsWhereThatIsCheap(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	c := callerOf(t, create(t, db, adminAccount("boss")))
	total := func(q user.ListQuery) string {
		q.Limit, q.Count = 1, true
		q.Sort = cmp.Or(q.Sort, user.SortCreatedAt)
		_, page, err := db.CallerAndUsers(t.Context(), c, q)
		if err != nil {
			t.Fatal(err)
		}
		if page.Total == nil {
			return "none"
		}
		return fmt.Sprint(*page.Total)
	}
	if got := total(user.ListQuery{}); got != "1" {
		t.Errorf("one account is counted as %s", got)
	}
	fillDirectory(t, directorySize)
	all := readUsers(t)
	for _, q := range []user.ListQuery{
		{},
		{Role: user.RoleAdmin},
		{Prefix: "boss", Role: user.RoleAdmin},
		{EmailStatus: user.EmailBounced},
		{Prefix: "ann1200"},
		{Prefix: "ann120", Active: new(true), Sort: user.SortUsername},
		{Prefix: "nobody", Sort: user.SortLastLoginAt},
	} {
		if got, want := total(q), fmt.Sprint(len(wanted(all, q))); got != want {
			t.Errorf("%+v: %s accounts, want %s", q, got, want)
		}
	}
	if got := total(user.ListQuery{Prefix: "mail-"}); got != "none" {
		t.Errorf("%d accounts with one prefix are counted as %s", directorySize, got)
	}
}
