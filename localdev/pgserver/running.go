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

// The lines of postmaster.pid: process, data folder, start time, port, socket folder, TCP address, shared memory, status.
const (
	pidLine     = 0
	portLine    = 3
	socketLine  = 4
	addressLine = 5
	statusLine  = 7
)

// attachTimeout is long enough for the server of a killed process to recover or to stop.
const attachTimeout = time.Minute

// attach looks for a server that a killed process left running on our data. It reports whether that server can be used. It stops a server
// on another port, and removes a stale postmaster.pid.
func (s *Server) attach(ctx context.Context) (bool, error) {
	pid, running := s.running()
	if !running {
		return false, s.removeStale()
	}
	// The server may just be starting or stopping.
	wait, cancel := context.WithTimeout(ctx, attachTimeout)
	defer cancel()
	err := poll(wait, func() bool {
		return s.ended(pid) || s.ready() && (!s.listensAsConfigured() || s.acceptsConnections(ctx))
	})
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

// removeStale removes postmaster.pid and the socket's lock file of a dead server. PostgreSQL removes them itself, except when the process
// number is in use again, or the dead process is still a zombie.
func (s *Server) removeStale() error {
	socketLock := filepath.Join(s.layout.socket, fmt.Sprintf(".s.PGSQL.%d.lock", s.socketPort()))
	for _, path := range []string{s.layout.pidFile(), socketLock} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("removing a dead server's file: %w", err)
		}
	}
	return nil
}

// running returns the postmaster that runs on our data. The number in postmaster.pid is not enough, because after a crash or a reboot
// another process may have it. So the process's command line must contain our data folder.
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

// ready reports whether the server has finished starting.
func (s *Server) ready() bool { return s.pidFileLine(statusLine) == "ready" }

// listensAsConfigured reports whether a ready server listens on the configured port and socket.
func (s *Server) listensAsConfigured() bool {
	tcp := s.pidFileLine(addressLine) != ""
	return s.pidFileLine(portLine) == strconv.Itoa(s.socketPort()) && s.pidFileLine(socketLine) == s.layout.socket && tcp == (s.opts.Port != 0)
}
