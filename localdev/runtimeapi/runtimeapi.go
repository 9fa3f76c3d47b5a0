// Package runtimeapi runs a built Lambda function on this machine: it starts
// the real binary, plays the Lambda Runtime API to it over HTTP and hands it
// one event at a time.
//
// It behaves as Lambda does where a function can tell: processes start at the
// first event, serve one event at a time, are reused while idle and killed
// when an event takes too long, and see no environment but Lambda's and their
// own. It refuses to be a sandbox. A function runs as the user who started it,
// memory is measured and not limited, and between events a process is not
// frozen. Extensions and streamed answers are not supported.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
package runtimeapi

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Config says what to run and how. Only Binary is required.
type Config struct {
	Binary       string        // path of the executable
	Name         string        // of the function; the binary's name if empty
	Env          []string      // "KEY=value", beside what Lambda sets
	MemoryMB     int           // told to the function and reported, not enforced; 128 if zero
	Timeout      time.Duration // for one event; 3 s if zero, as in Lambda
	InitTimeout  time.Duration // from the start of a process until it asks for an event; 10 s if zero, as in Lambda
	MaxInstances int           // processes at a time; 10 if zero. Further events wait, where Lambda would throttle
	Log          io.Writer     // the function's output and a REPORT line for each event, in whole lines; none if nil
	OnReport     func(Report)  // called after each event, from any goroutine; may be nil
}

// A Function is a binary that is ready to be invoked. Its methods may be
// called at the same time.
type Function struct {
	cfg    Config
	log    *lineWriter
	slots  chan struct{} // holds one token for each event under way
	done   chan struct{} // closed by Close
	detach func() bool   // from Start's context

	mu     sync.Mutex
	closed bool
	idle   []*instance // the last used at the end
	all    map[*instance]bool
}

// Start checks the configuration. It starts no process: that is the first
// event's cold start. When ctx ends, the function is closed.
func Start(ctx context.Context, cfg Config) (*Function, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	f := &Function{
		cfg: cfg, log: &lineWriter{to: cfg.Log},
		slots: make(chan struct{}, cfg.MaxInstances), done: make(chan struct{}), all: map[*instance]bool{},
	}
	f.detach = context.AfterFunc(ctx, f.Close)
	return f, nil
}

func (c *Config) validate() error {
	path, err := filepath.Abs(c.Binary)
	if err != nil {
		return fmt.Errorf("function binary: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("function binary: %w; build it first", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("function binary: %s is not a file", path)
	}
	for _, kv := range c.Env {
		if i := strings.IndexByte(kv, '='); i <= 0 {
			return fmt.Errorf("environment: %q is not of the form KEY=value", kv)
		}
	}
	c.Binary = path
	c.Env = slices.Clone(c.Env)
	setDefault(&c.Name, filepath.Base(path))
	setDefault(&c.MemoryMB, 128)
	setDefault(&c.Timeout, 3*time.Second)
	setDefault(&c.InitTimeout, 10*time.Second)
	setDefault(&c.MaxInstances, 10)
	if c.Log == nil {
		c.Log = io.Discard
	}
	return nil
}

func setDefault[T comparable](v *T, to T) {
	var zero T
	if *v == zero {
		*v = to
	}
}

// Name returns the function's name.
func (f *Function) Name() string { return f.cfg.Name }

// Close kills all processes of the function and waits until they are gone.
// Events under way fail with ErrClosed.
func (f *Function) Close() {
	f.detach()
	f.mu.Lock()
	if !f.closed {
		f.closed = true
		close(f.done)
	}
	var running []*instance
	for in := range f.all {
		running = append(running, in)
	}
	f.mu.Unlock()
	for _, in := range running {
		in.kill()
	}
	for _, in := range running {
		<-in.exited
	}
}

func (f *Function) isClosed() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}
