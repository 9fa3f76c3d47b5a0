package user

import (
	"context"

	"roster/shared/fault"
	"roster/shared/request"
)

// Listed is an account in a list. It has no PasswordHash: a list needs none.
type Listed struct {
	User
	EmailStatus EmailStatus
}

// ListPage is one page of accounts. It may have fewer accounts than the limit, even
// none, and still be followed by another one: a search ends a page after it has looked
// at 20,000 accounts or so, so that no page takes long.
type ListPage struct {
	Users []Listed
	Next  *ListCursor // After of the next page; nil on the last page
	// Total is about how many accounts the query finds on all pages; nil where
	// nobody asked, or where counting would take long.
	Total *int64
}

// Lister reads the caller and accounts.
type Lister interface {
	// CallerAndUsers returns the account of the caller, nil if there is none or if
	// its session has ended. If the caller is an active ADMIN and its token is still
	// accepted, it also returns a page. All is one statement.
	CallerAndUsers(ctx context.Context, c request.Caller, q ListQuery) (caller *User, page ListPage, err error)
}

// List returns a page of accounts to an ADMIN. Other callers get Forbidden.
func List(ctx context.Context, req request.Request, db Lister, q ListQuery) (ListPage, error) {
	if !req.Caller.WellFormed() {
		return ListPage{}, fault.NotLoggedIn()
	}
	if err := CheckListQuery(q).Err(); err != nil {
		return ListPage{}, err
	}
	self, page, err := db.CallerAndUsers(ctx, req.Caller, q.canonical())
	switch {
	case err != nil:
		return ListPage{}, err
	case !self.accepts(req.Caller):
		return ListPage{}, fault.NotLoggedIn()
	case self.Role != RoleAdmin:
		return ListPage{}, fault.NotPermitted()
	}
	return page, nil
}
