package stack_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/job/stack"
)

// cloudFormation is a server that receives the answers of a custom resource.
func cloudFormation(t *testing.T, status int) (url string, answers <-chan string) {
	t.Helper()
	got := make(chan string, 5)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(status)
		got <- r.Method + " " + string(body)
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

// countingJob returns a job that counts its runs.
func countingJob(runs *int) stack.Job {
	return func(context.Context, stack.Call) (any, error) {
		*runs++
		return "report", nil
	}
}

func TestHandlerAnswersCloudFormationAtItsURL(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]int{"Create": 1, "Update": 1, "Delete": 0} {
		url, answers := cloudFormation(t, http.StatusOK)
		runs := 0
		event := fmt.Sprintf(`{"RequestType":%q,"ResponseURL":%q,"StackId":"s","RequestId":"r","LogicalResourceId":"Schema"}`, kind, url)
		if _, err := stack.Handler("not done", countingJob(&runs))(t.Context(), json.RawMessage(event)); err != nil {
			t.Fatal(err)
		}
		if runs != want {
			t.Errorf("%s: the job ran %d times, want %d", kind, runs, want)
		}
		answer := `PUT {"Status":"SUCCESS","RequestId":"r","LogicalResourceId":"Schema","StackId":"s","PhysicalResourceId":"roster-schema"}`
		if diff := cmp.Diff(answer, <-answers); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
	}
}

// A rollback must work without a database. The functions of the newer version must
// keep what they need.
func TestHandlerDoesNothingForARollback(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:lambda:eu-central-1:123456789012:function:seed:"
	for name, test := range map[string]struct {
		kind, to, from string
		runs           int
	}{
		"a rollback":              {"Update", arn + "6", arn + "7", 0},
		"a rollback from 10 to 9": {"Update", arn + "9", arn + "10", 0}, // compared as numbers
		"numbers alone":           {"Update", "6", "7", 0},
		"forward":                 {"Update", arn + "7", arn + "6", 1},
		"forward from 9":          {"Update", arn + "10", arn + "9", 1},
		"the same version":        {"Update", arn + "7", arn + "7", 1},
		"another function":        {"Update", arn + "6", "arn:aws:lambda:eu-central-1:123456789012:function:other:7", 1},
		"not a number":            {"Update", arn + "$LATEST", arn + "7", 1},
		"no earlier version":      {"Update", arn + "6", "", 1},
		"a negative number":       {"Update", arn + "-6", arn + "7", 1},
		"a creation":              {"Create", arn + "6", arn + "7", 1},
	} {
		url, answers := cloudFormation(t, http.StatusOK)
		runs := 0
		event := fmt.Sprintf(`{"RequestType":%q,"ResponseURL":%q,"ResourceProperties":{"Version":%q},"OldResourceProperties":{"Version":%q}}`, test.kind, url, test.to, test.from)
		if _, err := stack.Handler("not done", countingJob(&runs))(t.Context(), json.RawMessage(event)); err != nil {
			t.Fatal(err)
		}
		if got := <-answers; runs != test.runs || !strings.Contains(got, `"Status":"SUCCESS"`) {
			t.Errorf("%s: the job ran %d times, and the answer is %s", name, runs, got)
		}
	}
}

func TestHandlerAnswersOthersWithTheReport(t *testing.T) {
	t.Parallel()
	for _, event := range []string{
		`{}`, `null`, `"x"`, `[]`, `1`, `{"detail-type":"Scheduled Event"}`,
		`{"RequestType":"Create"}`, `{"ResponseURL":"https://example.com"}`, `{"RequestType":{},"ResponseURL":1}`,
	} {
		runs := 0
		answer, err := stack.Handler("not done", countingJob(&runs))(t.Context(), json.RawMessage(event))
		if err != nil || runs != 1 || answer != "report" {
			t.Errorf("%s: %v, %v, %d runs", event, answer, err, runs)
		}
	}
}

func failingJob(err error) stack.Job {
	return func(context.Context, stack.Call) (any, error) { return nil, err }
}

