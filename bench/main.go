// Command bench measures what requests cost Roster, beside a limit server that does
// the least that such a request needs (bench/limit), on this machine and in one
// run:
//
//	go run ./bench
//
// It needs Linux, and takes PostgreSQL as localdev does. It refuses to compare runs
// of two machines, or times with yesterday's: only ratios within one run count.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options holds the command line.
type options struct {
	rounds int
	window time.Duration
	source string
	flows  string
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 7, "how often each flow is measured, in turns")
	flag.DurationVar(&o.window, "window", 3*time.Second, "how long each time")
	flag.StringVar(&o.source, "source", ".", "`folder` of the Roster that is measured, such as another checkout")
	flag.StringVar(&o.flows, "flows", "", "`names` of the flows that are measured, such as GET,login; all when empty")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, out io.Writer) error {
	l, err := openLaboratory(ctx, o.source)
	if err != nil {
		return err
	}
	defer l.close()
	limit, err := l.startLimit(ctx, "limit_db")
	if err != nil {
		return err
	}
	defer limit.stop()
	roster, err := l.startRoster(ctx, "roster_db", nil)
	if err != nil {
		return err
	}
	defer roster.stop()
	pairs, err := measureFlows(ctx, roster, limit, o)
	if err != nil {
		return err
	}
	print(out, pairs)
	return nil
}

// print writes a table of the ratios for a person at a terminal.
func print(out io.Writer, pairs []*pair) {
	fmt.Fprintf(out, "%-10s %7s | %8s %8s %6s | %8s %8s | %7s %7s %6s | %7s %7s %6s | %6s\n",
		"flow", "clients", "rps", "limit", "ratio", "p50 ms", "limit", "cpu ms", "limit", "ratio", "db ms", "limit", "ratio", "MiB")
	for _, p := range pairs {
		r, l := summary(p.roster), summary(p.limit)
		fmt.Fprintf(out, "%-10s %7d | %8.1f %8.1f %6.2f | %8.3f %8.3f | %7.3f %7.3f %6.2f | %7.3f %7.3f %6.2f | %6.1f\n",
			p.flow, p.clients, r.rps, l.rps, r.rps/l.rps, r.p50, l.p50, r.server, l.server, r.server/l.server, r.database, l.database, r.database/l.database, r.memory)
	}
}
