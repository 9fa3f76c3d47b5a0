package pgserver

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
)

// Source says which PostgreSQL binaries to take.
type Source string

// The sources. Any takes installed ones and downloads where there are none.
const (
	Any       Source = ""
	Installed Source = "installed"
	Download  Source = "download"
)

// SourceVariable is the environment variable that localdev and the tests take their Source from.
const SourceVariable = "LOCALDEV_POSTGRES"

// minMajor is the first major version that Roster works with.
const minMajor = 14

// ParseSource reads a value of LOCALDEV_POSTGRES.
func ParseSource(value string) (Source, error) {
	switch s := Source(value); s {
	case Any, Installed, Download:
		return s, nil
	}
	return "", fmt.Errorf(`%s is %q: leave it empty, or set it to "installed" or "download"`, SourceVariable, value)
}

// binaries is a folder that holds at least initdb and postgres.
type binaries struct {
	dir     string
	version version
}

func (b binaries) path(name string) string { return filepath.Join(b.dir, name) }

// findBinaries returns the binaries for data of a major version; 0 is any. errOtherVersion is in the error when there are
// binaries, but none for this version. Only data that is to last is worth a download where something is installed.
func (s *Server) findBinaries(ctx context.Context, major int) (binaries, error) {
	var found []binaries
	if s.opts.Source != Download {
		var err error
		if found, err = installed(ctx, s.account); err != nil {
			return binaries{}, err
		}
		if b, ok := selectVersion(found, major); ok {
			return b, nil
		}
	}
	if s.opts.Source == Installed && len(found) == 0 {
		return binaries{}, fmt.Errorf("no PostgreSQL %d or newer was found: %s", minMajor, installAdvice())
	}
	if s.opts.Source == Installed || major != 0 && major != downloadMajor || !s.opts.Durable && len(found) > 0 {
		return binaries{}, s.otherVersion(found, major)
	}
	return downloaded(ctx, s.account, s.opts.Progress)
}

func (s *Server) otherVersion(found []binaries, major int) error {
	have := downloadMajor
	if len(found) > 0 {
		have = found[0].version.major
	}
	return withMessage(errOtherVersion, "%s was made by PostgreSQL %d and this is PostgreSQL %d: install version %d, or remove %s to begin anew",
		s.layout.data(), major, have, major, s.opts.Dir)
}

// installAdvice says how to come by a PostgreSQL.
func installAdvice() string {
	install := "apt-get install postgresql"
	if runtime.GOOS == "darwin" {
		install = "brew install postgresql@17"
	}
	return fmt.Sprintf("install it (%s), or set DATABASE_URL to a server that runs", install)
}

// selectVersion returns the first of the binaries that serve a major version (0: any).
func selectVersion(found []binaries, major int) (binaries, bool) {
	i := slices.IndexFunc(found, func(b binaries) bool { return major == 0 || b.version.major == major })
	if i < 0 {
		return binaries{}, false
	}
	return found[i], true
}

// usualFolders are where packages put PostgreSQL's programs: Debian, PGDG on Red Hat, Alpine, SUSE, Homebrew on ARM and Intel,
// MacPorts, Postgres.app.
var usualFolders = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/usr/libexec/postgresql*",
	"/usr/lib/postgresql*/bin",
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
	"/opt/local/lib/postgresql*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// installed returns the binaries on this machine that are new enough and that the account can run: those that $PG_BINDIR
// names, alone; else those on the PATH, then those in the usual folders, newest first.
func installed(ctx context.Context, a account) ([]binaries, error) {
	if dir := os.Getenv("PG_BINDIR"); dir != "" {
		b, ok := inspect(ctx, a, dir)
		if !ok {
			return nil, fmt.Errorf("PG_BINDIR is %s, which holds no initdb and postgres of version %d or newer that can be run: correct it or unset it", dir, minMajor)
		}
		return []binaries{b}, nil
	}
	var found []binaries
	if path, err := exec.LookPath("initdb"); err == nil {
		found = inspectAll(ctx, a, pathFolders(path))
	}
	return append(found, newestIn(ctx, a, usualFolders)...), nil
}

func newestIn(ctx context.Context, a account, patterns []string) []binaries {
	var dirs []string
	for _, pattern := range patterns {
		matches, _ := filepath.Glob(pattern) // the patterns are good
		dirs = append(dirs, matches...)
	}
	found := inspectAll(ctx, a, dirs)
	slices.SortStableFunc(found, func(x, y binaries) int { return y.version.compare(x.version) })
	return found
}

// pathFolders returns the folder of a program, and the one that it is linked from.
func pathFolders(program string) []string {
	dirs := []string{filepath.Dir(program)}
	if real, err := filepath.EvalSymlinks(program); err == nil {
		dirs = append(dirs, filepath.Dir(real))
	}
	return dirs
}

func inspectAll(ctx context.Context, a account, dirs []string) []binaries {
	var found []binaries
	for _, dir := range dirs {
		if b, ok := inspect(ctx, a, dir); ok {
			found = append(found, b)
		}
	}
	return found
}

// inspect reports whether a folder holds what is needed. It asks the program itself for its version, as the account that is to
// run it, so that a folder closed to that account does not count.
func inspect(ctx context.Context, a account, dir string) (binaries, bool) {
	b := binaries{dir: dir}
	if _, err := os.Stat(b.path("initdb")); err != nil {
		return b, false
	}
	out, err := a.output(ctx, b.path("postgres"), "-V")
	if err != nil {
		return b, false
	}
	v, ok := parseVersion(string(out))
	b.version = v
	return b, ok && v.major >= minMajor
}

// version is PostgreSQL's. Before 10 the minor was a part of the major one, which needs no care here: all that is too old.
type version struct{ major, minor int }

// digits finds "15.18", "9.6" or, in a data folder or a beta, a lone "18".
var digits = regexp.MustCompile(`(\d+)(?:\.(\d+))?`)

func parseVersion(s string) (version, bool) {
	m := digits.FindStringSubmatch(s)
	if m == nil {
		return version{}, false
	}
	major, err := strconv.Atoi(m[1])
	minor, _ := strconv.Atoi(m[2]) // absent: 0
	return version{major, minor}, err == nil
}

func (v version) compare(w version) int {
	if v.major != w.major {
		return v.major - w.major
	}
	return v.minor - w.minor
}
