// Command localdev runs Roster on this machine: PostgreSQL, the functions behind
// an API Gateway played locally, and a mailbox in the place of SES. It prepares
// everything it needs and needs nothing prepared.
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
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "localdev: "+err.Error())
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	addr   string
	data   string
	lambda bool
}

func parse(args []string, help io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("localdev", flag.ContinueOnError)
	f.SetOutput(help)
	f.StringVar(&o.addr, "addr", "127.0.0.1:3000", "`address` to listen on")
	f.StringVar(&o.data, "data", ".localdev", "`folder` for the database and the generated secrets")
	f.BoolVar(&o.lambda, "lambda", false, "run each function as a process of its own, over the Lambda Runtime API, instead of all in this one")
	f.Usage = func() {
		fmt.Fprint(help, "Usage: go run ./localdev [flags]\n\nRuns Roster on this machine, with a PostgreSQL of its own. See README.md for the variables.\n\n")
		f.PrintDefaults()
	}
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("%q is not a flag; -h lists them", f.Arg(0))
	}
	return o, nil
}

// run serves until ctx ends, then stops all that it started.
func run(ctx context.Context, args []string, out, log io.Writer) error {
	o, err := parse(args, out)
	if err != nil {
		return err
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(log, nil)))
	// Before anything slow: a port in use is the commonest mistake.
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s (%w); stop what is there or choose another address with -addr", o.addr, cause(err))
	}
	defer listener.Close()
	s, err := loadSettings(o, listener.Addr().String())
	if err != nil {
		return err
	}
	p, err := start(ctx, o, s, out)
	if err != nil {
		return err
	}
	defer p.stop()
	p.banner(out)
	return serve(ctx, listener, p.handler, out)
}

func serve(ctx context.Context, listener net.Listener, handler http.Handler, out io.Writer) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	fmt.Fprintln(out, "Stopping.")
	grace, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if server.Shutdown(grace) != nil {
		server.Close()
	}
	return nil
}

// cause is the reason without the addresses that net puts around it.
func cause(err error) error {
	var sys syscall.Errno
	if errors.As(err, &sys) {
		return sys
	}
	return err
}
