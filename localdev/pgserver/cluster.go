package pgserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// ensureData returns the binaries to run, and creates the data folder if there is none for them.
func (s *Server) ensureData(ctx context.Context) (binaries, error) {
	major, err := s.dataVersion()
	if err != nil {
		return binaries{}, err
	}
	bin, err := s.findBinaries(ctx, major)
	if errors.Is(err, errOtherVersion) && !s.opts.Durable {
		if err := s.discardData(); err != nil {
			return binaries{}, err
		}
		major = 0
		bin, err = s.findBinaries(ctx, major)
	}
	if err != nil || major != 0 {
		return bin, err
	}
	return bin, s.initialise(ctx, bin)
}

// dataVersion returns the major version of the data folder, or 0 if there is no data.
func (s *Server) dataVersion() (int, error) {
	if _, err := os.Lstat(s.layout.data()); errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	b, err := os.ReadFile(filepath.Join(s.layout.data(), "PG_VERSION"))
	if err == nil {
		if v, ok := parseVersion(strings.TrimSpace(string(b))); ok {
			return v.major, nil
		}
		err = errors.New("PG_VERSION holds no version")
	}
	if !s.opts.Durable {
		return 0, s.discardData()
	}
	return 0, fmt.Errorf("%s is not PostgreSQL's data any more (%w): move %s aside to start with an empty database", s.layout.data(), err, s.opts.Dir)
}

// initialise creates the data folder under a temporary name and renames it when it is complete. So a kill leaves nothing that looks like
// data. The name is random, because initdb of a killed process may still write to the old one.
func (s *Server) initialise(ctx context.Context, bin binaries) error {
	s.removeUnfinished()
	if s.opts.Durable {
		fmt.Fprintf(s.opts.Progress, "Making a PostgreSQL %d database in %s\n", bin.version.major, s.layout.data())
	}
	tmp := s.layout.data() + ".tmp" + rand.Text()
	// The old password does not work with new data.
	if err := os.Remove(s.passwordFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("removing the old database password: %w", err)
	}
	if s.opts.Durable || s.copyPristine(ctx, bin, tmp) != nil {
		if err := s.initdb(ctx, bin, tmp); err != nil {
			s.removeUnfinished()
			return fmt.Errorf("making the database in %s: %w", s.layout.data(), err)
		}
	}
	if err := os.Rename(tmp, s.layout.data()); err != nil {
		return fmt.Errorf("making the database: %w", err)
	}
	return nil
}

// initdb makes a data folder.
func (s *Server) initdb(ctx context.Context, bin binaries, dir string) error {
	if out, err := s.account.output(ctx, bin.path("initdb"), append(s.initdbOptions(), "-D", dir)...); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, initdbReason(out))
	}
	return nil
}

func (s *Server) initdbOptions() []string {
	options := []string{
		"-U", superuser, "--auth-local=trust", "--auth-host=scram-sha-256",
		"--encoding=UTF8", "--locale=C", "--wal-segsize=1", "--no-instructions",
	}
	if !s.opts.Durable {
		options = append(options, "--no-sync")
	}
	return options
}

// removeUnfinished removes what killed starts have left. If a running initdb prevents it, a later start removes the rest.
func (s *Server) removeUnfinished() {
	old, _ := filepath.Glob(s.layout.data() + ".tmp*") // the pattern is valid
	for _, path := range old {
		_ = os.RemoveAll(path)
	}
}

func (s *Server) discardData() error {
	if err := os.RemoveAll(s.layout.data()); err != nil {
		return fmt.Errorf("removing a database that cannot be used any more: %w", err)
	}
	return nil
}

// initdbReason returns the last error in initdb's output. After it, initdb prints how it cleaned up.
func initdbReason(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for _, line := range slices.Backward(lines) {
		if i := initdbError.FindStringIndex(line); i != nil {
			return line[i[1]:]
		}
	}
	return lines[len(lines)-1]
}

var initdbError = regexp.MustCompile(`(error|FATAL|PANIC): +`)

// arguments returns the postmaster's command line. It holds all settings, and no file does, so that data of an older Roster gets the
// current ones.
func (s *Server) arguments() []string {
	listen := ""
	if s.opts.Port != 0 {
		listen = "127.0.0.1"
	}
	settings := []string{
		"listen_addresses=" + listen,
		"unix_socket_directories=" + s.layout.socket,
		"unix_socket_permissions=0700",
		"timezone=UTC",
		"log_timezone=UTC",
		"log_line_prefix=" + LogLinePrefix,
		"shared_buffers=64MB",
		"jit=off",
		// One server and small data: no replication, and few, small WAL files.
		"wal_level=minimal",
		"max_wal_senders=0",
		"max_logical_replication_workers=0",
		"min_wal_size=8MB",
		"max_wal_size=64MB",
	}
	if !s.opts.Durable {
		settings = append(settings,
			"fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off",
			// Many packages, each with many tests at once, each with a few connections.
			"max_connections=1000",
			// Tests may log each statement; its parameters would double that.
			"log_parameter_max_length=0")
	}
	args := []string{"-D", s.layout.data(), "-p", fmt.Sprint(s.socketPort())}
	for _, set := range append(settings, s.opts.Settings...) {
		args = append(args, "-c", set)
	}
	return args
}
