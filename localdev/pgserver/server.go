// Package pgserver starts a private PostgreSQL for localdev and for tests: from the binaries that are installed or, where
// none are, from binaries downloaded once. It needs no service, no Docker and no rights: as root it runs the server under an
// unprivileged account, because PostgreSQL refuses root.
//
// It refuses to be a production server: one superuser, no TLS, no backups. Nobody else on the machine can enter: the Unix
// socket lies in a folder closed to others, and the TCP port is on 127.0.0.1 behind a random password.
package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"roster/localdev/filelock"
)

// LogLinePrefix is the server's log_line_prefix: time, process and database. A line that goes on over several lines has a
// tab before each further one.
const LogLinePrefix = "%m [%p] %d "

// superuser is the only role; its name is PostgreSQL's own default.
const superuser = "postgres"

var (
	// ErrInUse says that another process uses the folder.
	ErrInUse = errors.New("in use")
	// ErrPortTaken says that something else listens on the port.
	ErrPortTaken = errors.New("port taken")
	// errOtherVersion says that the data is of a version that no binaries at hand serve.
	errOtherVersion = errors.New("other version")
)

// refusal is one of these errors with a sentence that needs no more words.
type refusal struct {
	kind     error
	sentence string
}

func (r refusal) Error() string { return r.sentence }
func (r refusal) Unwrap() error { return r.kind }

func refuse(kind error, format string, args ...any) error {
	return refusal{kind, fmt.Sprintf(format, args...)}
}

// Options says where a server lives and what it is for.
type Options struct {
	// Dir is a folder of its own for this server, made when absent. Removing it begins anew. As root, when the account that runs
	// PostgreSQL cannot enter it, the data is in a folder under /var/tmp instead, which this one names.
	Dir string
	// Port is a TCP port on 127.0.0.1. 0 is no TCP at all: a Unix socket only.
	Port int
	// Source says which binaries to take; see ParseSource.
	Source Source
	// Durable keeps data through a power cut. Without it the server is faster, and data that it cannot read any more (another
	// version's, or damaged) is thrown away and made anew instead of refused.
	Durable bool
	// Shared lets several processes use the server of one Dir at a time, all with the same Options: the first starts it, the
	// last Stop stops it. Without it a second process is refused with ErrInUse.
	Shared bool
	// Progress gets a line for what takes a while, such as a download. Nil is silence.
	Progress io.Writer
}

// Server is a running PostgreSQL. Its methods may be called from several goroutines.
type Server struct {
	opts    Options
	account account
	home    home

	mu       sync.Mutex
	users    *filelock.Lock // held from Start to Stop
	child    *child         // nil when the server was started by another process
	password string         // for TCP only
}

// Start starts the server of a folder, or attaches to the one that a killed process left behind. The first start makes the
// data folder (1 to 2 seconds), a later one takes a fraction of a second. It waits for another process that is just starting
// or stopping the same server, until ctx ends.
//
// It unsets libpq's variables, such as PGSERVICE, in the process: they would change what the server's URL means.
func Start(ctx context.Context, opts Options) (*Server, error) {
	s, err := prepare(opts)
	if err != nil {
		return nil, err
	}
	forgetClientVariables()
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// prepare checks the options and finds the account and the absolute folder, without touching anything.
func prepare(opts Options) (*Server, error) {
	if _, err := ParseSource(string(opts.Source)); err != nil {
		return nil, err
	}
	if opts.Dir == "" {
		return nil, errors.New("the database server needs a folder")
	}
	if opts.Port < 0 || opts.Port > 65535 {
		return nil, fmt.Errorf("%d is not a port: use 1 to 65535, or 0 for none", opts.Port)
	}
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("finding the database server's folder: %w", err)
	}
	opts.Dir = dir
	if opts.Progress == nil {
		opts.Progress = io.Discard
	}
	a, err := unprivileged(serverDirs(dir)...)
	if err != nil {
		return nil, err
	}
	return &Server{opts: opts, account: a}, nil
}

// URL returns the address of a database, for pgx: over TCP where there is a port (this holds the password), else over the
// Unix socket.
func (s *Server) URL(database string) string {
	if s.opts.Port == 0 {
		return s.socketURL(database)
	}
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, s.password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(s.opts.Port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

func (s *Server) socketURL(database string) string {
	q := url.Values{"host": {s.home.socket}, "port": {strconv.Itoa(s.socketPort())}, "sslmode": {"disable"}}
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database, RawQuery: q.Encode()}
	return u.String()
}

// socketPort is the number in the socket's file name; PostgreSQL wants one even without TCP.
func (s *Server) socketPort() int {
	if s.opts.Port == 0 {
		return 5432
	}
	return s.opts.Port
}

// LogPath returns the file with the server's log. It grows while the server runs; its lines begin with LogLinePrefix.
func (s *Server) LogPath() string { return s.home.log() }

// DataDir returns PostgreSQL's data folder. As root it may lie outside of Options.Dir.
func (s *Server) DataDir() string { return s.home.data() }

// Remove stops the server and deletes all that it wrote. It fails with ErrInUse while another process uses the server.
func (s *Server) Remove(ctx context.Context) error {
	if err := s.Stop(); err != nil {
		return err
	}
	return Remove(ctx, s.opts.Dir)
}

// Remove deletes a server's folder and all that belongs to it, and stops the server first if a killed process left it
// running. A folder that is not there is no error; one that a process uses gives ErrInUse.
func Remove(ctx context.Context, dir string) error {
	if _, err := os.Lstat(dir); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	s, err := prepare(Options{Dir: dir})
	if err != nil {
		return err
	}
	gate, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer gate.Unlock()
	defer s.leave()
	if s.home, err = findHome(s.opts.Dir, s.account); err != nil {
		return err
	}
	if err := s.shutdown(ctx); err != nil {
		return err
	}
	return s.home.remove()
}
