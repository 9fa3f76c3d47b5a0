package postgres

import (
	"context"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"roster/shared/request"
	"roster/shared/user"
)

// CallerAndUsers returns the account of the caller, nil when there is none or when
// the session is not alive, and a page of accounts if the caller may list them.
func (db *DB) CallerAndUsers(ctx context.Context, c request.Caller, q user.ListQuery) (caller *user.User, page user.ListPage, err error) {
	sql, args := listStatement(q)
	args = append(args, named{{"caller", c.UUID}, {"caller_session", c.Session}, {"caller_version", c.TokenVersion}}...)
	rows, err := collect(ctx, db, query{"list users", sql, args}, scanListed)
	if err != nil || len(rows) == 0 || !rows[0].isCaller {
		return nil, page, err
	}
	page.Total = rows[0].total
	for _, row := range rows[1:] {
		if row.matches && len(page.Users) == q.Limit {
			page.Next = cursorOf(q.Sort, page.Users[q.Limit-1].User) // this row begins the next page
			break
		}
		if row.matches {
			page.Users = append(page.Users, row.listed)
		}
		if row.isEnd {
			page.Next = cursorOf(q.Sort, row.listed.User)
			break
		}
	}
	return &rows[0].listed.User, page, nil
}

type listedRow struct {
	isCaller bool
	matches  bool // otherwise it is on no page, and only says where the search has stopped
	isEnd    bool // the search has stopped here
	total    *int64
	listed   user.Listed
}

func scanListed(row pgx.CollectableRow) (r listedRow, err error) {
	u := &r.listed.User
	err = row.Scan(
		&r.isCaller, &r.matches, &r.isEnd, &u.ID, &u.UUID, &u.Username, &u.FirstName, &u.LastName, &u.Email, &r.listed.EmailStatus,
		&u.Role, &u.Active, &u.TokenVersion, &u.CreatedAt, &u.UpdatedAt, &u.LastLoginAt, &u.PasswordChangedAt, &r.total,
	)
	return r, err
}

// cursorOf returns the place of an account in an order.
func cursorOf(s user.Sort, u user.User) *user.ListCursor {
	switch {
	case s == user.SortUsername:
		return &user.ListCursor{Username: u.Username, ID: u.ID}
	case s == user.SortCreatedAt:
		return &user.ListCursor{At: u.CreatedAt, ID: u.ID}
	case u.LastLoginAt == nil:
		return &user.ListCursor{ID: u.ID}
	}
	return &user.ListCursor{At: *u.LastLoginAt, ID: u.ID}
}

// listStatement returns the statement of a query, and its arguments without those of
// the caller.
func listStatement(q user.ListQuery) (statement, named) {
	switch {
	case q.Username != "":
		return sqlLookUpUsername, named{{"username", q.Username}}
	case q.Email != "":
		return sqlLookUpEmail, named{{"email", q.Email}}
	case q.UUID != "":
		return sqlLookUpUUID, named{{"uuid", q.UUID}}
	case q.ID != 0:
		return sqlLookUpID, named{{"id", q.ID}}
	}
	args := append(afterArgs(q), named{{"rows", q.Limit + 1}, {"count", q.Count}}...)
	source, filters := sourceOf(q), filtersOf(q)
	byOrder := listStatements[q.Sort]
	switch {
	case !filters:
		return byOrder.all, args
	case q.Prefix == "":
		return byOrder.byFilter, append(args, filterArgs(q, argument{"source", orNull(source)})...)
	case source == "":
		return byOrder.byPrefix, append(args, filterArgs(q)...)
	}
	return byOrder.byBoth, append(args, filterArgs(q, argument{"source", source})...)
}

type listStatementsOf struct{ all, byFilter, byPrefix, byBoth statement }

var listStatements = map[user.Sort]listStatementsOf{
	user.SortCreatedAt:   {sqlListByCreatedAt, sqlFilterByCreatedAt, sqlPrefixByCreatedAt, sqlBothByCreatedAt},
	user.SortUsername:    {sqlListByUsername, sqlFilterByUsername, sqlPrefixByUsername, sqlBothByUsername},
	user.SortLastLoginAt: {sqlListByLastLoginAt, sqlFilterByLastLoginAt, sqlPrefixByLastLoginAt, sqlBothByLastLoginAt},
}

func filtersOf(q user.ListQuery) bool {
	return q.Prefix != "" || q.Role != "" || q.Active != nil || q.EmailStatus != "" || !q.CreatedAfter.IsZero() || !q.CreatedBefore.IsZero()
}

// sourceOf returns the filter that has an index of its own, the narrowest first, or
// "". A period needs none in the order of its own index.
func sourceOf(q user.ListQuery) string {
	switch {
	case q.Role == user.RoleAdmin:
		return "admins"
	case q.EmailStatus != "" && q.EmailStatus != user.EmailOK:
		return "email_status"
	case q.Active != nil && !*q.Active:
		return "inactive"
	case q.Sort != user.SortCreatedAt && (!q.CreatedAfter.IsZero() || !q.CreatedBefore.IsZero()):
		return "created"
	}
	return ""
}

func filterArgs(q user.ListQuery, more ...argument) named {
	args := named{
		{"prefix", orNull(q.Prefix)},
		{"role", orNull(q.Role)},
		{"active", q.Active},
		{"email_status", orNull(q.EmailStatus)},
		{"created_after", orInfinity(q.CreatedAfter, pgtype.NegativeInfinity)},
		{"created_before", orInfinity(q.CreatedBefore, pgtype.Infinity)},
	}
	return append(args, more...)
}

// afterArgs are the arguments of the cursor. Without one, they are before the first
// account.
func afterArgs(q user.ListQuery) named {
	at, id, neverID := orInfinity(time.Time{}, pgtype.Infinity), int64(math.MaxInt64), int64(math.MaxInt64)
	username := ""
	if c := q.After; c != nil {
		username, at, id = c.Username, orInfinity(c.At, pgtype.NegativeInfinity), c.ID
		if c.At.IsZero() {
			neverID = c.ID
		}
	}
	switch q.Sort {
	case user.SortUsername:
		return named{{"after_username", username}}
	case user.SortLastLoginAt:
		return named{{"after_at", at}, {"after_id", id}, {"after_never_id", neverID}}
	}
	if before := q.CreatedBefore; !before.IsZero() && (q.After == nil || before.Before(q.After.At)) {
		at, id = orInfinity(before, pgtype.Infinity), 0 // the walk begins where the period ends
	}
	return named{{"after_at", at}, {"after_id", id}}
}
