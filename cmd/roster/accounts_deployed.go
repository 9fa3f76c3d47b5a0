package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"roster/cmd/roster/remote"
)

// deployed are the accounts of a deployment. The deployment decides what the token may
// do.
type deployed struct {
	client   *remote.Client
	loggedIn bool // by this command, which ends the session
}

func userPath(username string) string { return "/api/user/" + url.PathEscape(username) }

func (d deployed) show(ctx context.Context, username string) (a account, err error) {
	err = d.client.Call(ctx, remote.Request{Method: http.MethodGet, Path: userPath(username)}, &a)
	return a, err
}

func (d deployed) set(ctx context.Context, username string, a access) error {
	return d.client.Call(ctx, remote.Request{Method: http.MethodPut, Path: userPath(username), Body: a}, nil)
}

func (d deployed) remove(ctx context.Context, username string) error {
	return d.client.Call(ctx, remote.Request{Method: http.MethodDelete, Path: userPath(username)}, nil)
}

func (d deployed) close(ctx context.Context) error {
	if !d.loggedIn {
		return nil
	}
	err := d.client.Logout(ctx)
	if refusal := (*remote.Error)(nil); errors.As(err, &refusal) && refusal.Status == http.StatusUnauthorized {
		return nil // the command has ended the session itself, such as by a demotion of its own account
	}
	return err
}

func (d deployed) list(ctx context.Context, f filter, each func([]listed) error) (more bool, err error) {
	parameters, seen := f.query(), 0
	for {
		var page struct {
			Users []listed `json:"users"`
			Next  string   `json:"next"`
		}
		if !f.isOne() {
			parameters.Set("limit", strconv.Itoa(f.page(seen)))
		}
		if err := d.client.Call(ctx, remote.Request{Method: http.MethodGet, Path: "/api/users", Query: parameters}, &page); err != nil {
			return false, err
		}
		if err := each(page.Users); err != nil {
			return false, err
		}
		if seen += len(page.Users); page.Next == "" || f.limit > 0 && seen >= f.limit {
			return page.Next != "", nil
		}
		parameters.Set("cursor", page.Next)
	}
}

func (d deployed) create(ctx context.Context, n newAccount) (account, bool, error) {
	var answer struct {
		User   account `json:"user"`
		Mailed bool    `json:"mailed"`
	}
	err := d.client.Call(ctx, remote.Request{Method: http.MethodPost, Path: "/api/users", Body: n}, &answer)
	return answer.User, answer.Mailed, err
}

func (d deployed) reset(ctx context.Context, username string) error {
	return d.client.Call(ctx, remote.Request{Method: http.MethodPost, Path: userPath(username) + "/reset"}, nil)
}
