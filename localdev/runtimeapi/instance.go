package runtimeapi

import (
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"
)

// An instance is one process of a function, with the API that it talks to.
type instance struct {
	fn          *Function
	cmd         *exec.Cmd
	out         *output
	server      *http.Server
	startedAt   time.Time
	invocations chan *invocation
	ready       chan struct{} // buffered, capacity 1: the process has asked for an event
	exited      chan struct{}

	mu                sync.Mutex
	current           *invocation
	served            int
	init              time.Duration
	initMem           int64
	peak              int64
	waitErr           error
	initFailureReport *FunctionError // the error that the process reported for its failed start
}

// launch starts a process. It holds the lock meanwhile, about a millisecond, so that
// Close misses no process.
func (f *Function) launch() (*instance, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("function %s: open the Runtime API: %w", f.cfg.Name, err)
	}
	out, err := newOutput(f.log)
	if err != nil {
		_ = listener.Close()
		return nil, fmt.Errorf("function %s: open its log: %w", f.cfg.Name, err)
	}
	in := &instance{
		fn: f, cmd: exec.Command(f.cfg.Binary), out: out,
		invocations: make(chan *invocation), ready: make(chan struct{}, 1), exited: make(chan struct{}),
	}
	in.cmd.Dir = filepath.Dir(f.cfg.Binary)
	in.cmd.Env = f.cfg.environment(listener.Addr().String())
	in.cmd.Stdout, in.cmd.Stderr = out.to, out.to
	in.cmd.SysProcAttr = ownGroup()
	in.server = &http.Server{Handler: in.api(), ReadHeaderTimeout: time.Minute}

	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		_ = listener.Close()
		out.close()
		return nil, ErrClosed
	}
	started := make(chan error, 1)
	go in.supervise(started)
	if err := <-started; err != nil {
		_ = listener.Close()
		out.close()
		return nil, &InitError{Function: f.cfg.Name, Status: err.Error()}
	}
	f.all[in] = true
	go func() { _ = in.server.Serve(listener) }()
	return in, nil
}

// supervise starts the process and waits until it ends. It stays on one OS thread,
// because Linux kills the process when the thread that started it ends.
func (in *instance) supervise(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	in.startedAt = time.Now()
	err := in.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	err = in.cmd.Wait()
	killGroup(in.cmd.Process) // child processes that are left
	in.out.close()
	in.mu.Lock()
	in.waitErr = err
	in.mu.Unlock()
	in.fn.remove(in)
	close(in.exited)
	_ = in.server.Close()
}

func (f *Function) remove(in *instance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, in)
	f.idle = slices.DeleteFunc(f.idle, func(i *instance) bool { return i == in })
}

func (in *instance) kill() {
	select {
	case <-in.exited:
	default:
		killGroup(in.cmd.Process)
	}
}
