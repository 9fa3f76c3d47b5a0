package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"roster/bench/report"
)

// By how much a ratio of a short run may be worse than the one of docs/performance.md.
// A short run on a busy machine differs by up to a third from itself; statements that
// are planned anew take three times as much of the database.
const (
	fewerRequests = 0.65 // of the recorded ratio of requests a second
	moreProcessor = 1.50 // of the recorded ratios of processor time
)

// checkRuns is how often a run that is worse is repeated. What is slower is slower in
// each run; other work of the machine is not there each time.
const checkRuns = 3

// checkRatios makes short runs of all flows until one is as fast as recorded.
func checkRatios(ctx context.Context, o options, out io.Writer) error {
	text, err := os.ReadFile(resultsFile)
	if err != nil {
		return err
	}
	var recorded report.Results
	if err := json.Unmarshal(text, &recorded); err != nil {
		return fmt.Errorf("read %s: %w", resultsFile, err)
	}
	l, err := openLaboratory(ctx, o.source)
	if err != nil {
		return err
	}
	defer l.close()
	o.rounds, o.window = 5, time.Second
	var worse error
	for run := range checkRuns {
		var now report.Results
		if err := measureRequests(ctx, l.run(run), o, &now); err != nil {
			return err
		}
		printFlows(out, now.Flows)
		if worse = compareRatios(ratios(recorded.Flows), ratios(now.Flows)); worse == nil {
			return nil
		}
		fmt.Fprintf(out, "run %d of %d: %v\n", run+1, checkRuns, worse)
	}
	return worse
}

// compareRatios names each ratio that is worse than it may be.
func compareRatios(recorded, now []ratio) (worse error) {
	for _, was := range recorded {
		for _, is := range now {
			if was.flow != is.flow || was.clients != is.clients {
				continue
			}
			complain := func(what string, now, before float64) {
				worse = errors.Join(worse, fmt.Errorf("%s with %d clients: %s is %.2f of the limit's, and %.2f in %s", is.flow, is.clients, what, now, before, resultsFile))
			}
			if is.rps < was.rps*fewerRequests {
				complain("requests a second", is.rps, was.rps)
			}
			if is.server > was.server*moreProcessor {
				complain("the server's processor time", is.server, was.server)
			}
			if is.database > was.database*moreProcessor {
				complain("the database's processor time", is.database, was.database)
			}
		}
	}
	return worse
}
