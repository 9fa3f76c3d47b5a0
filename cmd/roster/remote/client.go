// Package remote calls the API of a deployed Roster for the command line:
//
//	c, err := remote.New("https://accounts.example.com", token)
//	err = c.Call(ctx, remote.Request{Method: "GET", Path: "/api/user/ann"}, &account)
//
// Its errors are sentences for the person who runs a command. It refuses to send a
// password or a token without TLS, other than to this machine, and to follow a
// redirect with them.
package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"roster"
)

const (
	timeout   = 30 * time.Second // a function has 10
	maxAnswer = 16 << 20         // bytes
)

// Client calls one deployment.
type Client struct {
	base  *url.URL
	token string
	http  *http.Client
}

// New returns a client for the deployment at that address, which may have a path. The
// token may be "" until Login.
func New(address, token string) (*Client, error) {
	u, err := url.Parse(strings.TrimSuffix(address, "/"))
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("the URL of the deployment must look like https://accounts.example.com")
	}
	if u.Scheme == "http" && !isThisMachine(u.Hostname()) {
		return nil, errors.New("the URL of the deployment must begin with https://, so that nobody on the way reads the password or the token")
	}
	return &Client{base: u, token: token, http: &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func isThisMachine(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Request is one call. Body, if it is not nil, is sent as JSON.
type Request struct {
	Method, Path string
	Query        url.Values
	Body         any
}

// Call sends the request and decodes the answer into out, unless out is nil.
func (c *Client) Call(ctx context.Context, in Request, out any) error {
	r, err := c.newRequest(ctx, in)
	if err != nil {
		return err
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return c.unreachable(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return c.unreachable(err)
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return newError(in, answer, body)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("%s answered something that is not Roster's JSON; check the URL", c.base)
	}
	return nil
}

func (c *Client) newRequest(ctx context.Context, in Request) (*http.Request, error) {
	var body io.Reader
	if in.Body != nil {
		text, err := json.Marshal(in.Body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	target := c.base.JoinPath(in.Path)
	target.RawQuery = in.Query.Encode()
	r, err := http.NewRequestWithContext(ctx, in.Method, target.String(), body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "roster/"+roster.Version)
	r.Header.Set("Accept", "application/json")
	if in.Body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	return r, nil
}

// unreachable explains an error of the network. It leaves out the URL of the
// request, which net/http puts before it.
func (c *Client) unreachable(err error) error {
	var inner *url.Error
	if errors.As(err, &inner) {
		err = inner.Err
	}
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		err = dial.Err
	}
	var name *net.DNSError
	if errors.As(err, &name) {
		err = errors.New("there is no such host")
	}
	return fmt.Errorf("%s cannot be reached: %w; check the URL", c.base, err)
}
