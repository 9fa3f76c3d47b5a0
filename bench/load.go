package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// call is one request and what must become of it.
type call struct {
	method, path string
	header       map[string]string
	body         []byte
	status       int                // that the answer must have
	read         func([]byte) error // reads the answer's body; nil ignores it
}

// client makes the next call of one client. Calls of one client follow one
// another, so it may keep what an answer said.
type client func() (call, error)

// window is what was measured while some clients sent requests.
type window struct {
	requests            int
	took                time.Duration
	latencies           []time.Duration
	serverCPU, database time.Duration
	serverMiB           float64
}

// measure lets clients send requests to a subject for some time.
func measure(ctx context.Context, s *subject, clients []client, length time.Duration) (window, error) {
	before, err := s.used()
	if err != nil {
		return window{}, err
	}
	began := time.Now()
	latencies, err := sendAll(ctx, s, clients, began.Add(length))
	if err != nil {
		return window{}, err
	}
	w := window{requests: len(latencies), took: time.Since(began), latencies: latencies}
	after, err := s.used()
	if err != nil {
		return window{}, err
	}
	w.serverCPU, w.database = after.server-before.server, after.database-before.database
	w.serverMiB, err = residentMiB(s.pid)
	return w, err
}

// sendAll returns how long each request took. The first error ends it.
func sendAll(ctx context.Context, s *subject, clients []client, end time.Time) ([]time.Duration, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: len(clients), DisableCompression: true}
	defer transport.CloseIdleConnections()
	perClient := make([][]time.Duration, len(clients))
	errs := make([]error, len(clients))
	var group sync.WaitGroup
	for i, next := range clients {
		group.Go(func() {
			for time.Now().Before(end) && errs[i] == nil {
				var took time.Duration
				if took, errs[i] = send(ctx, transport, s.url, next); errs[i] == nil {
					perClient[i] = append(perClient[i], took)
				}
			}
		})
	}
	group.Wait()
	return slices.Concat(perClient...), errors.Join(errs...)
}

// requestTimeout is far above what any request takes.
const requestTimeout = 30 * time.Second

// send sends the next call of a client and checks its answer.
func send(ctx context.Context, transport http.RoundTripper, base string, next client) (time.Duration, error) {
	c, err := next()
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, c.method, base+c.path, bytes.NewReader(c.body))
	if err != nil {
		return 0, err
	}
	if c.body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	began := time.Now()
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", c.method, c.path, err)
	}
	body, err := io.ReadAll(answer.Body)
	took := time.Since(began)
	answer.Body.Close()
	switch {
	case err != nil:
		return 0, fmt.Errorf("%s %s: %w", c.method, c.path, err)
	case answer.StatusCode != c.status:
		return 0, fmt.Errorf("%s %s is answered %d: %s", c.method, c.path, answer.StatusCode, body)
	case c.read != nil:
		err = c.read(body)
	}
	return took, err
}
