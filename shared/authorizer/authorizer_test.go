package authorizer_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/authorizer"
	"roster/shared/request"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	os.Exit(m.Run())
}

const (
	claims         = `{"role":"USER","sid":"01939e6e-5a7c-7bd0-8f0e-000000000007","sub":"01939e6e-5a7c-7bd0-8f0e-000000000001","username":"ann"}`
	simpleResponse = `{"isAuthorized":true,"context":` + claims + `}`
	arn            = "arn:aws:execute-api:us-east-1:123456789012:abcdef123/"
)

func policy(stage string) string {
	return `{"principalId":"01939e6e-5a7c-7bd0-8f0e-000000000001","policyDocument":{"Version":"2012-10-17","Statement":[` +
		`{"Action":["execute-api:Invoke"],"Effect":"Allow","Resource":["` + arn + stage + `/*"]}]},"context":` + claims + `}`
}

// The events are from the API Gateway Developer Guide, with a bearer token.
func TestEachEventFormatGetsItsResponse(t *testing.T) {
	t.Parallel()
	const rest = `"resource":"/request","path":"/request","httpMethod":"GET","queryStringParameters":{"QueryString1":"queryValue1"},"pathParameters":{},
		"stageVariables":{"StageVar1":"stageValue1"},"requestContext":{"path":"/request","accountId":"123456789012","resourceId":"05c7jb","stage":"test",
		"requestId":"...","identity":{"apiKey":"...","sourceIp":"..."},"resourcePath":"/request","httpMethod":"GET","apiId":"abcdef123"}`
	for name, c := range map[string]struct{ event, want string }{
		"HTTP API, 2.0": {`{"version":"2.0","type":"REQUEST","routeArn":"` + arn + `test/GET/request","identitySource":["Bearer token-7"],
			"routeKey":"$default","rawPath":"/my/path","rawQueryString":"","cookies":["cookie1"],"headers":{"accept":"*/*","authorization":"Bearer token-7"},
			"requestContext":{"accountId":"123456789012","apiId":"api-id","http":{"method":"POST"},"timeEpoch":1583348638390},"stageVariables":null}`, simpleResponse},
		"HTTP API, 2.0, cached by the route": {`{"version":"2.0","type":"REQUEST","identitySource":["GET /a","bearer token-7"],"headers":{"Authorization":"bearer token-7"}}`, simpleResponse},
		"HTTP API, 2.0, not cached":          {`{"version":"2.0","type":"REQUEST","identitySource":null,"headers":{"authorization":"Bearer token-7"}}`, simpleResponse},
		"HTTP API, 1.0": {`{"version":"1.0","type":"REQUEST","methodArn":"` + arn + `$default/GET/request","identitySource":"Bearer token-7,GET /request",
			"authorizationToken":"Bearer token-7,GET /request","headers":{"Authorization":"Bearer token-7"},` + rest + `}`, policy("$default")},
		"REST API, REQUEST": {`{"type":"REQUEST","methodArn":"` + arn + `test/GET/request","headers":{"X-AMZ-Date":"20170718T062915Z","aUTHORIZATION":"Bearer token-7"},
			"multiValueHeaders":{"aUTHORIZATION":["Bearer token-7"]},` + rest + `}`, policy("test")},
		"REST API, TOKEN":               {`{"type":"TOKEN","authorizationToken":"Bearer token-7","methodArn":"` + arn + `test/GET/a/b:c/d"}`, policy("test")},
		"REST API, TOKEN, at its root":  {`{"type":"TOKEN","authorizationToken":"Bearer token-7","methodArn":"` + arn + `test/GET/"}`, policy("test")},
		"WebSocket API":                 {`{"type":"REQUEST","methodArn":"` + arn + `prod/$connect","headers":{"Authorization":"Bearer token-7"}}`, policy("prod")},
		"REST API, the console's trial": {`{"type":"TOKEN","authorizationToken":"Bearer token-7","methodArn":"` + arn + `ESTestInvoke-stage/GET/"}`, policy("ESTestInvoke-stage")},
	} {
		a := newBackend().authorizer(time.Minute)
		for range 2 { // from the database, and from the cache
			answer, err := a.Handle(t.Context(), json.RawMessage(c.event))
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			got, err := json.Marshal(answer)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, string(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	}
}

func TestBadTokensAreUnauthorized(t *testing.T) {
	t.Parallel()
	w := newBackend()
	w.endSession(9)
	a := w.authorizer(time.Minute)
	const request = `{"type":"REQUEST","methodArn":"` + arn + `test/GET/",`
	for name, event := range map[string]string{
		"no header":                   `{"version":"2.0","type":"REQUEST","headers":{}}`,
		"no headers":                  `{"version":"2.0","type":"REQUEST","headers":null}`,
		"another header":              `{"version":"2.0","type":"REQUEST","headers":{"x-authorization":"Bearer token-7"}}`,
		"nothing":                     simpleEvent(""),
		"a scheme alone":              simpleEvent("Bearer"),
		"a scheme and a space":        simpleEvent("Bearer "),
		"a token alone":               simpleEvent("token-7"),
		"another scheme":              simpleEvent("Basic token-7"),
		"another token":               simpleEvent("Bearer token-7x"),
		"two tokens":                  simpleEvent("Bearer token-7,Bearer token-8"),
		"two headers":                 request + `"headers":{"Authorization":"Bearer token-7","authorization":"Bearer token-8"}}`,
		"two values, one of them bad": request + `"headers":{"Authorization":"Bearer token-7"},"multiValueHeaders":{"Authorization":["x","Bearer token-7"]}}`,
		"TOKEN, elsewhere":            `{"type":"TOKEN","methodArn":"` + arn + `test/GET/","headers":{"Authorization":"Bearer token-7"}}`,
		"REQUEST, elsewhere":          request + `"authorizationToken":"Bearer token-7"}`,
		"TOKEN, a token alone":        `{"type":"TOKEN","methodArn":"` + arn + `test/GET/","authorizationToken":"token-7"}`,
		"a session that has ended":    simpleEvent("Bearer token-9"),
		"the same, in the REST form":  request + `"headers":{"Authorization":"Bearer token-9"}}`,
	} {
		for range 2 {
			check(t, name, handle(t, a, event), unauthorized)
		}
	}
	check(t, "a good one", handle(t, a, simpleEvent("Bearer token-7")), "ok")
}

// They must not be answered with 401: a client would discard its session.
func TestOtherEventsFail(t *testing.T) {
	t.Parallel()
	w := newBackend()
	a := w.authorizer(time.Minute)
	const rest = `{"type":"TOKEN","authorizationToken":"Bearer token-7","methodArn":"`
	for name, event := range map[string]string{
		"nothing":                 ``,
		"half":                    `{"type":`,
		"null":                    `null`,
		"a list":                  `[]`,
		"a text":                  `"Bearer token-7"`,
		"no type":                 `{"version":"2.0","headers":{"authorization":"Bearer token-7"}}`,
		"a request":               `{"version":"2.0","routeKey":"GET /","headers":{"authorization":"Bearer token-7"},"requestContext":{}}`,
		"a schedule":              `{"version":"0","source":"aws.events","detail-type":"Scheduled Event","detail":{}}`,
		"another version":         `{"version":"3.0","type":"REQUEST","methodArn":"` + arn + `test/GET/","headers":{"authorization":"Bearer token-7"}}`,
		"another type":            `{"version":"2.0","type":"TOKEN","methodArn":"` + arn + `test/GET/","authorizationToken":"Bearer token-7"}`,
		"a type in small letters": `{"type":"token","methodArn":"` + arn + `test/GET/","authorizationToken":"Bearer token-7"}`,
		"headers of another form": `{"version":"2.0","type":"REQUEST","headers":["authorization"]}`,
		"no method":               `{"type":"TOKEN","authorizationToken":"Bearer token-7"}`,
		"no stage":                rest + `arn:aws:execute-api:us-east-1:123456789012:abcdef123/"}`,
		"every stage":             rest + `arn:aws:execute-api:us-east-1:123456789012:abcdef123/*/GET/"}`,
		"every API":               rest + `arn:aws:execute-api:us-east-1:123456789012:*/test/GET/"}`,
		"a variable":              rest + `arn:aws:execute-api:us-east-1:123456789012:abcdef123/${aws:username}/GET/"}`,
		"another service":         rest + `arn:aws:lambda:us-east-1:123456789012:abcdef123/test/GET/"}`,
	} {
		check(t, name, handle(t, a, event), failed)
	}
	if n := w.statements(); n != 0 {
		t.Errorf("the database was asked %d times", n)
	}
}

// If the API cached by the X-Tenant header, one caller's answer would be given to
// all callers of the tenant.
func TestCachingByAnythingButTheTokenFails(t *testing.T) {
	t.Parallel()
	a := newBackend().authorizer(time.Minute)
	for name, sources := range map[string]string{
		"another header":     `["tenant-1"]`,
		"another token":      `["Bearer token-8"]`,
		"the token, in part": `["Bearer token-"]`,
		"the token bare":     `["token-7"]`,
		"in 1.0's form":      `"tenant-1,GET /"`,
	} {
		event := `{"version":"2.0","type":"REQUEST","identitySource":` + sources + `,"headers":{"authorization":"Bearer token-7"}}`
		check(t, name, handle(t, a, event), failed)
		// A client with a bad token must not raise the alarm.
		check(t, name+", with no good token", handle(t, a, strings.Replace(event, "token-7\"}", "token-7,x\"}", 1)), unauthorized)
	}
}

func TestOutagesAreNotRefusals(t *testing.T) {
	t.Parallel()
	for name, down := range map[string]func(*backend, error){
		"the keys":     func(w *backend, err error) { w.keys = err },
		"the database": func(w *backend, err error) { w.out = err },
	} {
		for what, err := range map[string]error{"an outage": unavailable(errors.New("canary")), "a bug": errors.New("canary")} {
			want := failed
			if name == "the keys" && what == "a bug" { // any other error of Verify means a bad token
				want = unauthorized
			}
			w := newBackend()
			a := w.authorizer(time.Minute)
			down(w, err)
			for range 2 { // failures are not cached
				check(t, name+", "+what, handle(t, a, simpleEvent("Bearer token-7")), want)
			}
			down(w, nil)
			check(t, name+" again", handle(t, a, simpleEvent("Bearer token-7")), "ok")
		}
	}
}

func TestPanicFailsOneRequest(t *testing.T) {
	t.Parallel()
	w := newBackend()
	w.before = func() { panic("canary") }
	a := w.authorizer(time.Minute)
	for range 2 {
		check(t, "with a panic", handle(t, a, simpleEvent("Bearer token-7")), failed)
	}
	w.before = nil
	check(t, "after it", handle(t, a, simpleEvent("Bearer token-7")), "ok")
}

// deadlineVerifier is a verifier that records how much time it has.
type deadlineVerifier struct {
	*backend
	left time.Duration
}

func (w *deadlineVerifier) Verify(ctx context.Context, raw string, now time.Time) (request.Caller, error) {
	if end, ok := ctx.Deadline(); ok {
		w.left = time.Until(end)
	}
	return w.backend.Verify(ctx, raw, now)
}

// API Gateway and Lambda wait for ten seconds.
func TestHandleHasADeadline(t *testing.T) {
	t.Parallel()
	w := &deadlineVerifier{backend: newBackend()}
	a := authorizer.New(w, w, ttl)
	check(t, "an answer", handle(t, a, simpleEvent("Bearer token-7")), "ok")
	if w.left <= 0 || w.left > 5*time.Second {
		t.Errorf("the verifier has %v", w.left)
	}
}

func FuzzHandle(f *testing.F) {
	for _, event := range []string{
		simpleEvent("Bearer token-7"), simpleEvent(""), `{"type":"TOKEN","authorizationToken":"Bearer token-7","methodArn":"` + arn + `test/GET/"}`,
		`{"version":"1.0","type":"REQUEST","methodArn":"` + arn + `$default/GET/","identitySource":"Bearer token-7,a","headers":{"Authorization":"Bearer token-7"}}`,
		`{"type":"REQUEST","methodArn":"` + arn + `test/GET/","headers":{"A":"b"},"multiValueHeaders":{"Authorization":["Bearer token-7"]}}`,
	} {
		f.Add([]byte(event))
	}
	f.Fuzz(func(t *testing.T, event []byte) {
		got := handle(t, newBackend().authorizer(time.Minute), string(event))
		if got != "ok" && got != unauthorized && got != failed {
			t.Errorf("%q: %s", event, got)
		}
		if got == "ok" && !strings.Contains(strings.ToLower(string(event)), "token-") && !strings.Contains(string(event), `\u`) {
			t.Errorf("%q was let through", event)
		}
	})
}
