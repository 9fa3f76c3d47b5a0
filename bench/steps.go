package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"

	"roster/bench/report"
)

// step is a commit, and what it did for speed.
type step struct{ Step, Commit string }

// stepsFile lists the steps in their order. The first one is what was before.
const stepsFile = "docs/performance/steps.json"

// stepRounds is how often each step is measured at most: there are many.
const stepRounds = 3

// notable is by how much a value must change to be in the table of the steps.
const notable = 0.07

// measureSteps measures the commits in turns, in one run, and returns what each
// changed beside the one before.
func measureSteps(ctx context.Context, l *laboratory, o options) ([]report.StepResult, error) {
	text, err := os.ReadFile(stepsFile)
	if err != nil {
		return nil, err
	}
	var steps []step
	if err := json.Unmarshal(text, &steps); err != nil {
		return nil, fmt.Errorf("read %s: %w", stepsFile, err)
	}
	windows := make([]map[string][]window, len(steps)) // of each step, by the flow
	subjects := make([]*subject, len(steps))
	for i, s := range steps {
		windows[i] = map[string][]window{}
		if subjects[i], err = l.startCommit(ctx, s.Commit); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Step, err)
		}
		defer subjects[i].stop()
	}
	for range min(o.rounds, stepRounds) {
		for _, f := range flows {
			for i := range steps {
				to := windows[i][f.name]
				if err := add(ctx, &to, load{subjects[i], f.roster, f.clients[0], o.window}); err != nil {
					return nil, fmt.Errorf("%s, %s: %w", steps[i].Step, f.name, err)
				}
				windows[i][f.name] = to
			}
		}
	}
	return compareSteps(steps, windows), nil
}

func compareSteps(steps []step, windows []map[string][]window) (rows []report.StepResult) {
	for i := 1; i < len(steps); i++ {
		for _, f := range flows {
			before, after := summary(windows[i-1][f.name]), summary(windows[i][f.name])
			for _, v := range []struct {
				what          string
				before, after float64
			}{
				{"p50 ms", before.p50, after.p50},
				{"server CPU ms", before.server, after.server},
				{"database CPU ms", before.database, after.database},
			} {
				if math.Abs(v.after/v.before-1) >= notable {
					rows = append(rows, report.StepResult{Step: steps[i].Step, Commit: steps[i].Commit, What: f.name + ", " + v.what, Before: v.before, After: v.after})
				}
			}
		}
	}
	return rows
}

// startCommit starts Roster as it was at a commit.
func (l *laboratory) startCommit(ctx context.Context, commit string) (*subject, error) {
	source := filepath.Join(l.dir, "at-"+commit)
	cmd := exec.CommandContext(ctx, "git", "worktree", "add", "--detach", source, commit) // #nosec G204 -- a commit of stepsFile
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("git worktree add: %w\n%s", err, out)
	}
	defer func() {
		_ = exec.CommandContext(context.WithoutCancel(ctx), "git", "worktree", "remove", "--force", source).Run()
	}() // #nosec G204 -- the same
	there := *l
	there.source = source
	return there.startRoster(ctx, "at_"+commit, nil)
}
