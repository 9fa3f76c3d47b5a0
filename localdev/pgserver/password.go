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

// ensurePassword sets a password for the role if the server has a TCP port.
func (s *Server) ensurePassword(ctx context.Context) error {
	if s.opts.Port == 0 {
		return nil
	}
	password, err := s.keptPassword(ctx)
	if err != nil {
		return fmt.Errorf("setting the database password: %w", err)
	}
	if password != s.password { // a Restart must not write it again, because URL may read it at the same time
		s.password = password
	}
	return nil
}

// keptPassword returns the password from a file that only the caller can read. If there is none, it sets a new password in the server
// first and then writes the file, so a kill in between leaves no wrong password in the file.
func (s *Server) keptPassword(ctx context.Context) (string, error) {
	if b, err := os.ReadFile(s.passwordFile()); err == nil && len(b) > 0 {
		return string(b), nil
	}
	conn, err := pgx.Connect(ctx, s.socketURL("postgres"))
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	password := rand.Text() // letters and digits only, so it needs no quoting
	if _, err := conn.Exec(ctx, "ALTER ROLE "+superuser+" PASSWORD '"+password+"'"); err != nil {
		return "", err
	}
	return password, writeFile(s.passwordFile(), password)
}
