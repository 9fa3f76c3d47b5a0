package pgserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// postmaster.pid, line by line: process, data folder, start time, port, socket folder, TCP address, shared memory, status.
const (
	pidLine     = 0
	portLine    = 3
	socketLine  = 4
	addressLine = 5
	statusLine  = 7
)

// attachTimeout is enough for a left server to recover or to stop.
const attachTimeout = time.Minute

// attach looks for a server that a killed process left running on our data and reports whether it can be used. One that was
// started for another port is stopped; a stale postmaster.pid is removed.
func (s *Server) attach(ctx context.Context) (bool, error) {
	pid, running := s.running()
	if !running {
		return false, s.removeStale()
	}
	// It may be starting or stopping just now.
	wait, cancel := context.WithTimeout(ctx, attachTimeout)
	defer cancel()
	err := poll(wait, func() bool { return s.ended(pid) || s.ready() && (!s.listensAsConfigured() || s.acceptsConnections(ctx)) })
	if err != nil {
		return false, fmt.Errorf("PostgreSQL (process %d) holds %s and does not answer: stop it with `kill %d`: %w", pid, s.layout.data(), pid, err)
	}
	if s.ended(pid) {
		return false, nil
	}
	if !s.listensAsConfigured() {
		return false, s.shutdown(ctx)
	}
	return true, nil
}

// removeStale removes the files by which a dead server says that it runs. PostgreSQL would remove them, too, but not where the
// dead server's number now belongs to another process of ours, or to the dead itself, which nobody has waited for yet.
func (s *Server) removeStale() error {
	socketLock := filepath.Join(s.layout.socket, fmt.Sprintf(".s.PGSQL.%d.lock", s.socketPort()))
	for _, path := range []string{s.layout.pidFile(), socketLock} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("removing a dead server's file: %w", err)
		}
	}
	return nil
}

// running returns the process of the postmaster on our data. postmaster.pid alone is no proof: after a crash or a reboot its
// number can belong to anything, so the process's command line must name our data folder.
func (s *Server) running() (pid int, ok bool) {
	pid, err := strconv.Atoi(s.pidFileLine(pidLine))
	if err != nil || pid <= 1 || !alive(pid) {
		return 0, false
	}
	return pid, bytes.Contains(commandLine(pid), []byte(s.layout.data()))
}

func (s *Server) pidFileLine(n int) string {
	b, err := os.ReadFile(s.layout.pidFile())
	if err != nil {
		return ""
	}
	lines := strings.Split(string(b), "\n")
	if len(lines) <= n {
		return ""
	}
	return strings.TrimSpace(lines[n])
}

// ready reports whether the running server has finished its start.
func (s *Server) ready() bool { return s.pidFileLine(statusLine) == "ready" }

// listensAsConfigured reports whether the running server, once ready, listens where it should.
func (s *Server) listensAsConfigured() bool {
	tcp := s.pidFileLine(addressLine) != ""
	return s.pidFileLine(portLine) == strconv.Itoa(s.socketPort()) && s.pidFileLine(socketLine) == s.layout.socket && tcp == (s.opts.Port != 0)
}
