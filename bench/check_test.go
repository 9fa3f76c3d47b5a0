package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"roster/bench/report"
)

// rows are one flow of Roster and of the limit.
func rows(rps, server, database float64) []report.FlowResult {
	return []report.FlowResult{
		{Flow: "GET", Clients: 1, Subject: report.Roster, RPS: rps, ServerCPUms: server, DatabaseCPUms: database},
		{Flow: "GET", Clients: 1, Subject: report.Limit, RPS: 1000, ServerCPUms: 0.1, DatabaseCPUms: 0.1},
		{Flow: "GET", Clients: 16, Subject: report.Roster, RPS: 1, ServerCPUms: 1, DatabaseCPUms: 1}, // without a limit, so not compared
	}
}

func TestAWorseRatioFailsTheCheck(t *testing.T) {
	t.Parallel()
	recorded := ratios(rows(800, 0.15, 0.12))
	if len(recorded) != 1 || recorded[0].rps != 0.8 || recorded[0].flow != "GET" {
		t.Fatalf("%+v", recorded)
	}
	for name, c := range map[string]struct {
		rps, server, database float64
		want                  string
	}{
		"as recorded":             {800, 0.15, 0.12, ""},
		"better":                  {999, 0.10, 0.05, ""},
		"a little worse":          {700, 0.18, 0.14, ""},
		"fewer requests":          {500, 0.15, 0.12, "requests a second"},
		"more of the server":      {800, 0.24, 0.12, "the server's processor time"},
		"more of the database":    {800, 0.15, 0.20, "the database's processor time"},
		"everything twice as bad": {400, 0.30, 0.24, "requests a second"},
	} {
		err := compareRatios(recorded, ratios(rows(c.rps, c.server, c.database)))
		if (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestSummaryHasTheMedians(t *testing.T) {
	t.Parallel()
	ms := time.Millisecond
	windows := []window{
		{requests: 4, took: time.Second, latencies: []time.Duration{ms, 2 * ms, 3 * ms, 9 * ms}, serverCPU: 8 * ms, database: 4 * ms, serverMiB: 10},
		{requests: 2, took: time.Second, latencies: []time.Duration{4 * ms, 4 * ms}, serverCPU: 8 * ms, database: 4 * ms, serverMiB: 30},
	}
	if got, want := summary(windows), (result{rps: 3, p50: 3, p99: 3.5, server: 3, database: 1.5, memory: 20}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestTheAddressIsFound(t *testing.T) {
	t.Parallel()
	for output, want := range map[string]string{
		"http://127.0.0.1:4711\n": "http://127.0.0.1:4711",
		"\nRoster is ready.\n\n  API            http://127.0.0.1:4712\n  Mailbox        http://127.0.0.1:4712/_mail\n": "http://127.0.0.1:4712",
		"it cannot start\n": "",
	} {
		found := make(chan string, 1)
		var before strings.Builder
		findAddress(strings.NewReader(output), found, &before)
		if got := <-found; got != want {
			t.Errorf("%q: %q, want %q", output, got, want)
		}
		if want == "" && before.String() != output {
			t.Errorf("the reason is lost: %q", before.String())
		}
	}
}

// The times are those of processes that run.
func TestUsedProcessorTimeGrows(t *testing.T) {
	t.Parallel()
	before, err := processCPU(os.Getpid())
	if err != nil {
		t.Skip(err)
	}
	after := before
	for end := time.Now().Add(10 * time.Second); err == nil && after-before < 5*time.Millisecond && time.Now().Before(end); { // work, also on a busy machine
		after, err = processCPU(os.Getpid())
	}
	if err != nil || after-before < 5*time.Millisecond {
		t.Errorf("10 s of work took %v, %v", after-before, err)
	}
	if mib, err := residentMiB(os.Getpid()); err != nil || mib < 1 {
		t.Errorf("%v MiB resident, %v", mib, err)
	}
	if _, err := processCPU(1 << 30); err == nil {
		t.Error("a process that does not exist has a time")
	}
}
