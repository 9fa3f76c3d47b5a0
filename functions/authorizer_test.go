package functions_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
	"roster/localdev/programtest"
	"roster/localdev/runtimeapi"
)

// The authorizer's verdicts. API Gateway answers 401 to the error Unauthorized,
// and 500 to any other.
const (
	allowed      = "ok"
	unauthorized = "Unauthorized"
	cannotTell   = "the authorizer cannot tell; its log says why"
)

const methodARN = "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/GET/things"

// authorizerEvents are what API Gateway sends for a request with that
// Authorization header, by the kind of API and authorizer.
func authorizerEvents(header string) map[string]string {
	quoted := string(mustJSON(header))
	return map[string]string{
		"HTTP API, 2.0": `{"version":"2.0","type":"REQUEST","routeArn":"` + methodARN + `",` +
			`"identitySource":[` + quoted + `],"routeKey":"GET /things","headers":{"authorization":` + quoted + `}}`,
		"HTTP API, 1.0": `{"version":"1.0","type":"REQUEST","methodArn":"` + methodARN + `",` +
			`"identitySource":` + quoted + `,"headers":{"Authorization":` + quoted + `}}`,
		"REST, REQUEST": `{"type":"REQUEST","methodArn":"` + methodARN + `",` +
			`"headers":{"Authorization":` + quoted + `},"multiValueHeaders":{"Authorization":[` + quoted + `]}}`,
		"REST, TOKEN": `{"type":"TOKEN","methodArn":"` + methodARN + `","authorizationToken":` + quoted + `}`,
	}
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// verdict sends an event to the authorizer and returns allowed or its error.
func (v *service) verdict(event string) (verdict string, answer []byte) {
	v.t.Helper()
	answer, err := v.functions["authorizer"].Invoke(v.t.Context(), []byte(event))
	var failed *runtimeapi.FunctionError
	switch {
	case err == nil:
		return allowed, answer
	case !errors.As(err, &failed):
		v.t.Fatalf("the process ended: %v\n%s", err, v.log)
	}
	return failed.Message, nil
}

// verdictOn is verdict for a token in an HTTP API.
func (v *service) verdictOn(token string) string {
	v.t.Helper()
	verdict, _ := v.verdict(authorizerEvents("Bearer " + token)["HTTP API, 2.0"])
	return verdict
}

// logHas waits until the log has these texts. A process writes its log and its
// answers independently.
func (v *service) logHas(lines ...string) {
	v.t.Helper()
	for _, line := range lines {
		programtest.Eventually(v.t, "the log has "+line, func() bool { return strings.Contains(v.log.String(), line) })
	}
}

// newCachingService returns a service with one account, whose authorizer caches
// answers for this many seconds; "" is the default.
func newCachingService(t *testing.T, seconds string) *service {
	t.Helper()
	v := newService(t, postgrestest.URL(t), secret("AUTHORIZER_CACHE_SECONDS", seconds, "ADMIN_PASSWORD", "staple horse battery"))
	v.call("POST", "/api/user/register", "", account, 201)
	return v
}

func TestTheAuthorizerAnswersEachForm(t *testing.T) {
	t.Parallel()
	v := newCachingService(t, "")
	access := v.login(credentials)
	var me struct{ UUID string }
	if err := json.Unmarshal([]byte(v.call("GET", "/api/user/me", access, "", 200)), &me); err != nil {
		t.Fatal(err)
	}
	var list struct{ Sessions []struct{ ID string } }
	if err := json.Unmarshal([]byte(v.call("GET", "/api/user/me/sessions", access, "", 200)), &list); err != nil || len(list.Sessions) != 1 {
		t.Fatalf("%v, %+v", err, list)
	}
	context := fmt.Sprintf(`"context":{"role":"USER","sid":%q,"sub":%q,"username":"user1"}`, list.Sessions[0].ID, me.UUID)
	policy := fmt.Sprintf(`{"principalId":%q,"policyDocument":{"Version":"2012-10-17",`+
		`"Statement":[{"Action":["execute-api:Invoke"],"Effect":"Allow",`+
		`"Resource":["arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/*"]}]},%s}`, me.UUID, context)
	for form, event := range authorizerEvents("Bearer " + access) {
		want := policy
		if form == "HTTP API, 2.0" {
			want = `{"isAuthorized":true,` + context + `}`
		}
		verdict, answer := v.verdict(event)
		if diff := cmp.Diff(want, string(answer)); verdict != allowed || diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", form, verdict, diff)
		}
	}
	for _, header := range []string{"", "Bearer", "Bearer " + access + "x", "Basic " + access, access} {
		for form, event := range authorizerEvents(header) {
			if verdict, _ := v.verdict(event); verdict != unauthorized {
				t.Errorf("%s, %.20q…: %s", form, header, verdict)
			}
		}
	}
	if n := len(v.functions["authorizer"].Instances()); n != 1 {
		t.Errorf("%d processes for one event after the other: a refusal ends the process", n)
	}
	v.nothingSecretIn(v.log.String(), access)
}

