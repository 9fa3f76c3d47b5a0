package functions_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"roster/localdev/awstest"
	"roster/localdev/gateway"
	"roster/localdev/programtest"
	"roster/localdev/runtimeapi"
	"roster/shared/api/apitest"
	"roster/shared/aws/sam"
)

// parameters are the values of the variables that CloudFormation computes.
var parameters = map[string]string{
	"DATABASE_AUTH": "password", "MIGRATE_DATABASE_USER": "", // without DatabaseResourceId
	"SECRET_ARN":          secretARN,
	"MIGRATE_SECRET_ARN":  migrateARN,
	"SETTINGS_SECRET_ARN": settingsARN,
	"PUBLIC_SECRET_ARN":   publicARN,
	"PUBLIC_URL":          "https://accounts.example.com",
	"MAIL_FROM":           "no-reply@example.com",
	"ADMIN_EMAIL":         "ops@example.com",
	"AUDIT_RETENTION":     "0",
	"JWT_KMS_KEY":         "",
}

// settings are the values in the secrets and the variables that differ from the
// usual ones. An empty value removes one.
type settings struct {
	secret, variables map[string]string
}

// service is the whole of Roster as deployed, without its database.
type service struct {
	t         testing.TB
	aws       *awstest.Server
	secret    map[string]string
	functions map[string]*runtimeapi.Function
	log       *programtest.Output
	plain     http.Handler // the gateway without that comparison
	gateway   http.Handler // compares every exchange with openapi.yaml
	access    string       // the last access token, for journey
	refresh   string       // the last refresh token, for journey

	// repeat503 makes call repeat a request that is answered 503. It is for tests that
	// claim nothing about outages: on a busy machine a statement may meet the
	// database's limit of 2 s, which rolls it back.
	repeat503 bool
}

func newService(t testing.TB, databaseURL string, s settings) *service {
	t.Helper()
	v := &service{t: t, aws: awstest.New(t), log: &programtest.Output{}, functions: map[string]*runtimeapi.Function{}}
	usual := map[string]string{"DATABASE_URL": databaseURL, "ROOT_KEY": rand.Text() + rand.Text(), "JWT_KEYS": usualRing()}
	v.setSecret(overlay(usual, s.secret))
	var routes []gateway.Route
	for _, f := range readTemplate(t).Functions {
		v.functions[f.Folder] = v.start(f, s.variables)
		for _, r := range f.Routes {
			routes = append(routes, gateway.Route{Method: r.Method, Path: r.Path, Target: f.Folder})
		}
	}
	v.plain = gateway.New(routes, v.invoke)
	v.gateway = apitest.Handler(t, v.plain)
	return v
}

// overlay returns the usual values with others over them. An empty value removes
// one.
func overlay(usual, over map[string]string) map[string]string {
	values := maps.Clone(usual)
	maps.Copy(values, over)
	maps.DeleteFunc(values, func(_, value string) bool { return value == "" })
	return values
}

// start starts a function with the variables that the template gives it.
func (v *service) start(f sam.Function, over map[string]string) *runtimeapi.Function {
	v.t.Helper()
	return v.run(v.config(f, over))
}

func (v *service) config(f sam.Function, over map[string]string) runtimeapi.Config {
	v.t.Helper()
	variables := map[string]string{}
	for name, value := range f.Environment {
		variables[name] = value.Literal
		if known, ok := parameters[name]; ok && value.Intrinsic {
			variables[name] = known
		} else if name == "KEYS_SECRET_ARN" {
			variables[name] = keysOf(v.t, f)
		} else if value.Intrinsic {
			v.t.Fatalf("the template gives %s the variable %s; add a value for it to parameters", f.Folder, name)
		}
	}
	if _, given := variables["REGISTRATION"]; given {
		variables["REGISTRATION"] = "open" // most tests have no ADMIN, whom the template waits for
	}
	env := v.aws.Env() // as Lambda gives them to each function
	for name, value := range overlay(variables, over) {
		env = append(env, name+"="+value)
	}
	return runtimeapi.Config{
		Binary: binary(v.t, f.Folder), Env: env, MemoryMB: f.Memory, Timeout: time.Duration(f.Timeout) * time.Second,
	}
}

func (v *service) startHello() *runtimeapi.Function {
	v.t.Helper()
	return v.run(runtimeapi.Config{Binary: programtest.Program(v.t, "bench/hello")})
}

func (v *service) run(cfg runtimeapi.Config) *runtimeapi.Function {
	v.t.Helper()
	cfg.Log, cfg.InitTimeout = v.log, time.Minute // enough for a busy machine
	running, err := runtimeapi.Start(context.Background(), cfg)
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(running.Close)
	return running
}

func (v *service) invoke(ctx context.Context, target string, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	return v.functions[target].InvokeHTTP(ctx, e)
}

// send sends a request through the gateway to its function.
func (v *service) send(method, path, token, body string) *httptest.ResponseRecorder {
	v.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	switch {
	case strings.HasPrefix(body, "{"):
		r.Header.Set("Content-Type", "application/json")
	case body != "":
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	v.gateway.ServeHTTP(w, r)
	return w
}

// call sends a request, fails the test for any other status and returns the body.
func (v *service) call(method, path, token, body string, status int) string {
	v.t.Helper()
	w := v.send(method, path, token, body)
	if v.repeat503 && w.Code == http.StatusServiceUnavailable {
		programtest.Eventually(v.t, method+" "+path+" is answered", func() bool {
			w = v.send(method, path, token, body)
			return w.Code != http.StatusServiceUnavailable
		})
	}
	if w.Code != status {
		v.t.Fatalf("%s %s: status %d, want %d: %s\n%s", method, path, w.Code, status, w.Body, v.log)
	}
	return w.Body.String()
}

// login returns an access token.
func (v *service) login(credentials string) string {
	v.t.Helper()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(v.call("POST", "/api/user/login", "", credentials, 200)), &answer); err != nil {
		v.t.Fatal(err)
	}
	return answer.AccessToken
}

// mailedToken returns the token in the link of the last mail that resets a password.
func (v *service) mailedToken() string {
	v.t.Helper()
	mails := slices.DeleteFunc(v.aws.Mails(), func(m awstest.Mail) bool { return !strings.Contains(m.Text, "/reset_password?") })
	if len(mails) == 0 {
		v.t.Fatal("no mail with a link to reset a password was sent")
	}
	_, after, _ := strings.Cut(mails[len(mails)-1].Text, parameters["PUBLIC_URL"]+"/reset_password?token=")
	token, _, _ := strings.Cut(after, "\n")
	token, err := url.QueryUnescape(strings.TrimSpace(token))
	if err != nil || token == "" {
		v.t.Fatalf("the mail has no link with a token: %+v", mails[len(mails)-1])
	}
	return token
}

// nothingSecretIn fails the test when a text has a value of the secret, or one of
// the others.
func (v *service) nothingSecretIn(text string, others ...string) {
	v.t.Helper()
	for name, value := range v.secret {
		if name == "DATABASE_URL" {
			value = password(v.t, value)
		}
		others = append(others, value)
	}
	for _, secret := range others {
		if secret != "" && strings.Contains(text, secret) {
			v.t.Errorf("%q is shown:\n%s", secret, text)
		}
	}
}

// password returns the password in a database's URL, or "".
func password(t testing.TB, databaseURL string) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := u.User.Password()
	return p
}
