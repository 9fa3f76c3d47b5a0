package pgserver

import (
	"context"
	"io"
	"path/filepath"
)

// Fetch downloads from another repository, where archives has the sums.
func Fetch(ctx context.Context, dir, repository string, archives map[string]string, progress io.Writer) error {
	d := download{dir: dir, repository: repository, archives: archives, progress: progress}
	return d.ensure(ctx)
}

// Archives are the archives that can be downloaded.
func Archives() map[string]string { return archives }

// IsOrphaned reports whether a fallback folder would be removed at a time.
var IsOrphaned = isOrphaned

// NewestIn lists the usable folders among those that fit the patterns, for the caller's own account.
func NewestIn(ctx context.Context, patterns ...string) []string {
	var dirs []string
	for _, b := range newestIn(ctx, account{}, patterns) {
		dirs = append(dirs, b.dir)
	}
	return dirs
}

// SocketDir is the folder of the Unix socket.
func (s *Server) SocketDir() string { return s.layout.socket }

// PidFile is the server's postmaster.pid.
func (s *Server) PidFile() string { return filepath.Join(s.DataDir(), "postmaster.pid") }

// WithPristine keeps the copies of initdb's in a folder of the test's own.
func (o Options) WithPristine(dir string) Options {
	o.pristine = dir
	return o
}
