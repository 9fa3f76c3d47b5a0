package runtimeapi

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Report says how long one event took and what memory it used.
type Report struct {
	Function  string
	RequestID string
	Duration  time.Duration // from the delivery of the event to the answer
	Init      time.Duration // of a cold start; otherwise 0
	MemoryMB  int           // as configured
	MaxMemory int64         // the process's peak so far, in bytes; 0 if unknown
	Err       error         // the error that Invoke returned
}

// Billed is the time that Lambda would bill: whole milliseconds, with the cold
// start.
func (r Report) Billed() time.Duration {
	return (r.Duration + r.Init + time.Millisecond - 1).Truncate(time.Millisecond)
}

// String is the line that Lambda writes to the log after each event.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "REPORT RequestId: %s\tDuration: %s\tBilled Duration: %d ms\tMemory Size: %d MB",
		r.RequestID, millis(r.Duration), r.Billed().Milliseconds(), r.MemoryMB)
	if r.MaxMemory > 0 {
		fmt.Fprintf(&b, "\tMax Memory Used: %d MB", (r.MaxMemory+1<<20-1)>>20)
	}
	if r.Init > 0 {
		fmt.Fprintf(&b, "\tInit Duration: %s", millis(r.Init))
	}
	b.WriteString(r.status())
	return b.String()
}

func (r Report) status() string {
	var timeout *TimeoutError
	var failed *FunctionError
	switch {
	case r.Err == nil:
		return ""
	case errors.As(r.Err, &timeout):
		return "\tStatus: timeout"
	case errors.As(r.Err, &failed):
		return "\tStatus: error\tError Type: " + failed.Type
	}
	return "\tStatus: error\tError Type: Runtime.ExitError"
}

func millis(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}

// An Instance describes a running process. Memory is in bytes. Memory and Processor
// are 0 except on Linux.
type Instance struct {
	PID        int
	Init       time.Duration // from the start until the process asked for an event; 0 before that
	InitMemory int64         // resident at that moment
	Memory     int64         // resident now
	MaxMemory  int64         // peak
	Served     int           // number of events so far
	Processor  time.Duration // that all its threads have run
}

// Instances describes the running processes, in no particular order.
func (f *Function) Instances() []Instance {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []Instance
	for in := range f.all {
		m := memory(in.cmd.Process.Pid)
		in.mu.Lock()
		list = append(list, Instance{in.cmd.Process.Pid, in.init, in.initMem, m.now, max(in.peak, m.max), in.served, processor(in.cmd.Process.Pid)})
		in.mu.Unlock()
	}
	return list
}

func (in *instance) initTime() time.Duration {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.init
}

// maxMemory reads the peak and remembers it for after the process has ended.
func (in *instance) maxMemory() int64 {
	m := memory(in.cmd.Process.Pid)
	in.mu.Lock()
	defer in.mu.Unlock()
	in.peak = max(in.peak, m.max)
	return in.peak
}
