package aws_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// samples are SAM's events as they were printed, by their names.
var samples sync.Map

// sample is an event as SAM has it: sam local generate-event with those words.
func sample(t testing.TB, words string) map[string]any {
	t.Helper()
	printed, known := samples.Load(words)
	if !known {
		cmd := exec.CommandContext(t.Context(), installed(t, "../../.ci/tools/bin/sam"), append([]string{"local", "generate-event"}, strings.Fields(words)...)...)
		cmd.Env = append(cmd.Environ(), "SAM_CLI_TELEMETRY=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("sam local generate-event %s: %v", words, err)
		}
		printed, _ = samples.LoadOrStore(words, out)
	}
	var event map[string]any
	if err := json.Unmarshal(printed.([]byte), &event); err != nil {
		t.Fatal(err)
	}
	return event
}

const httpAPI = "apigateway http-api-proxy"

// request is SAM's event of an HTTP API for a request to one of our routes. For
// $default, the path has the method before it. Headers are names and values in
// turns, in lower case as API Gateway sends them.
func request(t testing.TB, route, path, body string, headers ...string) []byte {
	t.Helper()
	e := sample(t, httpAPI)
	method, _, _ := strings.Cut(route, " ")
	if route == "$default" {
		method, path, _ = strings.Cut(path, " ")
	}
	e["routeKey"], e["rawPath"], e["rawQueryString"] = route, path, ""
	e["body"], e["isBase64Encoded"] = base64.StdEncoding.EncodeToString([]byte(body)), body != "" // as SAM has it
	delete(e, "queryStringParameters")
	e["pathParameters"] = map[string]any{}
	if strings.Contains(route, "{username}") {
		e["pathParameters"] = map[string]any{"username": path[strings.LastIndexByte(path, '/')+1:]}
	}
	list := map[string]any{"host": "id.execute-api.us-east-1.amazonaws.com"}
	if body != "" {
		list["content-type"] = "application/json"
	}
	for i := 0; i < len(headers); i += 2 {
		list[headers[i]] = headers[i+1]
	}
	e["headers"] = list
	c := e["requestContext"].(map[string]any)
	c["routeKey"] = route
	maps.Copy(c["http"].(map[string]any), map[string]any{
		"method": method, "path": path,
		"sourceIp": "192.168.0.1", // see TestSAMsSampleAsItIs
	})
	return encode(t, e)
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// answer is an answer in a form that can be compared: with what is inside of the
// body, and with the same word for each token.
func answer(t testing.TB, raw []byte) map[string]any {
	t.Helper()
	var a map[string]any
	if err := json.Unmarshal(raw, &a); err != nil {
		t.Fatalf("the answer is no JSON object: %.500s", raw)
	}
	if text, ok := a["body"].(string); ok {
		var body map[string]any
		if json.Unmarshal([]byte(text), &body) == nil {
			for _, name := range []string{"access_token", "refresh_token", "device_token"} {
				if token, ok := body[name].(string); ok && token != "" {
					body[name] = "a token"
				}
			}
			a["body"] = body
		}
	}
	return a
}
