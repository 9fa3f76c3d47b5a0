package runtimeapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"roster/localdev/programtest"
	"roster/localdev/runtimeapi"
)

func request(path string) events.APIGatewayV2HTTPRequest {
	e := events.APIGatewayV2HTTPRequest{Version: "2.0", RouteKey: "$default", RawPath: path}
	e.RequestContext.HTTP.Method, e.RequestContext.HTTP.Path = "GET", path
	return e
}

func TestAFunctionAnswersEvents(t *testing.T) {
	t.Parallel()
	var out programtest.Output
	var reports []runtimeapi.Report
	f := start(t, "hello", runtimeapi.Config{Name: "greet", MemoryMB: 256, Log: &out, OnReport: func(r runtimeapi.Report) { reports = append(reports, r) }})
	check(t, f.Name(), "greet")
	check(t, len(f.Instances()), 0) // no process before the first event
	var bodies []string
	for _, path := range []string{"/a", "/panic", "/b"} {
		resp, err := f.InvokeHTTP(t.Context(), request(path))
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, resp.Body)
		check(t, resp.StatusCode, map[bool]int{true: 500, false: 200}[path == "/panic"])
	}
	in := f.Instances()
	if len(in) != 1 || bodies[0] != bodies[2] || bodies[0] != "hello from "+strconv.Itoa(in[0].PID) {
		t.Fatalf("not one process for all: %q, %+v", bodies, in)
	}
	check(t, in[0].Served, 3)
	t.Logf("init %v, resident after it %d kB", in[0].Init, in[0].InitMemory>>10)

	line := regexp.MustCompile(`(?m)^REPORT RequestId: [0-9a-f-]{36}\tDuration: [0-9.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 256 MB(\tMax Memory Used: \d+ MB)?(\tInit Duration: [0-9.]+ ms)?$`)
	check(t, strings.Count(out.String(), `"message":"hello"`), 3)
	check(t, len(line.FindAllString(out.String(), -1)), 3)
	check(t, strings.Count(out.String(), "Init Duration"), 1) // of the cold start alone
	check(t, []bool{reports[0].Init > 0, reports[1].Init > 0}, []bool{true, false})
	for _, r := range reports { // slog's lines carry Lambda's request id
		if !strings.Contains(out.String(), `"requestId":"`+r.RequestID+`"`) {
			t.Errorf("no line of the function has requestId %s:\n%s", r.RequestID, out.String())
		}
	}
	if !strings.Contains(out.String(), `"message":"panic in handler","panic":"at the disco"`) {
		t.Errorf("the panic is not in the log:\n%s", out.String())
	}
}

// When the answer is there, the log already has all that the function wrote before
// it, and the line REPORT after that.
func TestLogIsWholeWithTheAnswer(t *testing.T) {
	t.Parallel()
	var out programtest.Output
	f := start(t, "misbehave", runtimeapi.Config{Log: &out})
	var want strings.Builder
	for n := range 20 {
		do(t, f, "write")
		for range 2000 {
			want.WriteString("a line that a function wrote\n")
		}
		got := regexp.MustCompile(`(?m)^REPORT .*$`).ReplaceAllString(out.String(), "REPORT")
		if want.WriteString("REPORT\n"); got != want.String() {
			t.Fatalf("after event %d the log has %d bytes, want %d; its end is %q", n, len(got), want.Len(), got[max(0, len(got)-80):])
		}
	}
}

func TestEventsAtATimeHaveAProcessEach(t *testing.T) {
	t.Parallel()
	g := &gate{arrived: make(chan struct{}), open: make(chan struct{})}
	s := httptest.NewServer(g)
	t.Cleanup(s.Close)
	f := start(t, "misbehave", runtimeapi.Config{})
	type result struct {
		body []byte
		err  error
	}
	results := make(chan result)
	for range 3 {
		go func() {
			body, err := f.Invoke(t.Context(), []byte(`{"Do":"wait","URL":"`+s.URL+`"}`))
			results <- result{body, err}
		}()
	}
	for range 3 {
		<-g.arrived
	}
	close(g.open)
	var pids []string
	for range 3 {
		r := <-results
		if r.err != nil {
			t.Fatal(r.err)
		}
		pids = append(pids, string(r.body))
	}
	slices.Sort(pids)
	check(t, len(slices.Compact(pids)), 3)
	for range 5 { // one after the other they need no more
		do(t, f, "")
	}
	check(t, len(f.Instances()), 3)
}

