package deployed

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"roster/localdev/gateway"
	"roster/localdev/runtimeapi"
)

const password = "correct horse battery staple"

// Account is an account that was made for the benchmark, with its last tokens.
type Account struct {
	Name            string
	access, refresh string
}

// NewAccount registers an account with the function register and logs it in with
// the function login.
func (d *Deployment) NewAccount(ctx context.Context) (*Account, error) {
	a := &Account{Name: "b" + strings.ToLower(rand.Text()[:15])}
	for _, step := range []string{"register", "login"} {
		f, err := d.Start(step, nil)
		if err != nil {
			return nil, err
		}
		request := d.register(a.Name)
		if step == "login" {
			request = d.login(a.Name)
		}
		status, err := d.Send(ctx, f, step, request, a)
		f.Close()
		if err != nil {
			return nil, err
		}
		if status >= 300 {
			return nil, fmt.Errorf("%s answered with %d", step, status)
		}
	}
	return a, nil
}

func (d *Deployment) register(name string) *http.Request {
	return jsonRequest("/api/user/register", map[string]string{
		"username": name, "first_name": "Bench", "last_name": "Mark", "email": name + "@example.com", "password": password,
	})
}

func (d *Deployment) login(name string) *http.Request {
	return jsonRequest("/api/user/login", map[string]string{"username": name, "password": password})
}

func jsonRequest(path string, body any) *http.Request {
	text, _ := json.Marshal(body) // a map of strings
	r := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(text))
	r.Header.Set("Content-Type", "application/json")
	return r
}

var variable = regexp.MustCompile(`\{\w+\+?\}`)

// Request returns a request for a function, or nil if no route leads to it. For
// get_user, login, register, refresh, jwks, docs and health it succeeds. For others
// it is the first route without a token and a body, which most refuse; so no
// request changes the account.
func (d *Deployment) Request(folder string, a *Account) *http.Request {
	switch folder {
	case "get_user":
		r := httptest.NewRequest(http.MethodGet, "/api/user/"+a.Name, nil)
		r.Header.Set("Authorization", "Bearer "+a.access)
		return r
	case "login":
		return d.login(a.Name)
	case "register":
		return d.register("b" + strings.ToLower(rand.Text()[:15]))
	case "refresh":
		return jsonRequest("/api/user/refresh", map[string]string{"refresh_token": a.refresh})
	case "docs":
		return httptest.NewRequest(http.MethodGet, "/openapi.json", nil)
	}
	f := d.Template.Function(folder)
	if f == nil || len(f.Routes) == 0 {
		return nil
	}
	method, path := f.Routes[0].Method, variable.ReplaceAllString(f.Routes[0].Path, "x")
	if path == "$default" {
		return httptest.NewRequest(http.MethodGet, "/nothing", nil)
	}
	return httptest.NewRequest(strings.Replace(method, "ANY", http.MethodGet, 1), path, nil)
}

// Send sends a request to a function with the event that API Gateway makes of it, and
// returns the status of the answer. The account gets the tokens that are in it. hello
// gets an event without a request.
func (d *Deployment) Send(ctx context.Context, f *runtimeapi.Function, folder string, r *http.Request, a *Account) (int, error) {
	if r == nil {
		_, err := f.Invoke(ctx, []byte("{}"))
		return 0, err
	}
	var failed error
	var routes []gateway.Route
	for _, route := range d.Template.Function(folder).Routes {
		routes = append(routes, gateway.Route{Method: route.Method, Path: route.Path, Target: folder})
	}
	w := httptest.NewRecorder()
	gateway.New(routes, func(ctx context.Context, _ string, e events.APIGatewayV2HTTPRequest) (resp events.APIGatewayV2HTTPResponse, err error) {
		resp, failed = f.InvokeHTTP(ctx, e)
		return resp, failed
	}).ServeHTTP(w, r.WithContext(ctx))
	if failed != nil {
		return w.Code, fmt.Errorf("%s: %w", folder, failed)
	}
	var tokens struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if w.Code == http.StatusOK && json.Unmarshal(w.Body.Bytes(), &tokens) == nil && tokens.Access != "" {
		a.access = tokens.Access
		if tokens.Refresh == "" {
			return w.Code, errors.New(folder + " answered without a refresh token")
		}
		a.refresh = tokens.Refresh
	}
	return w.Code, nil
}
