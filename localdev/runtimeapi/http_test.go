package runtimeapi_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"roster/localdev/gateway"
	"roster/localdev/runtimeapi"
)

// From a client's connection to a real binary and back.
func TestABinaryAnswersBehindTheGateway(t *testing.T) {
	t.Parallel()
	functions := map[string]*runtimeapi.Function{
		"hello":     start(t, "hello", runtimeapi.Config{}),
		"misbehave": start(t, "misbehave", runtimeapi.Config{}),
		"broken":    start(t, "misbehave", runtimeapi.Config{Env: []string{"AT_INIT=exit"}}),
	}
	s := httptest.NewServer(gateway.New([]gateway.Route{
		{Method: "GET", Path: "/number", Target: "misbehave"},
		{Method: "GET", Path: "/broken", Target: "broken"},
		{Method: "ANY", Path: "$default", Target: "hello"},
	}, func(ctx context.Context, target string, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		return functions[target].InvokeHTTP(ctx, e)
	}))
	t.Cleanup(s.Close)
	for _, c := range []struct {
		path   string
		status int
		body   string
	}{
		{"/100%2525%20sure", 200, "hello from "},
		{"/panic", 500, `{"type":"about:blank"`},
		{"/broken", 500, `{"message":"Internal Server Error"}`},
		{"/number", 200, ""}, // an answer without statusCode
	} {
		resp, err := http.Get(s.URL + c.path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != c.status || !strings.HasPrefix(string(body), c.body) {
			t.Errorf("%s: %d %s, error %v", c.path, resp.StatusCode, body, err)
		}
		if _, err := strconv.Atoi(string(body)); c.path == "/number" && err != nil {
			t.Errorf("%s: %s", c.path, body)
		}
	}
}

func TestTheRulesOfTheRuntimeAPIHold(t *testing.T) {
	t.Parallel()
	f := start(t, "misbehave", runtimeapi.Config{Env: []string{"AT_INIT=violate"}})
	body, err := f.Invoke(t.Context(), []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	check(t, string(body), "[403,400,400,404]")
}
