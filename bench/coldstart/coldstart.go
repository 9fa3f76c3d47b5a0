// Package coldstart measures what the start of each function costs, beside the
// smallest function possible: its real binary over the Lambda Runtime API, with its
// secret and a real PostgreSQL. It starts the functions in turns, so that a busy
// machine slows all of them. It refuses to be AWS: there is no TLS, no image to load
// and no sandbox to make, so only the ratios say something about a deployment.
package coldstart

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"roster/bench/deployed"
	"roster/bench/report"
	"roster/localdev/runtimeapi"
)

// Warm is how many warm requests follow each start.
const Warm = 10

// Options say what to measure.
type Options struct {
	DatabaseURL string
	Settings    map[string]string
	Binary      func(folder string) string // see deployed.Options
	Trials      int
	Functions   []string // folders; all functions of the template if empty
}

// Result is what the starts of one function cost. Without a route there is no
// request: First, Warm and Status are 0.
type Result = report.ColdStart

// trials collects one value for each start, and the warm requests of all.
type trials struct {
	init, cpu, first, warm, initMiB, firstMiB, peakMiB []float64
	status                                             int
}

// Measure returns a result for each function, hello first.
func Measure(ctx context.Context, o Options) ([]Result, error) {
	d, err := deployed.New(ctx, deployed.Options{DatabaseURL: o.DatabaseURL, Settings: o.Settings, Binary: o.Binary})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	account, err := d.NewAccount(ctx)
	if err != nil {
		return nil, err
	}
	folders := []string{deployed.Hello}
	for _, f := range d.Template.Functions {
		if len(o.Functions) == 0 || slices.Contains(o.Functions, f.Folder) {
			folders = append(folders, f.Folder)
		}
	}
	if missing := len(o.Functions) + 1 - len(folders); missing > 0 {
		return nil, fmt.Errorf("%d of the functions %q are not in template.yaml", missing, o.Functions)
	}
	all := map[string]*trials{}
	for range o.Trials {
		for _, folder := range folders {
			if all[folder] == nil {
				all[folder] = &trials{}
			}
			if err := all[folder].start(ctx, d, folder, account); err != nil {
				return nil, fmt.Errorf("%s: %w", folder, err)
			}
		}
	}
	return results(d, folders, all)
}

// start starts a function once, sends it requests and ends it.
func (t *trials) start(ctx context.Context, d *deployed.Deployment, folder string, a *deployed.Account) error {
	var took time.Duration
	f, err := d.Start(folder, func(d time.Duration) { took = d })
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Warm(ctx); err != nil {
		return err
	}
	begun := f.Instances()[0]
	t.init = append(t.init, ms(begun.Init))
	t.cpu = append(t.cpu, ms(begun.Processor))
	t.initMiB = append(t.initMiB, mib(begun.InitMemory))
	if folder != deployed.Hello && d.Request(folder, a) == nil {
		return nil
	}
	for i := range 1 + Warm {
		if err := t.send(ctx, d, f, folder, a); err != nil {
			return err
		}
		if i > 0 {
			t.warm = append(t.warm, ms(took))
			continue
		}
		t.first = append(t.first, ms(took))
		now := f.Instances()[0]
		t.firstMiB = append(t.firstMiB, mib(now.Memory))
		t.peakMiB = append(t.peakMiB, mib(now.MaxMemory))
	}
	return nil
}

// send refuses an answer with another status than before, which would have another
// cost.
func (t *trials) send(ctx context.Context, d *deployed.Deployment, f *runtimeapi.Function, folder string, a *deployed.Account) error {
	status, err := d.Send(ctx, f, folder, d.Request(folder, a), a)
	if err != nil {
		return err
	}
	if t.status != 0 && t.status != status || status >= 500 {
		return fmt.Errorf("it answered with %d, and with %d before", status, t.status)
	}
	t.status = status
	return nil
}

func results(d *deployed.Deployment, folders []string, all map[string]*trials) ([]Result, error) {
	var list []Result
	for _, folder := range folders {
		t := all[folder]
		if t == nil {
			return nil, fmt.Errorf("there were no trials")
		}
		info, err := os.Stat(d.Binary(folder))
		if err != nil {
			return nil, err
		}
		list = append(list, Result{
			Function: folder, Status: t.status, BinaryMiB: mib(info.Size()),
			InitP50ms: Quantile(t.init, 0.5), InitP99ms: Quantile(t.init, 0.99), InitCPUms: Quantile(t.cpu, 0.5),
			FirstMs: Quantile(t.first, 0.5), WarmMs: Quantile(t.warm, 0.5),
			InitMiB: Quantile(t.initMiB, 0.5), FirstMiB: Quantile(t.firstMiB, 0.5), PeakMiB: Quantile(t.peakMiB, 0.5),
		})
	}
	hello := list[0]
	for i := range list {
		r := &list[i]
		r.InitRatio, r.InitCPURatio = ratio(r.InitP50ms, hello.InitP50ms), ratio(r.InitCPUms, hello.InitCPUms)
		r.ResidentRatio, r.BinaryRatio = ratio(r.InitMiB, hello.InitMiB), ratio(r.BinaryMiB, hello.BinaryMiB)
	}
	return list, nil
}

// Quantile returns the value that a share q of the values does not exceed, and 0 of
// none.
func Quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// ratio is 0 where the other value was not measured.
func ratio(value, to float64) float64 {
	if to == 0 {
		return 0
	}
	return value / to
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }
