package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A localdev's life: made, used, stopped in each way, started again.
func TestLocaldevKeepsItsDataAcrossStarts(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	p := launch(t, []string{"-addr", "127.0.0.1:0", "-data", dir})
	url := p.waitUntilReady()
	t.Logf("ready for the first time after %v", time.Since(p.startedAt))
	first := p.asAdmin(url, p.adminPassword())
	first.register("ann", http.StatusCreated)

	second := launch(t, []string{"-addr", "127.0.0.1:0", "-data", dir})
	second.wantRefusal("another localdev uses the data folder "+dir+"; stop it", "-data")
	first.canRead("ann")

	addr := strings.TrimPrefix(url, "http://")
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup, where it is to be ignored
		signals = append(signals, syscall.SIGHUP)
	}
	for _, sig := range signals {
		p.wantCleanStop(sig, dir)
		p = launch(t, []string{"-addr", addr, "-data", dir})
		p.waitUntilReady()
		t.Logf("ready again after %v", time.Since(p.startedAt))
		first.canRead("ann") // with the token of the first run
		if strings.Contains(p.stdout(), "shown this once") {
			t.Errorf("it shows a password: %v", p)
		}
	}
	p.wantCleanStop(syscall.SIGINT, dir)
}

// Nothing was stopped in order. First the process alone is killed and PostgreSQL
// goes on, then both are killed.
func TestAKilledLocaldevStartsAgain(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	p := launch(t, []string{"-addr", "127.0.0.1:0", "-data", dir})
	url := p.waitUntilReady()
	c := p.asAdmin(url, p.adminPassword())
	c.register("ann", http.StatusCreated)
	addr := strings.TrimPrefix(url, "http://")

	p.signalAndWait(syscall.SIGKILL)
	left := postmasterIn(dir)
	if left == 0 {
		t.Fatal("PostgreSQL has gone, too: this test means nothing")
	}
	p = launch(t, []string{"-addr", addr, "-data", dir})
	p.waitUntilReady()
	c.canRead("ann")
	c.register("bob", http.StatusCreated)

	p.signalAndWait(syscall.SIGKILL)
	if err := syscall.Kill(left, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p = launch(t, []string{"-addr", addr, "-data", dir})
	p.waitUntilReady()
	c.canRead("ann")
	c.canRead("bob")
	p.wantCleanStop(syscall.SIGINT, dir)
}

// Killed again and again while it makes its folder, a little later each time.
func TestAKilledStartIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	server := filepath.Join(dir, "postgres", "server")
	for _, stage := range []struct {
		name string
		done func() bool
	}{
		{"the secrets", func() bool { return exists(filepath.Join(dir, "secrets.json")) }},
		{"initdb's first folder", func() bool { return exists(filepath.Join(server, "data.tmp*")) }},
		{"initdb's first files", func() bool { return exists(filepath.Join(server, "data.tmp*", "global", "pg_control")) }},
		{"the data", func() bool { return exists(filepath.Join(server, "data", "PG_VERSION")) }},
		{"PostgreSQL's process", func() bool { return postmasterIn(dir) != 0 }},
		{"PostgreSQL's first answer", logged(dir, "ready to accept connections")},
		{"the first table", logged(dir, "create table users")},
		{"the admin", logged(dir, "insert into users")},
	} {
		p := launch(t, []string{"-addr", "127.0.0.1:0", "-data", dir})
		p.waitFor(stage.name, stage.done)
		p.signalAndWait(syscall.SIGKILL)
	}
	p := launch(t, []string{"-addr", "127.0.0.1:0", "-data", dir})
	c := newAPIClient(p, p.waitUntilReady())
	c.register("ann", http.StatusCreated)
	c.register("ann", http.StatusConflict)
	p.wantCleanStop(syscall.SIGTERM, dir)
}

// With the origin of a deployment in .env, nothing that is tried goes there.
func TestBannerNamesWhereItListens(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	p := launch(t, []string{"-addr", "127.0.0.1:0", "-data", dir}, "PUBLIC_URL=https://accounts.example.com")
	url := p.waitUntilReady()
	resp, err := http.Get(url + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	for _, want := range []string{url + "/_mail", "curl -s " + url + "/api/user/register", "PUBLIC_URL     https://accounts.example.com "} {
		if !strings.Contains(p.stdout(), want) {
			t.Errorf("it does not say %q: %v", want, p)
		}
	}
	if n := strings.Count(p.stdout(), "accounts.example.com"); n != 1 {
		t.Errorf("it names the other origin %d times: %v", n, p)
	}
	p.wantCleanStop(syscall.SIGTERM, dir)
}

// Ctrl-C before it is ready ends it soon and leaves nothing running.
func TestCtrlCStopsAStart(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	p := launch(t, []string{"-addr", "127.0.0.1:0", "-data", dir})
	p.waitFor("initdb", func() bool { return strings.Contains(p.stdout(), "Making a PostgreSQL") })
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	p.wantRefusal("stopped before it was ready")
	if pid := postmasterIn(dir); pid != 0 {
		t.Errorf("PostgreSQL runs on, process %d", pid)
	}
}

func exists(pattern string) bool {
	found, _ := filepath.Glob(pattern)
	return len(found) > 0
}

// logged reports whether PostgreSQL has logged something since the folder was
// made.
func logged(dir, what string) func() bool {
	return func() bool {
		b, err := os.ReadFile(filepath.Join(dir, "postgres", "log"))
		return err == nil && bytes.Contains(b, []byte(what))
	}
}

// postmasterIn returns the PostgreSQL that runs in a data folder, or 0.
func postmasterIn(dir string) int {
	b, err := os.ReadFile(filepath.Join(dir, "postgres", "server", "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil || !isRunning(pid) {
		return 0
	}
	return pid
}

// isRunning reports whether a process does; one that is dead and waits for its
// parent does not. Linux machines may lack ps, others /proc.
func isRunning(pid int) bool {
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		_, after, _ := strings.Cut(string(stat), ") ") // the name before it may have spaces
		return !strings.HasPrefix(after, "Z")
	}
	state, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(state)), "Z")
}

// wantCleanStop sends a signal and checks that it ends well and PostgreSQL with it.
func (p *process) wantCleanStop(sig syscall.Signal, dir string) {
	p.t.Helper()
	postgres := postmasterIn(dir)
	if postgres == 0 {
		p.t.Fatal("no PostgreSQL runs: this test means nothing")
	}
	began := time.Now()
	if status := p.signalAndWait(sig); status != 0 {
		p.t.Errorf("%v: status %d: %v", sig, status, p)
	}
	p.t.Logf("stopped by %v after %v", sig, time.Since(began))
	for deadline := time.Now().Add(5 * time.Second); isRunning(postgres); {
		if time.Now().After(deadline) {
			p.t.Fatalf("%v: PostgreSQL runs on, process %d", sig, postgres)
		}
	}
}

var shownOnce = regexp.MustCompile(`username admin, password ([A-Z2-7]{26})   \(shown this once\)`)

func (p *process) adminPassword() string {
	p.t.Helper()
	m := shownOnce.FindStringSubmatch(p.stdout())
	if m == nil {
		p.t.Fatalf("it shows no password: %v", p)
	}
	return m[1]
}
