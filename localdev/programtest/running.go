package programtest

import (
	"bytes"
	"sync"
	"testing"
	"time"
)

// Output is what a program writes. It can be read while it is written.
type Output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

// String returns all of it so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

const (
	// patience is for machines with much else to do.
	patience = 2 * time.Minute
	askEvery = 20 * time.Millisecond
)

// Eventually asks again and again until done says true, for what another process does has no event to wait for. It fails the
// test when that takes more than two minutes.
func Eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !done(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}
