//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"roster/localdev/programtest"
)

// `timeout -s INT` sends the signal to its child and then to the group, so that it
// comes twice. PostgreSQL stops all the same.
func TestASignalThatComesAgainLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		dir := dataFolder(t)
		p := launch(t, []string{"-addr", "127.0.0.1:0", "-data", dir})
		p.waitUntilReady()
		stop := make(chan struct{})
		go func() {
			defer close(stop)
			for !p.hasExited() {
				_ = p.cmd.Process.Signal(sig)
			}
		}()
		p.wantCleanStop(sig, dir)
		<-stop
	}
}

// A shell that is not interactive starts what is in its background with SIGINT
// ignored.
func TestSIGINTStopsLocaldevInTheBackground(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	p := launchBy(t, `trap "" INT; exec "$0" "$@"`, programtest.Program(t, "localdev"), dir)
	p.waitUntilReady()
	p.wantCleanStop(syscall.SIGINT, dir)
}

// `go run` passes no signal on. When it is ended, localdev ends, too.
func TestTheEndOfGoRunStopsLocaldev(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "go-build1", "localdev")
	if err := os.MkdirAll(filepath.Dir(program), 0o755); err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(programtest.Program(t, "localdev"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, binary, 0o755); err != nil {
		t.Fatal(err)
	}
	dir := dataFolder(t)
	p := launchBy(t, `"$0" "$@" & echo child $!; wait`, program, dir)
	p.waitUntilReady()
	_, rest, _ := strings.Cut(p.stdout(), "child ")
	line, _, _ := strings.Cut(rest, "\n")
	child, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	postgres := postmasterIn(dir)
	if postgres == 0 || !isRunning(child) {
		t.Fatal("it does not run: this test means nothing")
	}
	t.Cleanup(func() { _ = syscall.Kill(child, syscall.SIGTERM) })
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	programtest.Eventually(t, "the end of localdev and PostgreSQL", func() bool { return !isRunning(child) && !isRunning(postgres) })
}

// launchBy starts a localdev by a script of the shell, which has the program as $0
// and its arguments as $@.
func launchBy(t *testing.T, script, program, data string) *process {
	t.Helper()
	p := &process{t: t, exited: make(chan struct{})}
	p.cmd = exec.Command("/bin/sh", "-c", script, program, "-addr", "127.0.0.1:0", "-data", data)
	p.cmd.Dir = t.TempDir()
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.exited) }()
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); <-p.exited })
	return p
}

// Nothing stands before the banner, and a start that applies no migration says
// nothing of them.
func TestTheBannerComesFirst(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	p := launch(t, []string{"-addr", "127.0.0.1:0", "-data", dir})
	p.waitUntilReady()
	if !strings.Contains(p.stdout(), " migrations applied\n") {
		t.Errorf("the first start says nothing of its migrations: %v", p)
	}
	p.wantCleanStop(syscall.SIGINT, dir)
	if p.stderr() != "" {
		t.Errorf("the first start logs: %v", p)
	}

	p = launch(t, []string{"-addr", "127.0.0.1:0", "-data", dir})
	url := p.waitUntilReady()
	p.wantCleanStop(syscall.SIGINT, dir)
	if strings.Contains(p.stdout()+p.stderr(), "migration") || p.stderr() != "" {
		t.Errorf("the second start: %v", p)
	}
	// It says what to do for who has forgotten the password of the first start.
	for _, want := range []string{"Log in with the password of the first start", "ask for a link at " + url + "/forgot_password"} {
		if !strings.Contains(p.stdout(), want) {
			t.Errorf("it does not say %q: %v", want, p)
		}
	}
}

// A folder that root has copied is read by an ordinary user after a chown, and the
// message says so. It does not advise to remove the data.
func TestACopyOfRootsIsExplained(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can make a folder that belongs to another account")
	}
	for name, files := range map[string][]string{"the secrets": {"secrets.json"}, "the database": {"postgres/server/data/PG_VERSION"}} {
		dir := dataFolder(t)
		for _, file := range files {
			path := filepath.Join(dir, filepath.FromSlash(file))
			if err := os.MkdirAll(filepath.Dir(path), 0o711); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("kept"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if name == "the database" {
			if err := os.Chown(dir, 65534, 65534); err != nil { // the secrets can be made
				t.Fatal(err)
			}
		}
		p := launchAs(t, 65534, []string{"-addr", "127.0.0.1:0", "-data", dir})
		p.wantRefusal("belongs to another account", "sudo chown -R 65534 ", "-data")
		if strings.Contains(p.stderr(), "remove") {
			t.Errorf("%s: it advises to remove the data: %v", name, p)
		}
	}
}

// launchAs is launch under another account.
func launchAs(t *testing.T, uid uint32, args []string) *process {
	t.Helper()
	p := &process{t: t, exited: make(chan struct{})}
	home := t.TempDir()
	if err := os.Chown(home, int(uid), int(uid)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(home), 0o755); err != nil {
		t.Fatal(err)
	}
	p.cmd = exec.Command(programtest.Program(t, "localdev"), args...)
	p.cmd.Dir = home
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.exited) }()
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); <-p.exited })
	return p
}