// revocations are all ways in which an access token ends before it expires.
func (v *service) revocations() map[string]func(access string) {
	v.seed(scheduled)
	admin := v.login(`{"username":"admin","password":"staple horse battery"}`)
	put := func(body string) { v.call("PUT", "/api/user/user1", admin, body, 200) }
	return map[string]func(access string){
		"logout":                    func(access string) { v.call("POST", "/api/user/logout", access, "{}", 200) },
		"logout of all":             func(access string) { v.call("POST", "/api/user/logout", access, `{"scope":"all"}`, 200) },
		"logout by another session": func(string) { v.call("POST", "/api/user/logout", v.login(credentials), `{"scope":"others"}`, 200) },
		"deactivated":               func(string) { put(`{"active":false}`); put(`{"active":true}`) },
		"demoted":                   func(string) { put(`{"role":"ADMIN"}`); put(`{"role":"USER"}`) },
		"ended by an admin": func(access string) {
			var list struct{ Sessions []struct{ ID string } }
			if err := json.Unmarshal([]byte(v.call("GET", "/api/user/me/sessions", access, "", 200)), &list); err != nil {
				v.t.Fatal(err)
			}
			for _, s := range list.Sessions {
				v.call("DELETE", "/api/user/user1/sessions/"+s.ID, admin, "", 200)
			}
		},
		"reset": func(string) {
			v.call("POST", "/api/user/forget_password", "", `{"username":"user1","email":"user1@example.com"}`, 200)
			v.call("POST", "/api/user/reset_password", "", `{"token":"`+v.mailedToken()+`","new_password":"correct horse battery"}`, 200)
		},
		"deleted": func(access string) {
			v.call("DELETE", "/api/user/user1", access, "", 200)
			v.call("POST", "/api/user/register", "", account, 201)
		},
	}
}

// docs/authorizer.md promises that the authorizer refuses a token when it is asked
// N seconds or more after the session's end. The test has no tolerance: a session
// has ended before the call that ends it returns. An authorizer that cannot tell
// lets nobody in, so the test asks again: only the refusal must come.
func TestAnEndedSessionIsDeadWithinTheSeconds(t *testing.T) {
	t.Parallel()
	const n = time.Second
	v := newCachingService(t, "1")
	v.repeat503 = true
	for name, end := range v.revocations() {
		access := v.login(credentials)
		programtest.Eventually(t, name+": the session is known", func() bool {
			got := v.verdictOn(access)
			if got != allowed && got != cannotTell {
				t.Fatalf("%s: before it, %s", name, got)
			}
			return got == allowed
		})
		end(access)
		ended := time.Now() // at the latest
		served := 0
		programtest.Eventually(t, name+" is seen", func() bool {
			asked := time.Now()
			switch got := v.verdictOn(access); {
			case got == unauthorized:
				return true
			case got == cannotTell:
				return false
			case got != allowed:
				t.Fatalf("%s: %s", name, got)
			case asked.Sub(ended) >= n:
				t.Fatalf("%s: still allowed when asked %v after it", name, asked.Sub(ended))
			}
			served++
			return false
		})
		t.Logf("%-25s refused after at most %v; allowed %d times before", name, time.Since(ended).Round(time.Millisecond), served)
	}
}

func TestWithoutACacheTheNextAnswerRefuses(t *testing.T) {
	t.Parallel()
	v := newCachingService(t, "0")
	for range 5 {
		access := v.login(credentials)
		if got := v.verdictOn(access); got != allowed {
			t.Fatal(got)
		}
		v.call("POST", "/api/user/logout", access, "{}", 200)
		if got := v.verdictOn(access); got != unauthorized {
			t.Errorf("after a logout: %s", got)
		}
	}
}

// By default the authorizer asks the database about a token once in 30 seconds,
// so it does not notice a logout at once.
func TestTheAuthorizerRemembers(t *testing.T) {
	t.Parallel()
	v := newCachingService(t, "")
	access := v.login(credentials)
	began := time.Now()
	if got := v.verdictOn(access); got != allowed {
		t.Fatal(got)
	}
	v.call("POST", "/api/user/logout", access, "{}", 200)
	if got := v.verdictOn(access); got != allowed && time.Since(began) < 30*time.Second {
		t.Errorf("after a logout: %s", got)
	}
	v.logHas(`"code":"ok","cached":false`, `"code":"ok","cached":true`)
}

// Without a database the authorizer fails: it lets nothing through and refuses
// nothing. It still answers from its cache.
func TestTheAuthorizerFails(t *testing.T) {
	t.Parallel()
	server := postgrestest.Server(t)
	v := newService(t, owner(t, server, canary), secret("AUTHORIZER_CACHE_SECONDS", "300"))
	v.seed(scheduled)
	v.call("POST", "/api/user/register", "", account, 201)
	known, unknown := v.login(credentials), v.login(credentials)
	if got := v.verdictOn(known); got != allowed {
		t.Fatal(got)
	}
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for form, event := range authorizerEvents("Bearer " + unknown) {
			if got, _ := v.verdict(event); got != cannotTell {
				t.Errorf("%s, without a database: %s", form, got)
			}
		}
		if got := v.verdictOn(known); got != allowed {
			t.Errorf("without a database, a token in the cache: %s", got)
		}
		if got := v.verdictOn(known + "x"); got != unauthorized {
			t.Errorf("without a database, a forged token: %s", got)
		}
	}
	// AuthorizerFailures, the filter of the alarm, looks for these.
	v.logHas(`"AuthorizerFailed":1`, `"level":"ERROR","message":"authorization"`)
	delete(v.secret, "AUTHORIZER_CACHE_SECONDS") // no secret
	v.nothingSecretIn(v.log.String(), canary, known, unknown)
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	programtest.Eventually(t, "the authorizer answers again", func() bool { return v.verdictOn(unknown) == allowed })
}
