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

// Source says where the PostgreSQL binaries come from.
type Source string

// The sources. Any uses installed binaries, and downloads them if none are installed.
const (
	Any       Source = ""
	Installed Source = "installed"
	Download  Source = "download"
)

// SourceVariable is the environment variable that selects the Source of localdev and of the tests.
const SourceVariable = "LOCALDEV_POSTGRES"

// minMajor is the oldest major version that Roster supports.
const minMajor = 14

// ParseSource reads a value of LOCALDEV_POSTGRES.
func ParseSource(value string) (Source, error) {
	switch s := Source(value); s {
	case Any, Installed, Download:
		return s, nil
	}
	return "", fmt.Errorf(`%s is %q: leave it empty, or set it to "installed" or "download"`, SourceVariable, value)
}

// binaries is a folder with at least initdb and postgres.
type binaries struct {
	dir     string
	version version
}

func (b binaries) path(name string) string { return filepath.Join(b.dir, name) }

// findBinaries returns binaries for data of a major version; 0 is any. If only binaries of other versions exist, the error wraps
// errOtherVersion. When PostgreSQL is installed, only durable data is worth a download.
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
	return withMessage(errOtherVersion, "%s was made by PostgreSQL %d and this is PostgreSQL %d: install version %d, or move %s aside to start with an empty database",
		s.layout.data(), major, have, major, s.opts.Dir)
}

// installAdvice says how to get a PostgreSQL.
func installAdvice() string {
	install := "apt-get install postgresql"
	if runtime.GOOS == "darwin" {
		install = "brew install postgresql@17"
	}
	return fmt.Sprintf("install it (%s), or set DATABASE_URL to a running server", install)
}

// selectVersion returns the first binaries for a major version; 0 is any.
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

// installed returns the binaries on this machine that are new enough and that the account can run. $PG_BINDIR overrides the search.
// Otherwise the binaries on the PATH come first, then the usual folders, newest first.
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
		matches, _ := filepath.Glob(pattern) // the patterns are valid
		dirs = append(dirs, matches...)
	}
	found := inspectAll(ctx, a, dirs)
	slices.SortStableFunc(found, func(x, y binaries) int { return y.version.compare(x.version) })
	return found
}

// pathFolders returns the folder of a program, and the folder of the file that it links to.
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

// inspect reports whether a folder holds usable binaries. It runs postgres -V as the account, so a folder that the account cannot enter
// does not count.
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

// version is PostgreSQL's version. Before version 10 the second number belonged to the major version. That does not matter here,
// because all those versions are too old.
type version struct{ major, minor int }

// digits matches "15.18", "9.6", and the lone "18" of a data folder or a beta.
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
