package postgrestest

import (
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"roster/localdev/pgserver"
)

// interruptedCode is what a shell gives a program that Ctrl-C ended.
const interruptedCode = 130

// privateServers are those that Server started and that are not removed yet.
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

// cleanUpWhenInterrupted stops what Ctrl-C would leave running, because no test's cleanup runs then. A second Ctrl-C ends the
// process at once. The databases are for the next process to remove.
func cleanUpWhenInterrupted() {
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	<-interrupted
	signal.Stop(interrupted)
	ctx, cancel := withTimeout()
	defer cancel()
	privateServers.mu.Lock() // for ever: there is no further one
	for s := range privateServers.all {
		_ = s.Remove(ctx)
	}
	shared.once.Do(func() { shared.err = errors.New("interrupted") }) // waits for a join that is under way, or prevents it
	if shared.m != nil && shared.m.server != nil {
		_ = shared.m.server.Stop()
	}
	os.Exit(interruptedCode)
}
