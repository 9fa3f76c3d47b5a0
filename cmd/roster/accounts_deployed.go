package main

import (
	"context"
	"net/http"
	"net/url"

	"roster/cmd/roster/remote"
)

// deployed are the accounts of a deployment. What is allowed is for the deployment to
// say, by the token.
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
	return d.client.Logout(ctx)
}
