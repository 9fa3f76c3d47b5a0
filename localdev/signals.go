package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// untilStopped returns a context that ends with the first signal to stop. It goes
// on receiving signals afterwards, because `timeout` and a terminal may send one
// twice, and to die of the second would leave PostgreSQL running. Everything that
// a stop waits for has a deadline.
//
// SIGINT stops also a localdev in the background of a script, which starts with
// that signal ignored. A SIGHUP that is ignored stays so, for nohup.
func untilStopped() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	received := make(chan os.Signal, 1)
	signal.Notify(received, stopSignals()...)
	go func() {
		<-received
		cancel()
	}()
	if isGoRun() {
		go func() {
			waitForParent(os.Getppid(), time.NewTicker(time.Second).C, os.Getppid)
			cancel()
		}()
	}
	return ctx
}

// stopSignals returns the signals that stop localdev: Ctrl-C, kill, and the closing
// of the terminal, unless nohup ignores the last.
func stopSignals() []os.Signal {
	list := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		list = append(list, syscall.SIGHUP)
	}
	return list
}

// isGoRun reports whether `go run` has built this program and waits for it.
func isGoRun() bool {
	program, err := os.Executable()
	return err == nil && strings.Contains(filepath.ToSlash(program), "/go-build")
}

// waitForParent waits until the parent has ended. `go run` passes no signal on, so
// a script that ends it with kill would leave localdev and PostgreSQL running.
func waitForParent(parent int, tick <-chan time.Time, now func() int) {
	for range tick {
		if now() != parent {
			return
		}
	}
}
