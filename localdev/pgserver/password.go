package pgserver

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
)

func (s *Server) passwordFile() string { return filepath.Join(s.opts.Dir, "password") }

// ensurePassword makes sure that the role has a password, where there is a port.
func (s *Server) ensurePassword(ctx context.Context) error {
	if s.opts.Port == 0 {
		return nil
	}
	password, err := s.keptPassword(ctx)
	if err != nil {
		return fmt.Errorf("setting the database password: %w", err)
	}
	if password != s.password { // not written again by a Restart, under the eyes of URL
		s.password = password
	}
	return nil
}

// keptPassword returns the password from its file, which only the caller's account can read. Without one it gives the role a
// new one first, so that a kill in between leaves no password that the server does not know.
func (s *Server) keptPassword(ctx context.Context) (string, error) {
	if b, err := os.ReadFile(s.passwordFile()); err == nil && len(b) > 0 {
		return string(b), nil
	}
	conn, err := pgx.Connect(ctx, s.socketURL("postgres"))
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	password := rand.Text() // letters and digits: nothing to quote
	if _, err := conn.Exec(ctx, "ALTER ROLE "+superuser+" PASSWORD '"+password+"'"); err != nil {
		return "", err
	}
	return password, writeFile(s.passwordFile(), password)
}
