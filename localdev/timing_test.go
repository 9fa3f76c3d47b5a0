package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
)

var (
	timingRounds = flag.Int("timing", 0, "rounds of TestTiming, which are then judged by 0.45 and 0.55: take 2,000 at least; 0 compares what is said, and no times")
	timingShort  = flag.Bool("short-timing", false, "in TestTiming without -timing, judge as many rounds as show a large difference")
	update       = flag.Bool("update", false, "write docs/security/timing.md")
)

// maxDistance is how far from 0.5 the area under the curve of any pair may be.
const maxDistance = 0.05

// checkpoint is where a run is judged. It is over when every pair is within clear of
// 0.5, and fails when it is the last look and one is beyond far.
//
// In a short run clear is the band and 2 standard errors of so many rounds,
// 0.23 after 20; far is the band and 5 standard errors, 0.21 after 160. A pair
// that is within the band gets beyond that in one of 1,700,000 runs, and one of
// the 103 pairs in one run of 16,000 at most (TestAShortRunSeesOnlyLargeDifferences tries both).
//
// That holds on a busy machine, too. The order within a round is random, so two
// classes that do the same work are exchangeable within it; and what slows a
// whole round down is in both, which can only make the error smaller.
type checkpoint struct {
	passWithin, failBeyond float64
	last                   bool
}

var (
	hashLooks  = []int{20, 40, 80, 160} // rounds, where each answer takes a hash
	cheapLooks = []int{40, 80, 160, 320, 640}
)

// saidRounds are enough to see what every class is told, and show nothing of times.
const saidRounds = 2

// timesAreJudged reports whether this is more than a look at what is said.
func timesAreJudged() bool { return *timingRounds > 0 || *timingShort }

// checkpoint is none after most rounds.
func (g group) checkpoint(n int) (l checkpoint, ok bool) {
	switch {
	case *timingRounds > 0:
		return checkpoint{maxDistance, maxDistance, true}, n == *timingRounds
	case *timingShort:
		return g.shortLook(n)
	}
	return checkpoint{passWithin: 1}, n == saidRounds
}

func (g group) shortLook(n int) (l checkpoint, ok bool) {
	at := cheapLooks
	if g.hashes {
		at = hashLooks
	}
	i := slices.Index(at, n)
	return checkpoint{maxDistance + 2*standardError(n), maxDistance + 5*standardError(n), i == len(at)-1}, i >= 0
}

// How long an answer takes does not tell one account from another, and neither
// does what it says. Where times are judged, it runs alone: what else this process
// did would be in them.
func TestTiming(t *testing.T) {
	if !timesAreJudged() {
		t.Parallel()
	}
	if *update && *timingRounds < 2000 {
		t.Fatal("-update writes what 2,000 rounds at least have shown: add -timing 2000")
	}
	l := newLab(t)
	var results []result
	for _, g := range groups {
		t.Run(g.title, func(t *testing.T) {
			r := l.measure(t, g)
			results = append(results, r)
			if timesAreJudged() {
				t.Logf("%d rounds\n%v", len(r.took[0]), r)
			}
		})
	}
	if *update && !t.Failed() && len(results) == len(groups) {
		l.write(t, results)
	}
}

// timingLab is a service as durable as a deployment's: what one answer commits and
// another does not would show. It logs as a deployment does, to nowhere.
type timingLab struct {
	client *keepAliveClient
	db     *pgx.Conn
	rand   *rand.Rand
}

func newLab(t *testing.T) *timingLab {
	t.Helper()
	s, owner := timingServer(t)
	db, err := pgx.Connect(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(context.WithoutCancel(t.Context())) })
	l := &timingLab{client: &keepAliveClient{testServer: s}, db: db, rand: rand.New(rand.NewPCG(*generatorSeed, 0))}
	t.Cleanup(l.client.disconnect)
	l.accounts(t)
	return l
}