func TestHandlerReportsAFailure(t *testing.T) {
	t.Parallel()
	if _, err := stack.Handler("not done", failingJob(errors.New("no disk")))(t.Context(), json.RawMessage(`{}`)); err == nil || err.Error() != "no disk" {
		t.Errorf("by hand: %v", err)
	}
	for name, test := range map[string]struct{ cause, reason string }{
		"short":        {"no disk", "no disk"},
		"lines":        {"connect:\n\ta: refused\n\tb: refused", "connect: a: refused b: refused"},
		"long":         {strings.Repeat("a", 5000), strings.Repeat("a", 500) + "… (the log has the rest)"},
		"long in JSON": {strings.Repeat("<", 5000), strings.Repeat("<", 500) + "… (the log has the rest)"},
		"cut in two":   {"a" + strings.Repeat("ü", 5000), "a" + strings.Repeat("ü", 249) + "… (the log has the rest)"},
	} {
		url, answers := cloudFormation(t, http.StatusOK)
		_, err := stack.Handler("not done", failingJob(errors.New(test.cause)))(t.Context(), json.RawMessage(`{"RequestType":"Create","ResponseURL":"`+url+`"}`))
		if err != nil { // CloudFormation has its answer, and Lambda must not send the event again
			t.Errorf("%s: %v", name, err)
		}
		body := strings.TrimPrefix(<-answers, "PUT ")
		var answer struct{ Status, Reason string }
		if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Status != "FAILED" || answer.Reason != test.reason || len(body) > 4096 {
			t.Errorf("%s: %v, %d bytes: %s", name, err, len(body), body)
		}
	}
}

// Lambda then sends the event again.
func TestHandlerFailsWhenItsAnswerIsRefused(t *testing.T) {
	t.Parallel()
	url, _ := cloudFormation(t, http.StatusForbidden)
	runs := 0
	if _, err := stack.Handler("not done", countingJob(&runs))(t.Context(), json.RawMessage(`{"RequestType":"Create","ResponseURL":"`+url+`"}`)); err == nil {
		t.Error("no error")
	}
}

func TestHandlerEndsTheJobInTimeToAnswer(t *testing.T) {
	t.Parallel()
	url, answers := cloudFormation(t, http.StatusOK)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	slow := func(ctx context.Context, _ stack.Call) (any, error) {
		<-ctx.Done()
		return nil, fmt.Errorf("migrate: %w", ctx.Err())
	}
	if _, err := stack.Handler("not done", slow)(ctx, json.RawMessage(`{"RequestType":"Create","ResponseURL":"`+url+`"}`)); err != nil {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Error("the whole time was used up")
	}
	if got := <-answers; !strings.Contains(got, `"Reason":"migrate: context deadline exceeded"`) {
		t.Errorf("the answer is %s", got)
	}
}

// CloudFormation gets an answer before the panic ends the process.
func TestHandlerAnswersAPanic(t *testing.T) {
	t.Parallel()
	url, answers := cloudFormation(t, http.StatusOK)
	defer func() {
		if recover() == nil {
			t.Error("the panic was swallowed")
		}
		if got := <-answers; !strings.Contains(got, `"Status":"FAILED"`) {
			t.Errorf("the answer is %s", got)
		}
	}()
	broken := func(context.Context, stack.Call) (any, error) { panic("canary") }
	_, _ = stack.Handler("not done", broken)(t.Context(), json.RawMessage(`{"RequestType":"Update","ResponseURL":"`+url+`"}`))
}

// A job does different work for the resources of a stack.
func TestHandlerSaysWhoCalls(t *testing.T) {
	t.Parallel()
	url, _ := cloudFormation(t, http.StatusOK)
	for event, want := range map[string]stack.Call{
		`{"start":true}`: {Event: json.RawMessage(`{"start":true}`)},
		`{"RequestType":"Create","ResponseURL":"` + url + `","LogicalResourceId":"ApiAddress","ResourceProperties":{"Url":"https://a.example","n":1}}`: {
			Resource: "ApiAddress", Properties: map[string]any{"Url": "https://a.example", "n": 1.0},
		},
	} {
		var got stack.Call
		_, err := stack.Handler("not done", func(_ context.Context, c stack.Call) (any, error) {
			got = c
			return nil, nil
		})(t.Context(), json.RawMessage(event))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", event, err, diff)
		}
		if got.Text("Url") != want.Text("Url") || got.Text("n") != "" || got.Text("other") != "" {
			t.Errorf("%s: the text %q", event, got.Text("Url"))
		}
	}
}
