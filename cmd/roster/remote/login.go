package remote

import (
	"context"
	"errors"
	"net/http"
)

const loginPath = "/api/user/login"

// Login begins a session, whose access token all later calls have.
func (c *Client) Login(ctx context.Context, username, password string) error {
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	in := map[string]string{"username": username, "password": password}
	if err := c.Call(ctx, Request{Method: http.MethodPost, Path: loginPath, Body: in}, &answer); err != nil {
		return err
	}
	if answer.AccessToken == "" {
		return errors.New("the login gave no access token; check the URL")
	}
	c.token = answer.AccessToken
	return nil
}

// Logout ends the session of Login.
func (c *Client) Logout(ctx context.Context) error {
	err := c.Call(ctx, Request{Method: http.MethodPost, Path: "/api/user/logout"}, nil)
	c.token = ""
	return err
}
