package main

import (
	"flag"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"roster/localdev/postgrestest"
)

var malformedRequests = flag.Int("malformed", 4000, "number of malformed requests")

// Whatever is wrong with a request, the answer is one of those that are
// described: never a 5xx, nothing of the inside, and never a yes.
func TestMalformed(t *testing.T) {
	t.Parallel()
	const clients = 8
	s := newTestServer(t, inThisProcess, unlimited)
	all := newTally()
	var mu, preparing sync.Mutex
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			c := &badClient{
				generator:       &generator{Rand: rand.New(rand.NewPCG(*generatorSeed, uint64(i)))},
				keepAliveClient: &keepAliveClient{testServer: s}, t: t, secrets: s.secrets(), preparing: &preparing, values: map[string]string{}, tally: newTally(),
			}
			c.run(*malformedRequests / clients)
			mu.Lock()
			defer mu.Unlock()
			all.add(c.tally)
		})
	}
	wg.Wait()
	t.Logf("%d malformed requests from the seed %d: %d answers of 5xx, %d leaks, %d answers that are not described, %d that accept what is malformed", all.sent, *generatorSeed, all.failed, all.leaks, all.odd, all.accepted)
	t.Logf("kinds: %v; statuses (0 is no answer, the connection was closed): %v", all.kinds, all.statuses)
	for _, status := range []int{200, 400, 401, 404, 405, 413, 415} {
		if all.statuses[status] == 0 {
			t.Errorf("no request was answered %d: the generator is too tame", status)
		}
	}
	if errs := postgrestest.Errors(t); len(errs) > 0 {
		t.Errorf("PostgreSQL complains %d times: %.20q", len(errs), errs)
	}
}

// tally is what came of the requests of one client, or of all.
type tally struct {
	sent, failed, leaks, odd, accepted int
	kinds                              map[string]int
	statuses                           map[int]int
}

func newTally() *tally { return &tally{kinds: map[string]int{}, statuses: map[int]int{}} }

func (all *tally) add(t *tally) {
	all.sent, all.failed, all.leaks, all.odd, all.accepted = all.sent+t.sent, all.failed+t.failed, all.leaks+t.leaks, all.odd+t.odd, all.accepted+t.accepted
	for kind, n := range t.kinds {
		all.kinds[kind] += n
	}
	for status, n := range t.statuses {
		all.statuses[status] += n
	}
}

// badClient sends one malformed request after the other.
type badClient struct {
	*generator
	*keepAliveClient
	*tally
	t         *testing.T
	secrets   []string
	preparing *sync.Mutex // by one at a time: it hashes
	values    map[string]string
}

// tokensEvery is how many requests there are from one time that the client gets
// tokens to the next: it costs three hashes.
const tokensEvery = 5000

func (c *badClient) run(n int) {
	defer c.disconnect()
	for i := range n {
		if i%tokensEvery == 0 && !c.prepare() {
			return
		}
		m := c.malform(c.values)
		c.sent++
		c.kinds[m.kind]++
		answers, err := c.sendMalformed(m)
		if err != nil {
			c.t.Error(err)
			return
		}
		if len(answers) == 0 {
			c.statuses[0]++
		}
		for _, a := range answers {
			c.check(m, a)
		}
	}
}

// prepare gets an access token of an admin and a reset token.
func (c *badClient) prepare() bool {
	c.preparing.Lock()
	defer c.preparing.Unlock()
	return c.prepareFrom(setupRequests)
}

func (c *badClient) prepareFrom(requests []raw) bool {
	deadline := time.Now().Add(time.Minute)
	for _, r := range requests {
		a, err := c.do(r.method, r.fill(c.values).keepAliveBytes())
		for err == nil && a.status == http.StatusServiceUnavailable && time.Now().Before(deadline) { // hashes on a busy machine
			a, err = c.do(r.method, r.fill(c.values).keepAliveBytes())
		}
		if err != nil || a.status == 0 || a.status >= 500 {
			c.t.Errorf("%v is answered %v, %v", r, a, err)
			return false
		}
		storeTokens(c.values, a)
	}
	return true
}

func (c *badClient) sendMalformed(m malformed) ([]answer, error) {
	if m.wire != nil {
		return c.sendAndClose(m.wire)
	}
	a, err := c.do(m.method, m.keepAliveBytes())
	if a.status == 0 {
		return nil, err
	}
	return []answer{a}, err
}

func (c *badClient) check(m malformed, a answer) {
	c.statuses[a.status]++
	problem := ""
	if a.status >= 500 {
		c.failed++
		problem = "with a 5xx"
	}
	if m.refused && (a.status < 400 || a.status >= 500) {
		c.accepted++
		problem += ", as if it were good"
	}
	if word := leak(a, c.secrets); word != "" {
		c.leaks++
		problem += ", with " + word + " in it"
	}
	if why := undocumented(a); why != "" {
		c.odd++
		problem += ", which is not described: " + why
	}
	if problem != "" && c.failed+c.leaks+c.odd+c.accepted <= 10 {
		c.t.Errorf("%s: %v %.500q\nis answered %s\n%v", m.kind, m.raw, m.wire, problem, a)
	}
	if problem != "" {
		c.t.Fail()
	}
}
