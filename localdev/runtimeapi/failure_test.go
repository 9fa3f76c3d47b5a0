package runtimeapi_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"roster/localdev/programtest"
	"roster/localdev/runtimeapi"
)

func TestAFailedStartIsExplained(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		atInit, want string
		wait         time.Duration
	}{
		{"exit", "function misbehave did not start (exit status 1): config: DATABASE_URL is missing", 0},
		{"report", "function misbehave did not start (exit status 1): ConfigError: no secret", 0},
		{"hang", "function misbehave did not start: not ready within 300ms", 300 * time.Millisecond},
	} {
		t.Run(c.atInit, func(t *testing.T) {
			t.Parallel()
			var out programtest.Output
			f := start(t, "misbehave", runtimeapi.Config{Env: []string{"AT_INIT=" + c.atInit}, InitTimeout: c.wait, Log: &out})
			for range 2 { // each event tries again
				_, err := f.Invoke(t.Context(), []byte(`{}`))
				var failed *runtimeapi.InitError
				if !errors.As(err, &failed) || err.Error() != c.want {
					t.Errorf("error %v, want %s", err, c.want)
				}
			}
			check(t, errors.As(f.Warm(t.Context()), new(*runtimeapi.InitError)), true)
			check(t, len(f.Instances()), 0)
			check(t, strings.Count(out.String(), "INIT_REPORT Init Duration: "), 3)
		})
	}
}

func TestAFailedEventIsExplained(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		do, want string
		as       any
		lives    bool
		status   string
	}{
		{"error", "function misbehave failed: errorString: no such thing", new(*runtimeapi.FunctionError), true, "Status: error\tError Type: errorString\n"},
		{"panic", "function misbehave failed: string: boom", new(*runtimeapi.FunctionError), false, "Status: error\tError Type: string\n"},
		{"large", "function misbehave failed: Function.ResponseSizeTooLarge: the answer has more than 6291456 bytes", new(*runtimeapi.FunctionError), false, ""},
		{"stream", "function misbehave failed: errorString: cut off", new(*runtimeapi.FunctionError), true, "Status: error\tError Type: errorString\n"},
		{"exit", "function misbehave crashed (exit status 3): disk on fire", new(*runtimeapi.CrashError), false, "Status: error\tError Type: Runtime.ExitError\n"},
		{"hang", "function misbehave: task timed out after 2.00 seconds", new(*runtimeapi.TimeoutError), false, "Status: timeout\n"},
	} {
		t.Run(c.do, func(t *testing.T) {
			t.Parallel()
			var out programtest.Output
			cfg := runtimeapi.Config{Log: &out}
			if c.do == "hang" {
				cfg.Timeout = 2 * time.Second
			}
			f := start(t, "misbehave", cfg)
			before := do(t, f, "")
			_, err := f.Invoke(t.Context(), []byte(`{"Do":"`+c.do+`"}`))
			if err == nil || err.Error() != c.want || !errors.As(err, c.as) {
				t.Errorf("error %T %v, want %s", err, err, c.want)
			}
			if !strings.Contains(out.String(), c.status) {
				t.Errorf("the log has no %q:\n%s", c.status, out.String())
			}
			check(t, do(t, f, "") == before, c.lives)
		})
	}
}

func TestPanicsCarryTheirStack(t *testing.T) {
	t.Parallel()
	f := start(t, "misbehave", runtimeapi.Config{})
	_, err := f.Invoke(t.Context(), []byte(`{"Do":"panic"}`))
	var failed *runtimeapi.FunctionError
	if !errors.As(err, &failed) || len(failed.Stack) == 0 || failed.RequestID == "" {
		t.Fatalf("error %#v", err)
	}
	if !slices.ContainsFunc(failed.Stack, func(f runtimeapi.StackFrame) bool { return f.Path == "misbehave/main.go" && f.Label == "handle" }) {
		t.Errorf("the stack does not name the place: %+v", failed.Stack)
	}
}

func TestDeadIdleProcessIsReplaced(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	f := start(t, "misbehave", runtimeapi.Config{})
	pid := do(t, f, "")
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	programtest.Eventually(t, "its end is noticed", func() bool { return len(f.Instances()) == 0 })
	check(t, do(t, f, "") != pid, true)
}

func TestATooLargeEventIsRefused(t *testing.T) {
	t.Parallel()
	f := start(t, "misbehave", runtimeapi.Config{})
	_, err := f.Invoke(t.Context(), make([]byte, 6<<20+1))
	check(t, errors.Is(err, runtimeapi.ErrPayloadTooLarge), true)
	check(t, len(f.Instances()), 0)
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]runtimeapi.Config{
		"build it first": {Binary: "testdata/absent"},
		"is not a file":  {Binary: "testdata"},
		"KEY=value":      {Binary: binary(t, "hello"), Env: []string{"=x"}},
	} {
		if _, err := runtimeapi.Start(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("no program"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := runtimeapi.Start(t.Context(), runtimeapi.Config{Binary: text})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Invoke(t.Context(), nil)
	check(t, errors.As(err, new(*runtimeapi.InitError)), true)
}

func TestProcessesDieWithTheirParent(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("needs Linux's parent death signal")
	}
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), "BE_A_PARENT_OF="+binary(t, "hello"))
	in, err := parent.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	check(t, alive(pid), true)
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	programtest.Eventually(t, "the function ends", func() bool { return !alive(pid) })
}
