package runtimeapi

import (
	"context"
	"errors"
	"time"
)

// maxPayload is Lambda's limit for a synchronous event and for its answer, in bytes.
const maxPayload = 6 << 20

type outcome struct {
	body []byte
	err  error
}

// Invoke sends an event, a JSON value, to an idle process or a new one, and returns
// the answer. The error is an *InitError, *FunctionError, *CrashError,
// *TimeoutError, ErrPayloadTooLarge, ErrClosed, or the cause of ctx. When ctx ends,
// Invoke returns; as in Lambda, the function still finishes its work.
func (f *Function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if len(payload) > maxPayload {
		return nil, ErrPayloadTooLarge
	}
	return f.do(ctx, func() outcome { return f.run(payload) })
}

// Warm starts a process, unless one is idle, and waits until it asks for its first
// event. This is Lambda's provisioned concurrency.
func (f *Function) Warm(ctx context.Context) error {
	_, err := f.do(ctx, func() outcome {
		in, _, err := f.acquire()
		if err == nil {
			f.release(in)
		}
		return outcome{err: err}
	})
	return err
}

// do waits until fewer than MaxInstances events are in progress, then runs work.
func (f *Function) do(ctx context.Context, work func() outcome) ([]byte, error) {
	if f.isClosed() {
		return nil, ErrClosed
	}
	select {
	case f.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-f.done:
		return nil, ErrClosed
	}
	result := make(chan outcome, 1)
	go func() {
		o := work()
		<-f.slots
		result <- o
	}()
	select {
	case o := <-result:
		return o.body, o.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (f *Function) run(payload []byte) outcome {
	for {
		in, cold, err := f.acquire()
		if err != nil {
			return outcome{err: err}
		}
		j := newInvocation(payload, f.cfg.Timeout)
		o, begun := in.serve(j)
		if !begun && !cold && !f.isClosed() { // an idle process has died; no process has the event yet
			continue
		}
		report := Report{
			Function: f.cfg.Name, RequestID: j.id, Duration: j.duration, MemoryMB: f.cfg.MemoryMB, MaxMemory: in.maxMemory(), Err: o.err,
		}
		if cold {
			report.Init = in.initTime()
		}
		if in.waitUntilReady(j) {
			f.release(in)
		}
		in.out.sync()
		f.report(report)
		return o
	}
}

func (f *Function) report(r Report) {
	if errors.Is(r.Err, ErrClosed) {
		return
	}
	f.log.print(r.String())
	if f.cfg.OnReport != nil {
		f.cfg.OnReport(r)
	}
}

// acquire returns the process that became idle last, as Lambda does, or starts a new
// one and waits until it asks for its first event.
func (f *Function) acquire() (in *instance, cold bool, err error) {
	f.mu.Lock()
	if n := len(f.idle); n > 0 {
		in, f.idle = f.idle[n-1], f.idle[:n-1]
	}
	f.mu.Unlock()
	if in != nil {
		return in, false, nil
	}
	if in, err = f.launch(); err != nil {
		return nil, true, err
	}
	limit := time.NewTimer(f.cfg.InitTimeout)
	defer limit.Stop()
	select {
	case <-in.ready:
		return in, true, nil
	case <-in.exited:
		return nil, true, in.initError(false)
	case <-limit.C:
		in.kill()
		<-in.exited
		return nil, true, in.initError(true)
	}
}

func (f *Function) release(in *instance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all[in] && !f.closed {
		f.idle = append(f.idle, in)
	}
}
