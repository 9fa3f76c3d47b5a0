// Package runtimeapi runs a built Lambda function on this machine. It starts the
// real binary, serves the Lambda Runtime API to it over HTTP, and gives it one event
// at a time:
//
//	f, err := runtimeapi.Start(ctx, runtimeapi.Config{Binary: path})
//	answer, err := f.Invoke(ctx, event)
//
// A function sees the behaviour of Lambda. A process starts with the first event,
// serves one event at a time, is reused while idle, and is killed when an event
// takes too long. It has only Lambda's variables and its own.
//
// It refuses to be a sandbox. A function runs as the user who started it, memory is
// measured and not limited, and a process is not frozen between events. It does not
// support extensions and response streaming.
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
	Name         string        // the function's name; the binary's name if empty
	Env          []string      // "KEY=value", in addition to Lambda's variables
	MemoryMB     int           // in the function's environment and the reports, not enforced; 128 if zero
	Timeout      time.Duration // for one event; 3 s if zero, as in Lambda
	InitTimeout  time.Duration // from the start of a process until it asks for an event; 10 s if zero, as in Lambda
	MaxInstances int           // processes at a time; 10 if zero. More events wait; Lambda would throttle them
	Log          io.Writer     // the function's output and a REPORT line for each event, in whole lines; none if nil
	OnReport     func(Report)  // called after each event, from any goroutine; may be nil
}

// A Function is a binary that can be invoked. Its methods are safe for concurrent
// use.
type Function struct {
	cfg    Config
	log    *lineWriter
	slots  chan struct{} // holds one token for each event in progress
	done   chan struct{} // closed by Close
	detach func() bool   // stops watching Start's context

	mu     sync.Mutex
	closed bool
	idle   []*instance // most recently used last
	all    map[*instance]bool
}

// Start checks the configuration. It starts no process; the first event does, as a
// cold start. When ctx ends, the function is closed.
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

// Close kills all processes of the function and waits until they have ended. Events
// in progress fail with ErrClosed.
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
