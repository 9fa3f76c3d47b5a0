package functions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"roster/localdev/gateway"
)

// sample is a stack of docs/authorizer. Each request goes to the real authorizer
// and then through the code of the stack's own function; API Gateway is played.
type sample struct {
	v          *service
	authorizer map[string]any // as the stack describes it
	code       string
	routes     []gateway.Route
}

// object is a mapping of YAML, without CloudFormation's tags.
type object = map[string]any

func newSample(t *testing.T, v *service, file string) *sample {
	t.Helper()
	text, err := os.ReadFile("../docs/authorizer/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var document object
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	property := func(id string) object { return document["Resources"].(object)[id].(object)["Properties"].(object) }
	auth := property("Api")["Auth"].(object)
	if auth["DefaultAuthorizer"] != "Roster" {
		t.Errorf("%s: a route that does not name an authorizer is open", file)
	}
	s := &sample{v: v, authorizer: auth["Authorizers"].(object)["Roster"].(object), code: property("WhoFunction")["InlineCode"].(string)}
	for _, event := range property("WhoFunction")["Events"].(object) {
		p := event.(object)["Properties"].(object)
		if p["Auth"] != nil {
			t.Errorf("%s: %v has an authorizer of its own, or none", file, p["Path"])
		}
		s.routes = append(s.routes, gateway.Route{Method: p["Method"].(string), Path: p["Path"].(string), Target: "who"})
	}
	return s
}

// refuse is API Gateway's own answer.
func refuse(status int) events.APIGatewayV2HTTPResponse {
	return events.APIGatewayV2HTTPResponse{StatusCode: status, Body: fmt.Sprintf(`{"message":%q}`, http.StatusText(status))}
}

func statusOf(verdict string) int {
	if verdict == unauthorized {
		return http.StatusUnauthorized
	}
	return http.StatusInternalServerError
}

// http plays API Gateway for an HTTP API with this authorizer.
func (s *sample) http(ctx context.Context, _ string, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	header, given := e.Headers["authorization"]
	if !given { // the identity source
		return refuse(http.StatusUnauthorized), nil
	}
	verdict, answer := s.v.verdict(string(mustJSON(events.APIGatewayV2CustomAuthorizerV2Request{
		Version: "2.0", Type: "REQUEST", RouteArn: methodARN, IdentitySource: []string{header},
		RouteKey: e.RouteKey, RawPath: e.RawPath, Headers: e.Headers, RequestContext: e.RequestContext,
	})))
	if verdict != allowed {
		return refuse(statusOf(verdict)), nil
	}
	var simple events.APIGatewayV2CustomAuthorizerSimpleResponse
	if err := json.Unmarshal(answer, &simple); err != nil || !simple.IsAuthorized {
		return refuse(http.StatusForbidden), err
	}
	e.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{Lambda: simple.Context}
	return s.run(ctx, e)
}

// rest plays it for a REST API with a TOKEN authorizer.
func (s *sample) rest(ctx context.Context, _ string, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	header := e.Headers["authorization"]
	if !regexp.MustCompile(s.authorizer["Identity"].(object)["ValidationExpression"].(string)).MatchString(header) {
		return refuse(http.StatusUnauthorized), nil
	}
	verdict, answer := s.v.verdict(string(mustJSON(events.APIGatewayCustomAuthorizerRequest{
		Type: "TOKEN", AuthorizationToken: header, MethodArn: methodARN,
	})))
	if verdict != allowed {
		return refuse(statusOf(verdict)), nil
	}
	var policy events.APIGatewayCustomAuthorizerResponse
	if err := json.Unmarshal(answer, &policy); err != nil || !permits(policy, methodARN) {
		return refuse(http.StatusForbidden), err
	}
	request := events.APIGatewayProxyRequest{
		Path: e.RawPath, HTTPMethod: "GET", RequestContext: events.APIGatewayProxyRequestContext{Authorizer: policy.Context},
	}
	request.RequestContext.Authorizer["principalId"] = policy.PrincipalID
	return s.run(ctx, request)
}

// permits evaluates a policy of one statement as IAM does, where * stands for any
// text.
func permits(p events.APIGatewayCustomAuthorizerResponse, method string) bool {
	statement := p.PolicyDocument.Statement[0]
	prefix, found := strings.CutSuffix(statement.Resource[0], "*")
	return p.PolicyDocument.Version == "2012-10-17" && statement.Effect == "Allow" &&
		slices.Contains(statement.Action, "execute-api:Invoke") &&
		found && !strings.ContainsAny(prefix, "*?") && strings.HasPrefix(method, prefix)
}

// run runs the code of the stack's function as Lambda's Python runtime does.
func (s *sample) run(ctx context.Context, event any) (resp events.APIGatewayV2HTTPResponse, err error) {
	const lambda = "import json,sys\ngiven=json.load(sys.stdin)\nexec(given['code'])\nprint(json.dumps(handler(given['event'],None)))"
	cmd := exec.CommandContext(ctx, "python3", "-c", lambda)
	cmd.Stdin = bytes.NewReader(mustJSON(object{"code": s.code, "event": event}))
	out, err := cmd.Output()
	if err != nil {
		return resp, fmt.Errorf("the sample's function: %w", err)
	}
	return resp, json.Unmarshal(out, &resp)
}

// needsPython skips the test on a machine without Python, except in CI.
func needsPython(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil && os.Getenv("CI") != "true" {
		t.Skip("NO PYTHON, SO THE SAMPLES OF docs/authorizer ARE NOT TESTED: install python3")
	}
}

func TestTheSamplesWork(t *testing.T) {
	t.Parallel()
	for file, c := range map[string]struct {
		want object // the authorizer, without the function
		play func(*sample) gateway.Invoke
	}{
		"template.yaml": {
			object{
				"AuthorizerPayloadFormatVersion": "2.0", "EnableSimpleResponses": true, "EnableFunctionDefaultPermissions": false,
				"Identity": object{"Headers": []any{"Authorization"}, "ReauthorizeEvery": 0},
			},
			func(s *sample) gateway.Invoke { return s.http },
		},
		"rest.yaml": {
			object{
				"FunctionPayloadType": "TOKEN", "DisableFunctionDefaultPermissions": true,
				"Identity": object{
					"Header": "Authorization", "ReauthorizeEvery": 0,
					"ValidationExpression": `^[Bb]earer [A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$`,
				},
			},
			func(s *sample) gateway.Invoke { return s.rest },
		},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			needsPython(t)
			v := newCachingService(t, "0")
			s := newSample(t, v, file)
			if diff := cmp.Diff(object{"Fn::ImportValue": "${RosterStack}-AuthorizerArn"}, s.authorizer["FunctionArn"]); diff != "" {
				t.Errorf("its function (-want +got):\n%s", diff)
			}
			delete(s.authorizer, "FunctionArn")
			if diff := cmp.Diff(c.want, s.authorizer); diff != "" {
				t.Errorf("the authorizer (-want +got):\n%s", diff)
			}
			api := gateway.New(s.routes, c.play(s))
			send := func(path, token string) *httptest.ResponseRecorder {
				r, w := httptest.NewRequest("GET", path, nil), httptest.NewRecorder()
				if token != "" {
					r.Header.Set("Authorization", "Bearer "+token)
				}
				api.ServeHTTP(w, r)
				return w
			}
			access := v.login(credentials)
			w := send("/who", access)
			var who struct{ Sub, Username, Role, SID string }
			err := json.Unmarshal(w.Body.Bytes(), &who)
			if err != nil || w.Code != 200 || who.Username != "user1" || who.Role != "USER" || len(who.Sub) != 36 || len(who.SID) != 36 {
				t.Errorf("%d, %s", w.Code, w.Body)
			}
			if w := send("/admin/who", access); file == "template.yaml" && w.Code != 403 {
				t.Errorf("what is for an ADMIN: %d, %s", w.Code, w.Body)
			}
			for what, token := range map[string]string{"no token": "", "no token's form": "x", "another token": access[:len(access)-3] + "AAA"} {
				if w := send("/who", token); w.Code != 401 {
					t.Errorf("%s: %d, %s", what, w.Code, w.Body)
				}
			}
			v.call("POST", "/api/user/logout", access, "{}", 200)
			if w := send("/who", access); w.Code != 401 {
				t.Errorf("after a logout: %d, %s", w.Code, w.Body)
			}
		})
	}
}
