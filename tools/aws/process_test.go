package aws_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	startTime = time.Minute     // for a server to listen; a busy machine is no failure
	stopTime  = 5 * time.Second // for a server to end by itself
)

// process is a server that somebody else wrote.
type process struct {
	cmd    *exec.Cmd
	log    *output
	exited chan struct{}
}

// launch starts a server with this environment and no other, and returns when it
// listens. It dies with this process, however that ends.
func launch(address string, env []string, command ...string) (*process, error) {
	p := &process{cmd: exec.Command(command[0], command[1:]...), log: &output{}, exited: make(chan struct{})}
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, env...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error, 1)
	go p.live(started)
	if err := <-started; err != nil {
		return nil, err
	}
	if err := p.listens(address); err != nil {
		p.stop()
		return nil, fmt.Errorf("%s: %w\n%s", command[0], err, p.log)
	}
	return p, nil
}

// live keeps to one thread: Linux kills the process when the thread that started
// it ends.
func (p *process) live(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err == nil {
		_ = p.cmd.Wait()
		close(p.exited)
	}
}

func (p *process) listens(address string) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(startTime); ; {
		c, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			return c.Close()
		}
		select {
		case <-tick.C:
		case <-p.exited:
			return fmt.Errorf("it ended (%s)", p.cmd.ProcessState)
		case <-deadline:
			return fmt.Errorf("it does not listen on %s after %s", address, startTime)
		}
	}
}

// stop asks the server to end, and ends it if it does not.
func (p *process) stop() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(stopTime):
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // what it left behind in its group, too
	<-p.exited
}

// freeAddresses are addresses that nobody listened on a moment ago.
func freeAddresses(n int) ([]string, error) {
	var list []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // all at once, so that no two are the same
		list = append(list, l.Addr().String())
	}
	return list, nil
}

// processesOf are the processes that run a binary of a folder.
func processesOf(folder string) []string {
	var left []string
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, link := range links {
		if path, err := os.Readlink(link); err == nil && strings.HasPrefix(path, folder) {
			left = append(left, filepath.Base(filepath.Dir(link))+" "+path)
		}
	}
	return left
}

// installed is a command of .ci/tools or of node_modules, which make aws fills.
func installed(t testing.TB, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Fatalf("%v; run make aws, which installs it", err)
	}
	return path
}

// output is a log that can be read while it is written.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// shared are servers that all tests use, and that end with the last.
var shared struct {
	mu    sync.Mutex
	stops []func()
}

func share(stop func()) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	shared.stops = append(shared.stops, stop)
}

func stopShared() {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	for _, stop := range shared.stops {
		stop()
	}
}
