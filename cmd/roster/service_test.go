package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"roster"
	"roster/localdev/awstest"
	"roster/localdev/gateway"
	"roster/localdev/handlers"
	"roster/localdev/postgrestest"
	"roster/shared/audit"
	"roster/shared/aws/lambdahttp"
	"roster/shared/aws/sam"
	"roster/shared/boot"
	hasher "roster/shared/credential/password"
	"roster/shared/user"
)

// place is where the commands for accounts work, and the variables that name it.
type place struct {
	environ map[string]string
	address string // of the deployment, "" for a database
	mails   *awstest.Server
}

// The ADMIN of each place, and its password.
const boss, bossPassword = "admin", adminPassword

// database is a place with the tables and an ADMIN.
func database(t *testing.T) place {
	t.Helper()
	values, mails := deployment(t, postgrestest.URL(t), map[string]string{"ADMIN_PASSWORD": bossPassword})
	if r := command(t, values, "seed-admin"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	environ := maps.Clone(values)
	environ["DATABASE_URL"] = postgrestest.FunctionsURL(t)
	return place{environ: environ, mails: mails}
}

// service is a place with the same, reached over HTTP: through what plays API Gateway,
// to the handlers that the functions have.
func service(t *testing.T) place {
	t.Helper()
	store := database(t)
	address := serve(t, store.environ)
	environ := map[string]string{"ROSTER_URL": address, "ROSTER_TOKEN": login(t, address, boss, bossPassword)}
	return place{environ: environ, address: address, mails: store.mails}
}

// serve serves the functions with these settings and returns the address.
func serve(t *testing.T, values map[string]string) (address string) {
	t.Helper()
	values = maps.Clone(values)
	template, err := sam.Parse(roster.Template)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	values["PUBLIC_URL"] = "http://" + server.Listener.Addr().String()
	env := boot.FromMap(values)
	all := handlers.All(env)
	if err := env.Check(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(env.Postgres().Close)
	var routes []gateway.Route
	for _, f := range template.Functions {
		for _, r := range f.Routes {
			routes = append(routes, gateway.Route{Method: r.Method, Path: r.Path, Target: f.Folder})
		}
	}
	invoke := func(ctx context.Context, target string, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		return lambdahttp.Wrap(all[target])(ctx, event)
	}
	server.Config.Handler = gateway.New(routes, invoke)
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// login returns an access token.
func login(t *testing.T, address, username, password string) string {
	t.Helper()
	token, err := tryLogin(t.Context(), address, username, password)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func tryLogin(ctx context.Context, address, username, password string) (token string, err error) {
	body, err := json.Marshal(map[string]string{"username": username, "password": password})
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/api/user/login", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	err = json.NewDecoder(resp.Body).Decode(&answer)
	if err != nil || answer.AccessToken == "" {
		return "", fmt.Errorf("status %d, %v", resp.StatusCode, err)
	}
	return answer.AccessToken, nil
}

// add stores accounts with this password.
func add(t *testing.T, password string, names ...string) {
	t.Helper()
	hash := hasher.NewHasher("").Hash(password)
	at := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	for _, name := range names {
		u := user.User{
			UUID: uuidOf(name), Username: name, FirstName: "First " + name, LastName: "Last", Email: name + "@example.com", PasswordHash: hash,
			Role: user.RoleUser, Active: true, TokenVersion: 1, CreatedAt: at, UpdatedAt: at,
		}
		e := audit.Event{Actions: []audit.Action{audit.ActionRegister}, At: at, Target: u.UUID}
		if _, taken, err := postgrestest.Open(t).CreateUser(t.Context(), user.NewAccount{User: u}, e); err != nil || taken.Any() {
			t.Fatalf("%v, %+v", err, taken)
		}
	}
}

// uuidOf returns the UUID of the account with that name.
func uuidOf(name string) string {
	sum := sha256.Sum256([]byte(name))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
