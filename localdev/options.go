package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// options holds the command line.
type options struct {
	addr   string
	data   string
	lambda bool
	// functions is a folder with functions that are already built. It has no
	// flag; tests set it, to build once for many localdevs.
	functions string
}

const usage = `Usage: go run ./localdev [flags]

Runs Roster on this machine, with its own PostgreSQL. docs/localdev.md says more.
docs/configuration.md has the variables, which it reads from the environment and from the file .env.

`

// parse reads the command line. For -h it prints the help to out and returns
// flag.ErrHelp.
func parse(args []string, out io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("localdev", flag.ContinueOnError)
	f.SetOutput(io.Discard) // main prints the error, once
	f.StringVar(&o.addr, "addr", "127.0.0.1:3000", "`address` to listen on")
	f.StringVar(&o.data, "data", ".localdev", "`folder` for the database and the generated secrets")
	f.BoolVar(&o.lambda, "lambda", false, "run each function as a separate process over the Lambda Runtime API, instead of all in this one")
	err := f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, usage)
		f.SetOutput(out)
		f.PrintDefaults()
		return o, err
	case err != nil:
		return o, fmt.Errorf("%w; -h lists the flags", err)
	case f.NArg() > 0:
		return o, fmt.Errorf("%q is not a flag; -h lists them", f.Arg(0))
	case o.data == "":
		return o, errors.New("-data must name a folder")
	}
	return o, checkAddr(o.addr)
}

// checkAddr says what is wrong with the form of an address. The error of
// net.Listen would read as if the port were in use.
func checkAddr(addr string) error {
	const form = "-addr takes a host and a port such as 127.0.0.1:3000, or :3000 for all addresses of this machine"
	if strings.Contains(addr, "/") {
		return fmt.Errorf("-addr %s looks like a URL; %s", addr, form)
	}
	if n, err := strconv.Atoi(addr); err == nil {
		return fmt.Errorf("-addr %s has no host; write -addr 127.0.0.1:%d (%s)", addr, n, form)
	}
	_, port, err := net.SplitHostPort(addr)
	var wrong *net.AddrError
	switch {
	case errors.As(err, &wrong):
		return fmt.Errorf("-addr %s cannot be read (%s); %s", addr, wrong.Err, form)
	case err != nil:
		return fmt.Errorf("-addr %s cannot be read (%w); %s", addr, err, form)
	case port == "":
		return fmt.Errorf("-addr %s has no port; %s", addr, form)
	}
	if n, err := strconv.Atoi(port); err == nil && (n < 0 || n > 65535) {
		return fmt.Errorf("-addr %s has the port %d, which is not one of 0 to 65535; %s", addr, n, form)
	}
	return nil
}
