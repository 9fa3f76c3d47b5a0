package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"slices"

	"roster/bench/report"
)

// directoryUsers is how many accounts the directory has, and farPage after how many
// of them the far page begins.
const (
	directoryUsers = 1_000_000
	farPage        = 900_000
)

// listing is one way to read the directory, and its windows.
type listing struct {
	what    string
	path    func() string
	windows []window
}

// measureDirectory measures an ADMIN that reads the directory in several ways, in
// turns, beside GET of one account, which is the first.
func measureDirectory(ctx context.Context, l *laboratory, o options) ([]*listing, error) {
	s, err := l.startRoster(ctx, "directory", nil)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	if err := l.fillDirectory(ctx, "directory"+l.suffix); err != nil {
		return nil, fmt.Errorf("make %d users: %w", directoryUsers, err)
	}
	header, err := adminHeader(s)
	if err != nil {
		return nil, err
	}
	all := []*listing{{what: "GET by username", path: func() string { return userPath + someName() }}}
	for _, order := range []string{"created_at", "username", "last_login_at"} {
		far, err := cursorAfter(s, header, order)
		if err != nil {
			return nil, err
		}
		first := "/api/users?sort=" + order
		all = append(all,
			fixedListing("the first page by "+order, first),
			fixedListing(fmt.Sprintf("the page after %d by %s", farPage, order), first+"&cursor="+far))
	}
	if header, err = adminHeader(s); err != nil { // the far pages take minutes, and a token lives for ten
		return nil, err
	}
	all = append(all, searches()...)
	for range o.rounds {
		for _, one := range all {
			begin := func(*subject, int) (client, error) {
				return func() (call, error) {
					return call{method: "GET", path: one.path(), status: http.StatusOK, header: header}, nil
				}, nil
			}
			if err := add(ctx, &one.windows, load{s, begin, 1, o.window}); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

func fixedListing(what, path string) *listing {
	return &listing{what: what, path: func() string { return path }}
}

// searches are prefixes that find few accounts, many, and none, alone and with other
// filters.
func searches() (all []*listing) {
	all = append(all,
		&listing{what: "q: a name and its digits, 1 to 11 accounts", path: func() string { return "/api/users?q=" + someName() }},
		&listing{what: "exact: username=", path: func() string { return "/api/users?username=" + someName() }})
	for _, order := range []string{"created_at", "username", "last_login_at"} {
		for _, filter := range []string{"q=ann123", "q=an", "q=a", "q=zoe", "q=zzz", "q=a&role=ADMIN", "q=a&active=false", "role=ADMIN", "active=false", "email_status=bounced"} {
			all = append(all, fixedListing(filter+", by "+order, "/api/users?"+filter+"&sort="+order))
		}
	}
	return all
}

var directoryNames = []string{
	"ann", "anna", "andrew", "bob", "ben", "carl", "carol", "dave", "dora", "eve", "eric", "fay", "finn", "gus", "gina", "hal", "hana", "ian", "ida", "jan",
	"joe", "jill", "kai", "kim", "leo", "lea", "max", "mia", "ned", "nina", "otto", "olga", "paul", "pia", "quin", "rita", "rob", "sam", "sue", "tim",
	"tina", "uwe", "ursa", "vera", "vito", "walt", "wim", "xena", "yuri", "zoe",
}

// someName is the username of one of the accounts.
func someName() string {
	r, err := rand.Int(rand.Reader, big.NewInt(directoryUsers))
	if err != nil { // crypto/rand never returns one
		panic(err)
	}
	n := int(r.Int64()) + 1
	return fmt.Sprint(directoryNames[n%len(directoryNames)], n)
}

// fillDirectory makes accounts without passwords. One of 50,000 is an ADMIN, one of
// 33 is inactive, one of 1,000 has an address that bounced, and four of five have
// logged in.
func (l *laboratory) fillDirectory(ctx context.Context, database string) error {
	err := l.exec(ctx, database, `insert into users (uuid, username, first_name, last_name, email, password_hash, role, active, email_status, created_at, updated_at, last_login_at)
		select gen_random_uuid(), name || n, initcap(name), 'Number', name || n || '@example.com', '',
			case when n % 50000 = 7 then 'ADMIN' else 'USER' end, n % 33 <> 1, case when n % 1000 = 3 then 'bounced' else 'ok' end,
			'2020-01-01'::timestamptz + (n::bigint * 7919 % 1000003) * interval '200 seconds', now(),
			case when n % 5 > 0 then '2024-01-01'::timestamptz + (n::bigint * 104729 % 1000003) * interval '60 seconds' end
		from (select n, ($2::text[])[1 + n % cardinality($2)] as name from generate_series(1, $1::int) n) as n order by md5(n::text)`, directoryUsers, directoryNames)
	for _, sql := range []string{"vacuum (analyze) users", "checkpoint"} {
		if err == nil {
			err = l.exec(ctx, database, sql)
		}
	}
	return err
}

// cursorAfter reads page by page until the far page, and returns its cursor.
func cursorAfter(s *subject, header map[string]string, order string) (string, error) {
	path, cursor := "/api/users?limit=100&sort="+order, ""
	for seen := 0; seen < farPage; {
		var page struct {
			Users []struct{ ID int64 }
			Next  string
		}
		c := call{method: "GET", path: path, status: http.StatusOK, header: header, read: func(b []byte) error { return json.Unmarshal(b, &page) }}
		if cursor != "" {
			c.path += "&cursor=" + cursor
		}
		if err := once(s, c); err != nil {
			return "", err
		}
		if seen, cursor = seen+len(page.Users), page.Next; cursor == "" {
			return "", fmt.Errorf("the list by %s ends after %d accounts", order, seen)
		}
	}
	return cursor, nil
}

// directoryResults turns what was measured into rows of the report.
func directoryResults(all []*listing) (rows []report.DirectoryResult) {
	for _, one := range all {
		r := summary(one.windows)
		slowest := 0.0
		for _, w := range one.windows {
			slowest = max(slowest, slices.Max(append(w.latencies, 0)).Seconds()*1000)
		}
		rows = append(rows, report.DirectoryResult{What: one.what, P50ms: r.p50, P99ms: r.p99, SlowestMs: slowest, DatabaseCPUms: r.database})
	}
	return rows
}
