package runtimeapi

import (
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// ErrClosed is the error of an event whose function was closed.
var ErrClosed = errors.New("the function is closed")

// ErrPayloadTooLarge is the error of an event that exceeds Lambda's limit.
var ErrPayloadTooLarge = fmt.Errorf("the event has more than %d bytes, Lambda's limit", maxPayload)

// An InitError says that a process ended, or was killed by the timeout, before it
// asked for an event.
type InitError struct {
	Function string
	Status   string // "exit status 1", "not ready within 10s"
	Output   string // the end of what it wrote to stdout and stderr, or the error that it reported
}

func (e *InitError) Error() string {
	if e.Output == "" {
		return fmt.Sprintf("function %s did not start: %s", e.Function, e.Status)
	}
	return fmt.Sprintf("function %s did not start (%s): %s", e.Function, e.Status, e.Output)
}

// A FunctionError is an error that the function itself reported. Its process may
// go on.
type FunctionError struct {
	Function  string
	RequestID string
	Type      string // the error's type in the function, such as "errorString", or "Runtime.Unknown"
	Message   string
	Stack     []StackFrame // for a panic
}

// A StackFrame is a place in the function's code.
type StackFrame struct {
	Path  string `json:"path"`
	Line  int    `json:"line"`
	Label string `json:"label"`
}

func (e *FunctionError) Error() string {
	return fmt.Sprintf("function %s failed: %s: %s", e.Function, e.Type, e.Message)
}

// A CrashError says that the process ended while it handled an event.
type CrashError struct {
	Function  string
	RequestID string
	Status    string // "exit status 3", "signal: killed"
	Output    string // the end of what it wrote during the event
}

func (e *CrashError) Error() string {
	if e.Output == "" {
		return fmt.Sprintf("function %s crashed: %s", e.Function, e.Status)
	}
	return fmt.Sprintf("function %s crashed (%s): %s", e.Function, e.Status, e.Output)
}

// A TimeoutError says that an event took too long and the process was killed.
type TimeoutError struct {
	Function  string
	RequestID string
	After     time.Duration
}

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("function %s: task timed out after %.2f seconds", e.Function, e.After.Seconds())
}

func (in *instance) initError(slow bool) error {
	if in.fn.isClosed() {
		return ErrClosed
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	e := &InitError{Function: in.fn.cfg.Name, Status: status(in.waitErr), Output: in.out.recent()}
	if in.initFailureReport != nil {
		e.Output = in.initFailureReport.Type + ": " + in.initFailureReport.Message
	}
	if slow {
		e.Status = fmt.Sprintf("not ready within %v", in.fn.cfg.InitTimeout)
	}
	in.fn.log.print(fmt.Sprintf("INIT_REPORT Init Duration: %s\tPhase: init\tStatus: error\tError Type: Runtime.ExitError", millis(time.Since(in.startedAt))))
	return e
}

func (in *instance) crash(j *invocation) error {
	if in.fn.isClosed() {
		return ErrClosed
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	return &CrashError{Function: in.fn.cfg.Name, RequestID: j.id, Status: status(in.waitErr), Output: in.out.recent()}
}

func status(err error) string {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "exit status 0"
	case errors.As(err, &exit):
		return exit.Error()
	}
	return err.Error()
}
