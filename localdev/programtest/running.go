package programtest

import (
	"bytes"
	"sync"
	"testing"
	"time"
)

// Output collects what a program writes. It can be read while the program runs.
type Output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

// String returns everything written so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

const (
	// timeout is long because test machines are often busy.
	timeout      = 2 * time.Minute
	pollInterval = 20 * time.Millisecond
)

// Eventually polls until done returns true. It is for effects of another process that cause no event to wait for. It fails the test
// after two minutes.
func Eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for deadline := time.Now().Add(timeout); !done(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, timeout)
		}
	}
}
