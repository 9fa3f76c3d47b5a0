// Package lambdacpu measures warm requests under the share of a processor that Lambda
// gives to a memory size: 1769 MB have one, less has as much less. A control group of
// Linux enforces it. The start is not limited, because Lambda does not limit it.
// It refuses to guess: where no control group can be made, it measures nothing.
//
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
package lambdacpu

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"roster/bench/deployed"
	"roster/bench/report"
	"roster/localdev/runtimeapi"
)

// wholeCore is the memory size with one core, in MB.
const wholeCore = 1769

// Sizes are the usual memory sizes, in MB.
var Sizes = []int{128, 256, 512, 1024, 1769}

// functions are those behind each flow.
var functions = map[string]string{"get": "get_user", "login": "login", "register": "register", "refresh": "refresh", "jwks": "jwks"}

// Flows are the flows that can be measured.
var Flows = []string{"get", "login", "register", "refresh", "jwks"}

// Options say what to measure.
type Options struct {
	DatabaseURL string
	Settings    map[string]string
	Binary      func(folder string) string // see deployed.Options
	Requests    int                        // warm ones, for each flow and memory size
	Flows       []string                   // all if empty
	Sizes       []int                      // in MB; Sizes if empty
}

// Result is one flow with one memory size.
type Result = report.MemorySize

// Measure returns a result for each flow and memory size. It needs the right to make
// a control group, which root has; the error says what is missing.
func Measure(ctx context.Context, o Options) ([]Result, error) {
	g, err := newGroup()
	if err != nil {
		return nil, err
	}
	defer g.remove()
	d, err := deployed.New(ctx, deployed.Options{DatabaseURL: o.DatabaseURL, Settings: o.Settings, Binary: o.Binary})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	account, err := d.NewAccount(ctx)
	if err != nil {
		return nil, err
	}
	if len(o.Flows) == 0 {
		o.Flows = Flows
	}
	if len(o.Sizes) == 0 {
		o.Sizes = Sizes
	}
	var list []Result
	for _, flow := range o.Flows {
		if functions[flow] == "" {
			return nil, fmt.Errorf("there is no flow %q", flow)
		}
		for _, size := range o.Sizes {
			took, err := run(ctx, d, account, limits{g, functions[flow], size, o.Requests})
			if err != nil {
				return nil, fmt.Errorf("%s with %d MB: %w", flow, size, err)
			}
			list = append(list, newResult(flow, size, took))
		}
	}
	return list, nil
}

// limits say what runs in which group.
type limits struct {
	group    *group
	folder   string
	memoryMB int
	requests int
}

// run starts a function, limits it, and returns how long its warm requests took.
func run(ctx context.Context, d *deployed.Deployment, a *deployed.Account, l limits) ([]time.Duration, error) {
	var took time.Duration
	f, err := d.Start(l.folder, func(d time.Duration) { took = d })
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := f.Warm(ctx); err != nil {
		return nil, err
	}
	if err := limit(l, f); err != nil {
		return nil, err
	}
	var all []time.Duration
	for i := range l.requests + 1 {
		status, err := d.Send(ctx, f, l.folder, d.Request(l.folder, a), a)
		if err != nil {
			return nil, err
		}
		if status >= 300 {
			return nil, fmt.Errorf("it answered with %d", status)
		}
		if i > 0 { // the first is not warm
			all = append(all, took)
		}
	}
	return all, nil
}

func limit(l limits, f *runtimeapi.Function) error {
	if err := l.group.limit(share(l.memoryMB)); err != nil {
		return err
	}
	return l.group.add(f.Instances()[0].PID)
}

func share(memoryMB int) float64 { return math.Min(1, float64(memoryMB)/wholeCore) }

func newResult(flow string, memoryMB int, took []time.Duration) Result {
	r := Result{Flow: flow, MemoryMB: memoryMB, Share: share(memoryMB)}
	if len(took) == 0 {
		return r
	}
	slices.Sort(took)
	r.WarmMs = float64(took[len(took)/2]) / float64(time.Millisecond)
	var billed float64
	for _, d := range took {
		billed += math.Ceil(float64(d)/float64(time.Millisecond)) / 1000
	}
	r.GBSeconds = billed / float64(len(took)) * float64(memoryMB) / 1024
	return r
}
