package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"
)

// open listens on the address and starts everything that serves it.
func open(ctx context.Context, o options, env lookup, out io.Writer) (*stack, error) {
	// First, because it is quick and a port in use is the most common mistake.
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return nil, listenError(o.addr, cause(err))
	}
	s, err := loadSettings(o, env, listener.Addr().String())
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	p, err := start(ctx, o, s, out)
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	p.listener = listener
	return p, nil
}

// listenError says what to do about an address that cannot be listened on.
func listenError(addr string, err error) error {
	what := "choose another address with -addr"
	if errors.Is(err, syscall.EADDRINUSE) {
		what = "stop what is there or " + what + ", such as -addr 127.0.0.1:4400"
	}
	return fmt.Errorf("cannot listen on %s (%w); %s", addr, err, what)
}

// listensAt returns the host of -addr with the port that is listened on.
func (p *stack) listensAt() string {
	host, _, _ := net.SplitHostPort(p.options.addr)
	_, port, _ := net.SplitHostPort(p.listener.Addr().String())
	return net.JoinHostPort(host, port)
}

// serve answers requests until ctx ends.
func (p *stack) serve(ctx context.Context, out io.Writer) error {
	guard := newHosts(p.listensAt(), p.settings.values["PUBLIC_URL"])
	server := &http.Server{Handler: guard.guard(p.handler), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(p.listener) }()
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

// cause returns the reason of an error, without the addresses that package net
// adds.
func cause(err error) error {
	var sys syscall.Errno
	var op *net.OpError
	switch {
	case errors.As(err, &sys):
		return sys
	case errors.As(err, &op):
		return op.Err
	}
	return err
}
