package pgserver

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strconv"

	"roster/localdev/filelock"
)

// start does what Start promises, on a Server that is not in use.
func (s *Server) start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	gate, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer gate.Unlock()
	if err := s.run(ctx); err != nil {
		s.leave()
		return err
	}
	return nil
}

// enter takes the folder's two locks. The gate is held by one process at a time, around each start and stop; the users' lock
// is held for as long as the server is used, and dies with the process that holds it.
func (s *Server) enter(ctx context.Context) (gate *filelock.Lock, err error) {
	if err := makeDir(s.opts.Dir, s.account); err != nil {
		return nil, err
	}
	if gate, err = filelock.Wait(ctx, filepath.Join(s.opts.Dir, "start.lock")); err != nil {
		return nil, err
	}
	s.users, err = filelock.Try(filepath.Join(s.opts.Dir, "users.lock"), !s.opts.Shared)
	if errors.Is(err, filelock.ErrLocked) {
		err = refuse(ErrInUse, "another process uses the database in %s: stop that one, or use another folder", s.opts.Dir)
	}
	if err != nil {
		gate.Unlock()
		return nil, err
	}
	return gate, nil
}

func (s *Server) leave() {
	s.users.Unlock()
	s.users = nil
}

// run attaches to a server that is there, or starts one.
func (s *Server) run(ctx context.Context) error {
	h, err := findHome(s.opts.Dir, s.account)
	if err != nil {
		return err
	}
	if h != s.home { // not written again by a Restart, under the eyes of URL and LogPath
		s.home = h
	}
	attached, err := s.attach(ctx)
	if err != nil {
		return err
	}
	if !attached {
		if err := s.startAnew(ctx); err != nil {
			return err
		}
	}
	return s.ensurePassword(ctx)
}

func (s *Server) startAnew(ctx context.Context) error {
	if err := s.checkPort(); err != nil {
		return err
	}
	bin, err := s.readyData(ctx)
	if err != nil {
		return err
	}
	err = s.launch(ctx, bin)
	if err == nil || s.opts.Durable || errors.Is(err, ErrPortTaken) || ctx.Err() != nil {
		return err
	}
	// Data that may be lost at any time is not worth a question: make it anew and try once more.
	if err := s.discardData(); err != nil {
		return err
	}
	if bin, err = s.readyData(ctx); err != nil {
		return err
	}
	return s.launch(ctx, bin)
}

// checkPort gives the usual reason for a failed start a sentence of its own.
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
	return refuse(ErrPortTaken, "port %d, meant for the database, is taken: stop what listens there, or choose another port", s.opts.Port)
}
