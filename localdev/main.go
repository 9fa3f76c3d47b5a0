// Command localdev runs Roster on this machine: PostgreSQL, the functions behind
// a local API Gateway, and a mailbox instead of SES. It needs no preparation. The
// packages below it stand in for AWS and for the database server; README.md lists
// them.
//
// It refuses to be a deployment: it listens on the loopback interface unless told
// otherwise, generates its own secrets, and shows reset tokens in answers, which a
// deployment never does.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	log := newStartLog(os.Stderr)
	slog.SetDefault(slog.New(log))
	signal.Ignore(syscall.SIGPIPE) // as with | head: dying without stop() would leave PostgreSQL running
	err := run(untilStopped(), os.Args[1:], os.LookupEnv, os.Stdout, log.release)
	log.release()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "localdev: "+err.Error())
		os.Exit(1)
	}
}

// run serves until ctx ends, then stops everything that it started. It calls ready
// when the banner is printed.
func run(ctx context.Context, args []string, env lookup, out io.Writer, ready func()) error {
	o, err := parse(args, out)
	if err != nil {
		return err
	}
	p, err := open(ctx, o, env, out)
	if ctx.Err() != nil && err != nil {
		return errors.New("stopped before it was ready")
	}
	if err != nil {
		return err
	}
	defer p.stop()
	p.banner(out)
	ready()
	return p.serve(ctx, out)
}
