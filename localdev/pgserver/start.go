package pgserver

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strconv"

	"roster/localdev/filelock"
)

// start implements Start for a Server that is not running.
func (s *Server) start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	gate, err := s.acquireLocks(ctx)
	if err != nil {
		return err
	}
	defer gate.Unlock()
	if err := s.attachOrStart(ctx); err != nil {
		s.releaseUsersLock()
		return err
	}
	return nil
}

// acquireLocks takes the folder's two locks. The start lock is held only during a start or a stop. The users' lock is held for as long as
// this process uses the server, and the system releases it when the process ends.
func (s *Server) acquireLocks(ctx context.Context) (gate *filelock.Lock, err error) {
	if err := makeDir(s.opts.Dir, s.account); err != nil {
		return nil, err
	}
	if gate, err = filelock.Wait(ctx, filepath.Join(s.opts.Dir, "start.lock")); err != nil {
		return nil, err
	}
	s.usersLock, err = filelock.Try(filepath.Join(s.opts.Dir, "users.lock"), !s.opts.Shared)
	if errors.Is(err, filelock.ErrLocked) {
		err = withMessage(ErrInUse, "another process uses the database in %s: stop that one, or use another folder", s.opts.Dir)
	}
	if err != nil {
		gate.Unlock()
		return nil, err
	}
	return gate, nil
}

func (s *Server) releaseUsersLock() {
	s.usersLock.Unlock()
	s.usersLock = nil
}

// attachOrStart attaches to a running server, or starts one.
func (s *Server) attachOrStart(ctx context.Context) error {
	h, err := findLayout(s.opts.Dir, s.account)
	if err != nil {
		return err
	}
	if h != s.layout { // a Restart must not write it again, because URL and LogPath may read it at the same time
		s.layout = h
	}
	attached, err := s.attach(ctx)
	if err != nil {
		return err
	}
	if !attached {
		if err := s.startNew(ctx); err != nil {
			return err
		}
	}
	return s.ensurePassword(ctx)
}

func (s *Server) startNew(ctx context.Context) error {
	if err := s.checkPort(); err != nil {
		return err
	}
	bin, err := s.ensureData(ctx)
	if err != nil {
		return err
	}
	err = s.launch(ctx, bin)
	if err == nil || s.opts.Durable || errors.Is(err, ErrPortTaken) || ctx.Err() != nil {
		return err
	}
	// Data that is not durable can be replaced without asking: delete it and try once more, from a new initdb.
	s.forgetPristine()
	if err := s.discardData(); err != nil {
		return err
	}
	if bin, err = s.ensureData(ctx); err != nil {
		return err
	}
	return s.launch(ctx, bin)
}

// checkPort detects the most common cause of a failed start and gives it a clear message.
func (s *Server) checkPort() error {
	if s.opts.Port == 0 {
		return nil
	}
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.opts.Port)))
	if err != nil {
		return s.portTaken()
	}
	return l.Close()
}

func (s *Server) portTaken() error {
	return withMessage(ErrPortTaken, "port %d, meant for the database, is taken: stop what listens there, or choose another port", s.opts.Port)
}
