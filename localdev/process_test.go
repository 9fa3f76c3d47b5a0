package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"roster/localdev/pgserver"
	"roster/localdev/programtest"
)

// process is a real localdev, started from its binary.
type process struct {
	t         *testing.T
	cmd       *exec.Cmd
	exited    chan struct{}
	startedAt time.Time

	out, err programtest.Output
}

// processTimeout is for machines with much else to do.
const processTimeout = 2 * time.Minute

// launch starts localdev in a folder of its own with nothing in its environment
// but what is given.
func launch(t *testing.T, args []string, env ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(programtest.Program(t, "localdev"), args...), exited: make(chan struct{})}
	p.cmd.Dir = t.TempDir()
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	p.startedAt = time.Now()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.exited) }()
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); <-p.exited })
	return p
}

func (p *process) stdout() string { return p.out.String() }
func (p *process) stderr() string { return p.err.String() }

func (p *process) String() string {
	return fmt.Sprintf("%s\nstdout:\n%s\nstderr:\n%s", strings.Join(p.cmd.Args[1:], " "), p.stdout(), p.stderr())
}

func (p *process) hasExited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// waitFor waits for something to become true, and fails the test when the process
// ends before that.
func (p *process) waitFor(what string, done func() bool) {
	p.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(processTimeout); !done(); <-tick.C {
		if p.hasExited() || time.Now().After(deadline) {
			p.t.Fatalf("waited in vain for %s: %v", what, p)
		}
	}
}

var apiLine = regexp.MustCompile(`(?m)^  API +(\S+)$`)

// waitUntilReady waits until it serves and returns its URL.
func (p *process) waitUntilReady() (url string) {
	p.t.Helper()
	p.waitFor("it to be ready", func() bool {
		return strings.Contains(p.stdout(), "Roster is ready.") && apiLine.MatchString(p.stdout())
	})
	return apiLine.FindStringSubmatch(p.stdout())[1]
}

// waitForExit waits for its end and returns its status.
func (p *process) waitForExit() int {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(processTimeout):
		p.t.Fatalf("it does not end: %v", p)
	}
	return p.cmd.ProcessState.ExitCode()
}

// signalAndWait sends a signal and waits for the end.
func (p *process) signalAndWait(s os.Signal) int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatal(err)
	}
	return p.waitForExit()
}

// dataFolder is a folder for -data that is not there yet. What PostgreSQL
// leaves running in it ends with the test.
func dataFolder(t *testing.T) string {
	t.Helper()
	parent, err := os.MkdirTemp("", "roster-data-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(parent, 0o755); err != nil { // as root, PostgreSQL is another account
		t.Fatal(err)
	}
	dir := filepath.Join(parent, "data")
	t.Cleanup(func() {
		if err := errors.Join(removeServer(dir), os.RemoveAll(parent)); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func removeServer(data string) error {
	dir := filepath.Join(data, "postgres")
	if fi, err := os.Stat(dir); err != nil || !fi.IsDir() {
		return nil
	}
	return pgserver.Remove(context.Background(), dir)
}
