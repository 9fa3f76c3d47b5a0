package api

import (
	"net/http"

	"roster/shared/fault"
	"roster/shared/user"
	"roster/shared/web"
)

// bulkAnswer has a result for each account, in the order of the request.
type bulkAnswer struct {
	Done  int          `json:"done"` // how many were changed
	Users []bulkResult `json:"users"`
}

// bulkResult has the status that the single call would have had, and for a refusal its
// code and fields.
type bulkResult struct {
	Username string       `json:"username"` // as it was given
	Status   int          `json:"status"`
	Msg      string       `json:"msg"`
	Code     fault.Code   `json:"code,omitempty"`
	Fields   fault.Fields `json:"fields,omitempty"`
}

// UpdateUsers is PATCH /api/users.
func UpdateUsers(db user.BulkUpdater, tokens web.TokenVerifier) http.Handler {
	return web.Endpoint(http.StatusOK, func(r *http.Request) (out bulkAnswer, err error) {
		req, err := web.Authenticate(r, tokens)
		if err != nil {
			return out, err
		}
		changes, bad, err := web.DecodeList[user.BulkChange](r, "users", user.MaxBulk, web.BulkBody)
		if err != nil {
			return out, err
		}
		results, err := user.UpdateMany(r.Context(), req, db, changes, bad)
		if err != nil {
			return out, err
		}
		out.Users = make([]bulkResult, len(results))
		for i, err := range results {
			out.Users[i] = bulkResultOf(changes[i], err)
			if err == nil {
				out.Done++
			}
		}
		return out, nil
	})
}

func bulkResultOf(change user.BulkChange, err error) bulkResult {
	out := bulkResult{Username: web.Shorten(change.Username), Status: http.StatusOK, Msg: "User details updated."}
	switch {
	case err != nil:
		refusal := web.Refusal(err)
		out.Status, out.Msg, out.Code, out.Fields = web.StatusOf(err), refusal.Message, refusal.Code, refusal.Fields
	case change.Delete != nil:
		out.Msg = "User deleted."
	}
	return out
}
