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

// stopTimeout limits each kind of shutdown. A fast shutdown takes about 20 ms and one checkpoint.
const stopTimeout = 15 * time.Second

// Stop stops the server and waits until it has ended. For a shared server, only the last process's Stop does so. A second Stop does nothing.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.usersLock == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*stopTimeout)
	defer cancel()
	gate, err := filelock.Wait(ctx, filepath.Join(s.opts.Dir, "start.lock"))
	if err != nil {
		return err
	}
	defer gate.Unlock()
	defer s.releaseUsersLock()
	if !s.usersLock.TryUpgrade() {
		return nil
	}
	return s.shutdown(ctx)
}

// Restart stops the server, if it runs, and starts it again with the same data and port. It refuses to restart a shared server.
func (s *Server) Restart(ctx context.Context) error {
	if s.opts.Shared {
		return errors.New("a database server that others use is not restarted")
	}
	if err := s.Stop(); err != nil {
		return err
	}
	return s.start(ctx)
}

// shutdown stops the server that runs on our data, if any. It tries a fast shutdown first, which disconnects the clients, and then an
// immediate one, after which the next start recovers the data.
func (s *Server) shutdown(ctx context.Context) error {
	pid, running := s.running()
	if !running {
		return nil
	}
	for _, how := range []string{"INT", "QUIT"} {
		if err := s.account.signal(pid, how); err != nil {
			if _, running := s.running(); !running {
				return nil // it has ended by itself
			}
			return fmt.Errorf("stopping PostgreSQL (process %d): %w", pid, err)
		}
		wait, cancel := context.WithTimeout(ctx, stopTimeout)
		err := poll(wait, func() bool { return s.ended(pid) })
		cancel()
		if err == nil {
			s.child = nil
			return nil
		}
	}
	return fmt.Errorf("PostgreSQL (process %d) does not stop: see %s", pid, s.layout.log())
}

// ended reports whether the server has ended. For our own child it waits for the exit status, so that no zombie is left.
func (s *Server) ended(pid int) bool {
	if s.child != nil && s.child.process.Pid == pid {
		return s.child.hasExited()
	}
	_, err := os.Lstat(s.layout.pidFile())
	return err != nil || !alive(pid)
}
