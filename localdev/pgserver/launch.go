package pgserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// pollEvery is short because each wait takes tens of milliseconds. pg_ctl's interval of 100 ms would be noticeable.
	pollEvery = 4 * time.Millisecond
	// logLimit is the size in bytes from which a start renames the old log.
	logLimit = 16 << 20
	// sharedMemoryTimeout bounds the wait for the remains of a killed server to go.
	sharedMemoryTimeout = 5 * time.Second
	retryPause          = 50 * time.Millisecond
	// startTimeout is long enough for the recovery after a crash.
	startTimeout = time.Minute
)

// child is a postmaster that this process has started.
type child struct {
	process *os.Process
	exited  chan struct{} // closed when the process has ended
}

func (c *child) hasExited() bool {
	select {
	case <-c.exited:
		return true
	default:
		return false
	}
}

// launch starts the server and waits until it accepts connections.
func (s *Server) launch(ctx context.Context, bin binaries) error {
	settled := time.Now().Add(sharedMemoryTimeout)
	for {
		offset, err := s.spawn(bin)
		if err != nil {
			return err
		}
		if err := s.waitForStart(ctx, offset); err != nil {
			s.child.abort()
			s.child = nil
			return err
		}
		if !s.child.hasExited() {
			return nil
		}
		s.child = nil
		reason := s.failureReason(offset)
		// The processes of a killed postmaster end a moment later. Until then PostgreSQL refuses to use the data.
		if bytes.Contains(reason, []byte("shared memory block")) && time.Now().Before(settled) {
			<-time.After(retryPause)
			continue
		}
		if bytes.Contains(reason, []byte("TCP/IP socket")) {
			return s.portTaken()
		}
		return fmt.Errorf("PostgreSQL did not start (%s): see %s, or, when its data is damaged, move %s aside to start with an empty database",
			reason, s.layout.log(), s.opts.Dir)
	}
}

// waitForStart waits until the server accepts connections or has ended. It does not wait for a server that has started and refuses every
// connection, because its data is damaged.
func (s *Server) waitForStart(ctx context.Context, offset int64) error {
	wait, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("it took more than %v", startTimeout))
	defer cancel()
	var refused *pgconn.PgError
	err := poll(wait, func() bool {
		if s.child.hasExited() {
			return true
		}
		err := s.connect(wait)
		return err == nil || errors.As(err, &refused) && refused.Code != cannotConnectNow
	})
	switch {
	case err != nil:
		return fmt.Errorf("waiting for PostgreSQL to start (%s; its log is %s): %w", s.failureReason(offset), s.layout.log(), err)
	case refused != nil && refused.Code != cannotConnectNow:
		return fmt.Errorf("PostgreSQL started and refuses connections (%s): see %s, or, when its data is damaged, move %s aside to start with an empty database",
			refused.Message, s.layout.log(), s.opts.Dir)
	}
	return nil
}

// cannotConnectNow is the SQLSTATE of a server that is starting or stopping.
const cannotConnectNow = "57P03"

// spawn starts the postmaster and returns the size of the log before. The output goes to the log. If it went to an inherited standard
// output, `go test` would wait for as long as the server runs.
func (s *Server) spawn(bin binaries) (offset int64, err error) {
	log, err := openLog(s.layout.log())
	if err != nil {
		return 0, err
	}
	defer log.Close()
	if fi, err := log.Stat(); err == nil {
		offset = fi.Size()
	}
	cmd := s.account.command(bin.path("postgres"), s.arguments()...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("starting PostgreSQL: %w", err)
	}
	s.child = &child{process: cmd.Process, exited: make(chan struct{})}
	go func(c *child) {
		defer close(c.exited)
		_ = cmd.Wait() // why it ended is in the log
	}(s.child)
	return offset, nil
}

func openLog(path string) (*os.File, error) {
	if fi, err := os.Lstat(path); err == nil && fi.Size() > logLimit {
		if err := os.Rename(path, path+".old"); err != nil {
			return nil, fmt.Errorf("putting the database server's log aside: %w", err)
		}
	}
	return openFile(path, os.O_APPEND|os.O_WRONLY)
}

// failureReason returns why the server ended, from its log since offset: the last fatal line. A server that fails before it opens its log
// prints other lines; then it is the first of them.
func (s *Server) failureReason(offset int64) []byte {
	log, err := os.ReadFile(s.layout.log())
	if err != nil || int64(len(log)) < offset {
		return []byte("no log")
	}
	var first, fatal []byte
	for line := range bytes.Lines(log[offset:]) {
		if bytes.Contains(line, []byte("FATAL:  the database system is ")) {
			continue // "starting up": the answer to our own connection attempts
		}
		switch i := fatalLine.FindIndex(line); {
		case i != nil:
			fatal = bytes.TrimSpace(line[i[0]:])
		case first == nil && !bytes.Contains(line, []byte("LOG:  ")):
			first = bytes.TrimSpace(line)
		}
	}
	switch {
	case fatal != nil:
		return fatal
	case first != nil:
		return first
	default:
		return []byte("no reason given")
	}
}

var fatalLine = regexp.MustCompile(`(FATAL|PANIC): `)

// acceptsConnections reports whether our server accepts connections. Only we can write to the socket's folder, so it cannot be another
// server.
func (s *Server) acceptsConnections(ctx context.Context) bool { return s.connect(ctx) == nil }

// connect connects once, and returns why that is refused.
func (s *Server) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.socketURL("postgres"))
	if err != nil {
		return err
	}
	_ = conn.Close(ctx)
	return nil
}

// poll waits until done returns true or ctx ends.
func poll(ctx context.Context, done func() bool) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
	return nil
}
