package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"roster/localdev/filelock"
)

// stopTime is how long each way to stop the server may take. A fast shutdown takes some 20 ms plus one checkpoint.
const stopTime = 15 * time.Second

// Stop stops the server and waits until it has ended; when the server is shared, only the last process that uses it does so.
// A second Stop does nothing.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*stopTime)
	defer cancel()
	gate, err := filelock.Wait(ctx, filepath.Join(s.opts.Dir, "start.lock"))
	if err != nil {
		return err
	}
	defer gate.Unlock()
	defer s.leave()
	if !s.users.Exclusive() {
		return nil
	}
	return s.shutdown(ctx)
}

// Restart stops the server, if it runs, and starts it again on the same data and port. A shared server is not restarted.
func (s *Server) Restart(ctx context.Context) error {
	if s.opts.Shared {
		return errors.New("a database server that others use is not restarted")
	}
	if err := s.Stop(); err != nil {
		return err
	}
	return s.start(ctx)
}

// shutdown ends the server that runs on our data, if any: politely (clients are disconnected, data is written out), then
// firmly (data is recovered at the next start).
func (s *Server) shutdown(ctx context.Context) error {
	pid, running := s.running()
	if !running {
		return nil
	}
	for _, how := range []string{"INT", "QUIT"} {
		if err := s.account.signal(pid, how); err != nil {
			if _, running := s.running(); !running {
				return nil // it ended by itself
			}
			return fmt.Errorf("stopping PostgreSQL (process %d): %w", pid, err)
		}
		wait, cancel := context.WithTimeout(ctx, stopTime)
		err := poll(wait, func() bool { return s.ended(pid) })
		cancel()
		if err == nil {
			s.child = nil
			return nil
		}
	}
	return fmt.Errorf("PostgreSQL (process %d) does not stop: see %s", pid, s.home.log())
}

// ended reports whether the server has gone. Our own child is waited for as well, so that no zombie stays.
func (s *Server) ended(pid int) bool {
	if s.child != nil && s.child.process.Pid == pid {
		return s.child.gone()
	}
	_, err := os.Lstat(s.home.pidFile())
	return err != nil || !alive(pid)
}
