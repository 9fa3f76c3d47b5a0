// Package pgserver starts a private PostgreSQL for localdev and for tests:
//
//	server, err := pgserver.Start(ctx, pgserver.Options{Dir: dir})
//	conn, err := pgx.Connect(ctx, server.URL("postgres"))
//
// It uses installed binaries, or downloads them once. It needs no service, no Docker and no privileges. If the caller is root, it runs the
// server as an unprivileged account, because PostgreSQL refuses to run as root.
//
// It refuses to be a production server: it has one superuser, no TLS and no backups. Other users of the machine cannot connect. The Unix
// socket is in a folder that is closed to them, and the TCP port is on 127.0.0.1 and needs a random password.
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
	"strings"
	"sync"

	"roster/localdev/filelock"
)

// LogLinePrefix is the server's log_line_prefix: time, process and database. The further lines of an entry start with a tab.
const LogLinePrefix = "%m [%p] %d "

// superuser is the only role. PostgreSQL uses this name by default.
const superuser = "postgres"

var (
	// ErrInUse says that another process uses the folder.
	ErrInUse = errors.New("in use")
	// ErrPortTaken says that something else listens on the port.
	ErrPortTaken = errors.New("port taken")
	// errOtherVersion says that there are no binaries for the data's version.
	errOtherVersion = errors.New("other version")
)

// messageError is one of these errors with a complete message of its own.
type messageError struct {
	sentinel error
	message  string
}

func (r messageError) Error() string { return r.message }
func (r messageError) Unwrap() error { return r.sentinel }

func withMessage(kind error, format string, args ...any) error {
	return messageError{kind, fmt.Sprintf(format, args...)}
}

// Options says where a server's files are and what it is for.
type Options struct {
	// Dir is the server's own folder. It is created if it does not exist. To start with an empty database, remove it. If the caller is
	// root and the account that runs PostgreSQL cannot enter Dir, the data is in a folder under /var/tmp, and Dir holds its name.
	Dir string
	// Port is a TCP port on 127.0.0.1. With 0 there is only a Unix socket.
	Port int
	// Source says which binaries to use; see ParseSource.
	Source Source
	// Durable data survives a power failure. Without Durable the server is faster, and data that it cannot read (damaged, or of another
	// version) is deleted and replaced by an empty database instead of causing an error.
	Durable bool
	// Shared lets several processes with the same Options use the server of one Dir at a time. The first Start starts it, the last Stop
	// stops it. Without Shared a second process gets ErrInUse.
	Shared bool
	// Settings are PostgreSQL's, such as max_connections=100. They win over ours.
	Settings []string
	// Progress gets a line for each slow step, such as a download. Nil discards them.
	Progress io.Writer

	pristine string // for tests: the folder of the copies of initdb's, instead of one in CacheDir
}

// Server is a running PostgreSQL. Its methods are safe for concurrent use.
type Server struct {
	opts    Options
	account account
	layout  layout

	mu        sync.Mutex
	usersLock *filelock.Lock // held from Start to Stop
	child     *child         // nil when the server was started by another process
	password  string         // for TCP only
}

// Start starts the server of a folder, or attaches to the server that a killed process left running. The first start creates the data
// folder and takes 1 to 2 seconds; later starts take less than a second. If another process is just starting or stopping the same server,
// Start waits for it until ctx ends.
//
// It unsets libpq's variables, such as PGSERVICE, in this process, because they would change the meaning of the server's URL.
func Start(ctx context.Context, opts Options) (*Server, error) {
	s, err := prepare(opts)
	if err != nil {
		return nil, err
	}
	unsetClientVariables()
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// prepare checks the options and finds the account and the absolute folder. It changes nothing.
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

// URL returns the URL of a database, for pgx. With a port it is for TCP and contains the password; otherwise it is for the Unix socket.
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
	q := url.Values{"host": {s.layout.socket}, "port": {strconv.Itoa(s.socketPort())}, "sslmode": {"disable"}}
	// Encode writes a space as +, which neither pgx nor libpq reads as one, and the folder's path may have spaces.
	query := strings.ReplaceAll(q.Encode(), "+", "%20")
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database, RawQuery: query}
	return u.String()
}

// socketPort is the number in the socket's file name. PostgreSQL needs one even without TCP.
func (s *Server) socketPort() int {
	if s.opts.Port == 0 {
		return 5432
	}
	return s.opts.Port
}

// LogPath returns the file with the server's log. It grows while the server runs; its lines begin with LogLinePrefix.
func (s *Server) LogPath() string { return s.layout.log() }

// DataDir returns PostgreSQL's data folder. For root it may be outside Options.Dir.
func (s *Server) DataDir() string { return s.layout.data() }

// Remove stops the server and deletes all its files. It returns ErrInUse while another process uses the server.
func (s *Server) Remove(ctx context.Context) error {
	if err := s.Stop(); err != nil {
		return err
	}
	return Remove(ctx, s.opts.Dir)
}

// Remove deletes a server's folder and all its files. If a killed process left the server running, Remove stops it first. A missing folder
// is not an error. A folder that a process uses gives ErrInUse.
func Remove(ctx context.Context, dir string) error {
	if _, err := os.Lstat(dir); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	s, err := prepare(Options{Dir: dir})
	if err != nil {
		return err
	}
	gate, err := s.acquireLocks(ctx)
	if err != nil {
		return err
	}
	defer gate.Unlock()
	defer s.releaseUsersLock()
	if s.layout, err = findLayout(s.opts.Dir, s.account); err != nil {
		return err
	}
	if err := s.shutdown(ctx); err != nil {
		return err
	}
	return s.layout.remove()
}
