package pgserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
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

// attachTime is enough for a left server to recover or to stop.
const attachTime = time.Minute

// attach looks for a server that a killed process left running on our data and reports whether it can be used. One that was
// started for another port is stopped; a stale postmaster.pid is removed.
func (s *Server) attach(ctx context.Context) (bool, error) {
	pid, running := s.running()
	if !running {
		// PostgreSQL would remove it, too, but not where the dead server's number now belongs to another process of ours.
		if err := os.Remove(s.home.pidFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
			return false, fmt.Errorf("removing a dead server's process file: %w", err)
		}
		return false, nil
	}
	// It may be starting or stopping just now.
	wait, cancel := context.WithTimeout(ctx, attachTime)
	defer cancel()
	err := poll(wait, func() bool { return s.ended(pid) || s.ready() && (!s.fits() || s.answers(ctx)) })
	if err != nil {
		return false, fmt.Errorf("PostgreSQL (process %d) holds %s and does not answer: stop it with `kill %d`: %w", pid, s.home.data(), pid, err)
	}
	if s.ended(pid) {
		return false, nil
	}
	if !s.fits() {
		return false, s.shutdown(ctx)
	}
	return true, nil
}

// running returns the process of the postmaster on our data. postmaster.pid alone is no proof: after a crash or a reboot its
// number can belong to anything, so the process's command line must name our data folder.
func (s *Server) running() (pid int, ok bool) {
	pid, err := strconv.Atoi(s.pidFileLine(pidLine))
	if err != nil || pid <= 1 || !alive(pid) {
		return 0, false
	}
	return pid, bytes.Contains(commandLine(pid), []byte(s.home.data()))
}

func (s *Server) pidFileLine(n int) string {
	b, err := os.ReadFile(s.home.pidFile())
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

// fits reports whether the running server, once ready, listens where it should.
func (s *Server) fits() bool {
	tcp := s.pidFileLine(addressLine) != ""
	return s.pidFileLine(portLine) == strconv.Itoa(s.socketPort()) && s.pidFileLine(socketLine) == s.home.socket && tcp == (s.opts.Port != 0)
}
