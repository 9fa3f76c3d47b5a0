// Command localdev runs Roster on this machine: PostgreSQL, the functions behind
// an API Gateway played locally, and a mailbox in the place of SES. It prepares
// everything it needs and needs nothing prepared. The packages below it play the
// world around the product; README.md names them.
//
// It refuses to be a deployment: it listens on the loopback interface unless
// told otherwise, generates its own secrets, and answers reset tokens, which a
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
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	signal.Ignore(syscall.SIGPIPE) // of | head: an end without a stop would leave PostgreSQL
	ctx, stop := signal.NotifyContext(context.Background(), ends()...)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait
	err := run(ctx, os.Args[1:], os.LookupEnv, os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "localdev: "+err.Error())
		os.Exit(1)
	}
}

// ends are the signals that stop localdev: Ctrl-C, kill, and a terminal that is
// closed, unless nohup asked to stay.
func ends() []os.Signal {
	list := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		list = append(list, syscall.SIGHUP)
	}
	return list
}

// run serves until ctx ends, then stops all that it started.
func run(ctx context.Context, args []string, env lookup, out io.Writer) error {
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
	return p.serve(ctx, out)
}