func TestEventsWaitForAFreeProcess(t *testing.T) {
	t.Parallel()
	g := &gate{arrived: make(chan struct{}), open: make(chan struct{})}
	s := httptest.NewServer(g)
	t.Cleanup(s.Close)
	f := start(t, "misbehave", runtimeapi.Config{MaxInstances: 1})
	first := make(chan error)
	go func() {
		_, err := f.Invoke(t.Context(), []byte(`{"Do":"wait","URL":"`+s.URL+`"}`))
		first <- err
	}()
	<-g.arrived
	gone, leave := context.WithCancelCause(t.Context())
	leave(errors.New("gone"))
	if _, err := f.Invoke(gone, []byte(`{}`)); err == nil || err.Error() != "gone" {
		t.Errorf("error %v", err)
	}
	second := make(chan error)
	go func() {
		_, err := f.Invoke(t.Context(), []byte(`{}`))
		second <- err
	}()
	close(g.open)
	if err := errors.Join(<-first, <-second); err != nil {
		t.Fatal(err)
	}
	in := f.Instances()
	if len(in) != 1 || in[0].Served != 2 {
		t.Errorf("processes %+v, want one that served both", in)
	}
}

func TestAFunctionOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	g := &gate{arrived: make(chan struct{}), open: make(chan struct{})}
	s := httptest.NewServer(g)
	t.Cleanup(s.Close)
	reports := make(chan runtimeapi.Report, 1)
	f := start(t, "misbehave", runtimeapi.Config{OnReport: func(r runtimeapi.Report) { reports <- r }})
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := f.Invoke(ctx, []byte(`{"Do":"wait","URL":"`+s.URL+`"}`))
		left <- err
	}()
	<-g.arrived
	leave()
	check(t, errors.Is(<-left, context.Canceled), true)
	close(g.open)
	check(t, (<-reports).Err == nil, true) // the function did its work to the end
	do(t, f, "")
	check(t, len(f.Instances()), 1) // and its process is used again
}

func TestEnvironmentIsLambdas(t *testing.T) {
	t.Parallel()
	f := start(t, "misbehave", runtimeapi.Config{Env: []string{"MINE=1", "AWS_REGION=eu-central-1", "_HANDLER=other", "AWS_LAMBDA_RUNTIME_API=evil:1"}, MemoryMB: 512})
	body, err := f.Invoke(t.Context(), []byte(`{"Do":"environ"}`))
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	if err := json.Unmarshal(body, &env); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, kv := range env {
		key, value, _ := strings.Cut(kv, "=")
		got[key] = value
	}
	for _, changing := range []string{"AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_LOG_STREAM_NAME", "_X_AMZN_TRACE_ID"} {
		if got[changing] == "" || got[changing] == "evil:1" {
			t.Errorf("%s is %q", changing, got[changing])
		}
		delete(got, changing)
	}
	check(t, got, map[string]string{
		"AWS_DEFAULT_REGION": "us-east-1", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "AWS_LAMBDA_FUNCTION_NAME": "misbehave", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
		"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO", "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/misbehave",
		"AWS_REGION": "eu-central-1", "LAMBDA_RUNTIME_DIR": "/var/runtime", "LAMBDA_TASK_ROOT": filepath.Dir(binary(t, "misbehave")), "LANG": "en_US.UTF-8", "MINE": "1",
		"PATH": "/usr/local/bin:/usr/bin/:/bin:/opt/bin", "TZ": ":UTC", "_HANDLER": "bootstrap",
	})
}

func TestMemoryIsMeasured(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("memory is known on Linux only")
	}
	var last runtimeapi.Report
	f := start(t, "misbehave", runtimeapi.Config{OnReport: func(r runtimeapi.Report) { last = r }})
	if err := f.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	in := f.Instances()[0]
	if in.Init <= 0 || in.InitMemory < 1<<20 || in.InitMemory > 60<<20 || in.Memory == 0 || in.Served != 0 {
		t.Errorf("after the start: %+v", in)
	}
	do(t, f, "grow")
	if grown := f.Instances()[0]; grown.MaxMemory < 64<<20 || last.MaxMemory < 64<<20 || last.Init != 0 {
		t.Errorf("after growing by 64 MB: %+v, %+v", grown, last)
	}
}

func TestProcessesDieWithTheFunction(t *testing.T) {
	t.Parallel()
	ctx, end := context.WithCancel(t.Context())
	f, err := runtimeapi.Start(ctx, runtimeapi.Config{Binary: binary(t, "misbehave"), Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	pid := do(t, f, "")
	g := &gate{arrived: make(chan struct{}), open: make(chan struct{})}
	s := httptest.NewServer(g)
	t.Cleanup(s.Close)
	busy := make(chan error)
	go func() {
		_, err := f.Invoke(context.Background(), []byte(`{"Do":"wait","URL":"`+s.URL+`"}`))
		busy <- err
	}()
	<-g.arrived
	end()
	check(t, errors.Is(<-busy, runtimeapi.ErrClosed), true)
	f.Close()
	f.Close() // a second time does no harm
	check(t, len(f.Instances()), 0)
	check(t, alive(pid), false)
	if _, err := f.Invoke(context.Background(), nil); !errors.Is(err, runtimeapi.ErrClosed) {
		t.Errorf("error %v", err)
	}
	check(t, errors.Is(f.Warm(context.Background()), runtimeapi.ErrClosed), true)
}

// alive reports whether a process runs. A zombie does not.
func alive(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}
