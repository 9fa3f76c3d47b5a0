// Command bench measures what requests cost Roster, beside a limit server that does
// the least that such a request needs (bench/limit), on this machine and in one
// run. It writes docs/performance.md:
//
//	go run ./bench
//
// With -check it makes a short run, writes nothing, and fails when Roster has become
// slower beside the limit than docs/performance.md says.
//
// It needs Linux, and takes PostgreSQL as localdev does. It refuses to compare runs
// of two machines, or times with yesterday's: only ratios within one run count.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options holds the command line.
type options struct {
	rounds int
	window time.Duration
	trials int
	source string
	flows  string
	parts  string
	check  bool
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 7, "how often each flow is measured, in turns")
	flag.DurationVar(&o.window, "window", 2*time.Second, "how long each time")
	flag.IntVar(&o.trials, "trials", 12, "how often each function is started")
	flag.StringVar(&o.source, "source", ".", "`folder` of the Roster that is measured, such as another checkout; nothing is written then")
	flag.StringVar(&o.flows, "flows", "", "`names` of the flows that are measured, such as GET,login; all when empty; nothing is written otherwise")
	flag.StringVar(&o.parts, "parts", "", "`names` of the parts that are measured, of "+strings.Join(partNames(), ",")+"; all when empty; the others keep the results of the last run")
	flag.BoolVar(&o.check, "check", false, "make a short run and compare its ratios with those of docs/performance.md")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run := measureAll
	if o.check {
		run = checkRatios
	}
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// has reports whether a list of names, such as "a,b", is empty or has the name.
func has(list, name string) bool {
	return list == "" || slices.Contains(strings.Split(list, ","), name)
}

// measureAll measures the parts one after the other. A part that fails is missing in
// the page, with the reason.
func measureAll(ctx context.Context, o options, out io.Writer) error {
	l, err := openLaboratory(ctx, o.source)
	if err != nil {
		return err
	}
	defer l.close()
	r, err := newResults(ctx, l, o)
	if err != nil {
		return err
	}
	var failed error
	for _, p := range parts {
		if !has(o.parts, p.name) {
			continue
		}
		fmt.Fprintf(out, "%s: %s\n", time.Now().Format(time.TimeOnly), p.what)
		if err := p.measure(ctx, l, o, &r); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", p.name, err))
			r.Missing[p.name] = err.Error()
			continue
		}
		delete(r.Missing, p.name)
	}
	printFlows(out, r.Flows)
	if ctx.Err() != nil || o.source != "." || o.flows != "" {
		return failed
	}
	return errors.Join(failed, writeResults(r))
}
