package functions_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/awstest"
	"roster/localdev/postgrestest"
	"roster/localdev/programtest"
	"roster/localdev/runtimeapi"
	"roster/shared/aws/sam"
)

// behindTheAPI are the functions with a route and a secret, each with a request to
// it.
func behindTheAPI(t *testing.T) map[string]func(*service) int {
	t.Helper()
	requests := map[string]func(*service) int{}
	for _, f := range readTemplate(t).Functions {
		if _, reads := f.Environment["SETTINGS_SECRET_ARN"]; !reads || len(f.Routes) == 0 {
			continue
		}
		requests[f.Folder] = func(v *service) int { return v.firstRoute(f) }
	}
	if len(requests) < 15 {
		t.Fatalf("only %d functions", len(requests))
	}
	return requests
}

// firstRoute sends a request to a function's first route and returns the status.
// It checks that a 503 has the headers and the text that it must have.
func (v *service) firstRoute(f sam.Function) int {
	v.t.Helper()
	route, body := f.Routes[0], ""
	if route.Method == "POST" || route.Method == "PUT" {
		body = "{}"
	}
	w := v.send(route.Method, strings.NewReplacer("{username}", "user1", "{id}", "1").Replace(route.Path), "", body)
	if w.Code != 503 {
		return w.Code
	}
	got := map[string]string{}
	for _, name := range []string{"Retry-After", "Cache-Control", "X-Content-Type-Options", "Content-Type"} {
		got[name] = w.Header().Get(name)
	}
	want := map[string]string{
		"Retry-After": "2", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Content-Type": "application/problem+json",
	}
	text := `"code":"unavailable"`
	if special[f.Folder].answersHTML {
		want["Content-Type"], text = "text/html; charset=utf-8", "The service is not available right now."
	}
	if diff := cmp.Diff(want, got); diff != "" || !strings.Contains(w.Body.String(), text) || w.Header().Get("X-Request-Id") == "" {
		v.t.Errorf("%s, its 503 (-want +got):\n%s%s", f.Folder, diff, w.Body)
	}
	return w.Code
}

// Secrets Manager is down when the functions start. They answer 503, and serve in
// the same process when it is back.
func TestAnOutageAtTheStartPasses(t *testing.T) {
	t.Parallel()
	v := newService(t, postgrestest.URL(t), settings{})
	v.aws.Fail(awstest.GetSecretValue, awstest.Times(10_000, awstest.ServerError)...)
	described := v.gateway
	v.gateway = v.plain // openapi.yaml promises 400 for these requests
	requests := behindTheAPI(t)
	for folder, request := range requests {
		if got := request(v); got != 503 {
			t.Errorf("%s: %d in the outage", folder, got)
		}
	}
	reads, began := v.aws.Calls(awstest.GetSecretValue), time.Now()
	for range 100 {
		requests["health"](v)
	}
	// An attempt makes at most three calls for each of the two secrets, and the next begins a second later.
	if more, most := v.aws.Calls(awstest.GetSecretValue)-reads, 3*2*(2+int(time.Since(began)/time.Second)); more > most {
		t.Errorf("%d calls for 100 requests, want at most %d", more, most)
	}
	v.logHas(
		`"level":"WARN","message":"nothing is served until the secret can be read"`, `"status":503`,
		"no usable answer from Secrets Manager",
	)
	processes := v.processes()
	v.aws.Recover(awstest.GetSecretValue)
	for folder, request := range requests {
		got := 0
		programtest.Eventually(t, folder+" serves", func() bool { got = request(v); return got != 503 })
		if got >= 500 {
			t.Errorf("%s: %d after the outage", folder, got)
		}
	}
	if diff := cmp.Diff(processes, v.processes()); diff != "" {
		t.Errorf("processes (-in the outage +after it):\n%s", diff)
	}
	v.gateway = described
	v.call("POST", "/api/user/register", "", account, 201)
	v.call("GET", "/api/user/user1", v.login(credentials), "", 200)
	v.nothingSecretIn(v.log.String())
}

// When Secrets Manager does not answer at all, a request gets its 503 within
// seconds.
func TestASilentOutageIsToldInTime(t *testing.T) {
	t.Parallel()
	v := newService(t, postgrestest.URL(t), settings{})
	v.aws.Fail(awstest.GetSecretValue, awstest.Times(100, awstest.Hang)...)
	if err := v.functions["health"].Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		began := time.Now()
		v.call("GET", "/healthz", "", "", 503)
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("it took %v", took)
		}
	}
	v.aws.Recover(awstest.GetSecretValue)
	programtest.Eventually(t, "it serves", func() bool { return available(t, v.send("GET", "/healthz", "", "")) })
}

// A secret that proves to be bad after the outage ends the process, as it would
// have ended the start.
func TestAnOutageEndsInABadSecret(t *testing.T) {
	t.Parallel()
	const event = `{"version":"2.0","rawPath":"/healthz","requestContext":{"http":{"method":"GET","path":"/healthz"}}}`
	for want, spoil := range map[string]func(*service){
		"not allowed; the function's role needs": func(v *service) {
			v.aws.Fail(awstest.GetSecretValue, awstest.Times(100, awstest.AccessDenied)...)
		},
		unusable + "DATABASE_URL is missing": func(v *service) { v.aws.SetSecret(secretARN, `{}`) },
		"it is not a JSON object":            func(v *service) { v.aws.SetSecret(secretARN, canary) },
	} {
		v := newService(t, "", settings{})
		v.aws.Fail(awstest.GetSecretValue, awstest.Times(100, awstest.ServerError)...)
		answer, err := v.functions["health"].Invoke(t.Context(), []byte(event))
		if err != nil || !strings.Contains(string(answer), `"statusCode":503`) {
			t.Fatalf("%v: %s", err, answer)
		}
		v.aws.Recover(awstest.GetSecretValue)
		spoil(v)
		var ended *runtimeapi.CrashError
		programtest.Eventually(t, want, func() bool {
			_, err := v.functions["health"].Invoke(t.Context(), []byte(event))
			return errors.As(err, &ended)
		})
		if ended.Status != "exit status 1" || !strings.Contains(ended.Output, want) || strings.Contains(ended.Output, "canary") {
			t.Errorf("%s: %v", want, ended)
		}
	}
}
