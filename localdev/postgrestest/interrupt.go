package postgrestest

import (
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"roster/localdev/pgserver"
)

// interruptedCode is the exit status that shells use after Ctrl-C.
const interruptedCode = 130

// privateServers are the servers of func Server that have not been removed yet.
var privateServers struct {
	mu  sync.Mutex
	all map[*pgserver.Server]bool
}

func trackServer(s *pgserver.Server) {
	privateServers.mu.Lock()
	defer privateServers.mu.Unlock()
	if privateServers.all == nil {
		privateServers.all = make(map[*pgserver.Server]bool)
	}
	privateServers.all[s] = true
}

func untrackServer(s *pgserver.Server) {
	privateServers.mu.Lock()
	defer privateServers.mu.Unlock()
	delete(privateServers.all, s)
}

// cleanUpWhenInterrupted stops our servers after Ctrl-C, because then no test's cleanup runs. A second Ctrl-C ends the process at once. The
// next process removes the databases.
func cleanUpWhenInterrupted() {
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	<-interrupted
	signal.Stop(interrupted)
	ctx, cancel := withTimeout()
	defer cancel()
	privateServers.mu.Lock() // never unlocked, so that no further server starts
	for s := range privateServers.all {
		_ = s.Remove(ctx)
	}
	shared.once.Do(func() { shared.err = errors.New("interrupted") }) // waits for newHarness if it is running, or prevents it
	if shared.m != nil && shared.m.server != nil {
		_ = shared.m.server.Stop()
	}
	os.Exit(interruptedCode)
}