// timingServer returns a service with the URL of its database. Without a look at
// the times, any one will do.
func timingServer(t *testing.T) (s testServer, owner string) {
	t.Helper()
	variables := with(with(unlimited, "RESET_TOKEN_IN_RESPONSE", "false"), "ADMIN_PASSWORD", adminPassword)
	if !timesAreJudged() {
		return newTestServer(t, inThisProcess, variables), postgrestest.URL(t)
	}
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(io.Discard, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	s = startTestServer(t, options{addr: "127.0.0.1:0", data: dataFolder(t)}, variables)
	owner = s.database.owner
	conn, err := pgx.Connect(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "alter database "+databaseName+" reset log_statement"); err != nil { // localdev's alone
		t.Fatal(err)
	}
	return s, owner
}

func (l *timingLab) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := l.db.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// result is what one group's answers took, in milliseconds, by class.
type result struct {
	group
	took [][]float64
}

// measure plays rounds until there are enough.
func (l *timingLab) measure(t *testing.T, g group) result {
	t.Helper()
	if *timingRounds == 0 {
		g.classes = slices.DeleteFunc(slices.Clone(g.classes), func(c class) bool { return c.longRunOnly })
	}
	r := result{group: g, took: make([][]float64, len(g.classes))}
	if g.prepare != nil {
		g.prepare(t, l)
	}
	said := map[string]string{}
	warm := 0
	if timesAreJudged() {
		warm = 3 // connections, and what is loaded at its first use
	}
	for n, busy := 0, 0; ; n++ {
		round, ok := l.round(t, g, n, said)
		switch {
		case ok && n >= warm:
			if r.add(round); r.finished(t) {
				return r
			}
		case !ok:
			if busy++; busy > 10+n/10 {
				t.Fatalf("%d of %d rounds had an answer of 503: this machine is too busy to measure", busy, n)
			}
		}
	}
}

func (r result) add(round []float64) {
	for i, took := range round {
		r.took[i] = append(r.took[i], took)
	}
}

// finished reports whether the run is over, and judges it.
func (r result) finished(t *testing.T) bool {
	t.Helper()
	l, ok := r.checkpoint(len(r.took[0]))
	switch {
	case !ok:
		return false
	case r.farthest() <= l.passWithin:
		return true
	case !l.last:
		return false
	}
	r.pairs(func(i, j int, area float64) {
		if math.Abs(area-0.5) > l.failBeyond {
			t.Errorf("%q and %q can be told apart by their time: the area under the curve is %.3f, after %d rounds", r.classes[i].name, r.classes[j].name, area, len(r.took[i]))
		}
	})
	return true
}

func (r result) farthest() (distance float64) {
	r.pairs(func(_, _ int, area float64) { distance = max(distance, math.Abs(area-0.5)) })
	return distance
}

// pairs visits those that are judged.
func (r result) pairs(visit func(i, j int, area float64)) {
	for i, a := range r.classes {
		for j, b := range r.classes[:i] {
			if !a.notJudged && !b.notJudged {
				visit(j, i, auc(r.took[j], r.took[i]))
			}
		}
	}
}

// round asks once for each class, in random order, and checks what is answered.
// It is none when an answer is 503.
func (l *timingLab) round(t *testing.T, g group, n int, said map[string]string) (took []float64, ok bool) {
	t.Helper()
	l.exec(t, g.before)
	took = make([]float64, len(g.classes))
	for _, i := range l.rand.Perm(len(g.classes)) {
		c := g.classes[i]
		request := jsonBody("POST", g.path, c.bodies[n%len(c.bodies)]).keepAliveBytes()
		began := time.Now()
		a, err := l.client.do("POST", request)
		took[i] = float64(time.Since(began)) / float64(time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if a.status == http.StatusServiceUnavailable {
			return nil, false
		}
		if diff := c.differs(a, said); diff != "" || a.status != c.status(g) {
			t.Fatalf("%s is answered %v, want %d, and as others are:\n%s", c.name, a, c.status(g), diff)
		}
	}
	return took, true
}

// differs compares an answer with the first one that must be the same. An answer of
// another status than the group's, which shows the new account, is compared with none.
func (c class) differs(a answer, said map[string]string) string {
	if c.other != 0 {
		return ""
	}
	if said[c.sameAs] == "" {
		said[c.sameAs] = withoutVolatile(a)
	}
	return cmp.Diff(said[c.sameAs], withoutVolatile(a))
}

// withoutVolatile is an answer without what is each request's own. The seconds of a wait
// are left out, for they count down; those that stand for ever are not.
func withoutVolatile(a answer) string {
	h := a.headers.Clone()
	id := h.Get("X-Request-Id")
	h.Del("Date")
	h.Del("X-Request-Id")
	h.Del("Apigw-Requestid")
	if h.Get("Retry-After") != "86400" {
		h.Del("Retry-After")
	}
	return fmt.Sprintf("%d\n%v\n%s", a.status, h, strings.ReplaceAll(a.body, id, "…"))
}
