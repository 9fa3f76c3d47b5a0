package api

import (
	"net/http"

	"roster/shared/user"
	"roster/shared/web"
)

// usersPage is the answer of ListUsers.
type usersPage struct {
	Users          []listedUser `json:"users"`
	Next           string       `json:"next,omitempty"`            // the parameter cursor of the next page, if there is one
	EstimatedTotal *int64       `json:"estimated_total,omitempty"` // how many users all pages have, about
}

// listedUser has no metadata: 100 accounts could have over a megabyte of it.
type listedUser struct {
	account
	EmailStatus user.EmailStatus `json:"email_status"`
}

// ListUsers is GET /api/users.
func ListUsers(db user.Lister, tokens web.TokenVerifier, cursors Cursors) http.Handler {
	return web.Endpoint(http.StatusOK, func(r *http.Request) (out usersPage, err error) {
		req, err := web.Authenticate(r, tokens)
		if err != nil {
			return out, err
		}
		q, err := listQuery(r, cursors)
		if err != nil {
			return out, err
		}
		page, err := user.List(r.Context(), req, db, q)
		if err != nil {
			return out, err
		}
		out.EstimatedTotal = page.Total
		out.Users = make([]listedUser, len(page.Users))
		for i, u := range page.Users {
			out.Users[i] = listedUser{account: accountOf(u.User), EmailStatus: u.EmailStatus}
		}
		if page.Next != nil {
			out.Next = cursors.Seal(cursorScope(q), encodeListCursor(*page.Next))
		}
		return out, nil
	})
}
