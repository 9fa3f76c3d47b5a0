package examples_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// orders is a service in a folder of its own, far from this repository. It is
// made by the commands of docs/verify-elsewhere.md.
type orders struct {
	parent string // holds roster, as the page asks, and orders
	dir    string
	shown  commands
}

// commands are the shell blocks of docs/verify-elsewhere.md.
type commands struct{ make, fetch, vendor string }

func documented(t *testing.T) commands {
	t.Helper()
	page, err := os.ReadFile("../docs/verify-elsewhere.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 3 {
		t.Fatalf("docs/verify-elsewhere.md has %d blocks of commands, want 3: make a service, fetch Roster, vendor it", len(blocks))
	}
	return commands{make: blocks[0][1], fetch: blocks[1][1], vendor: blocks[2][1]}
}

func newOrders(t *testing.T) *orders {
	t.Helper()
	parent := t.TempDir()
	o := &orders{parent: parent, dir: filepath.Join(parent, "orders"), shown: documented(t)}
	if err := os.Symlink(root(t), filepath.Join(parent, "roster")); err != nil {
		t.Fatal(err)
	}
	run(t, parent, nil, "sh", "-ec", o.shown.make)
	return o
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// run runs a command without the caller's Git repository and Go workspace. It
// asks no checksum database, so that nothing is fetched that Go has already;
// TestAModuleImportsBearerFromAFolder compares the checksums with those of examples/service.
func run(t *testing.T, dir string, env []string, command string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command, args...)
	cmd.Dir = dir
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GIT_") })
	cmd.Env = append(cmd.Env, "GOWORK=off", "GOFLAGS=-modcacherw", "GOSUMDB=off", "GIT_CONFIG_GLOBAL="+os.DevNull)
	cmd.Env = append(cmd.Env, env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", command, strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out)
}

// The commands make what examples/service is, and its tests pass there.
func TestAModuleImportsBearerFromAFolder(t *testing.T) {
	t.Parallel()
	o := newOrders(t)
	if got, want := required(t, o.dir), required(t, "service"); !slices.Equal(got, want) {
		t.Errorf("the commands require %v, examples/service/go.mod requires %v: run go mod tidy there", got, want)
	}
	got, want := read(t, filepath.Join(o.dir, "go.sum")), read(t, filepath.Join("service", "go.sum"))
	if got != want {
		t.Errorf("the commands write the checksums\n%sand examples/service/go.sum has\n%s\nrun go mod tidy there", got, want)
	}
	run(t, o.dir, nil, "go", "test", "./...")
}

type requirement struct {
	Path, Version string
	Indirect      bool
}

func required(t *testing.T, dir string) []requirement {
	t.Helper()
	var mod struct{ Require []requirement }
	if err := json.Unmarshal([]byte(run(t, dir, nil, "go", "mod", "edit", "-json")), &mod); err != nil {
		t.Fatal(err)
	}
	return mod.Require
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A vendored service builds without Roster, without the module cache and without
// a network.
func TestAModuleVendorsBearer(t *testing.T) {
	t.Parallel()
	o := newOrders(t)
	run(t, o.dir, nil, "sh", "-ec", o.shown.vendor)
	var packages []string
	for line := range strings.Lines(read(t, filepath.Join(o.dir, "vendor", "modules.txt"))) {
		if !strings.HasPrefix(line, "#") {
			packages = append(packages, strings.TrimSpace(line))
		}
	}
	want := []string{"github.com/golang-jwt/jwt/v5", "roster/shared/bearer", "roster/shared/credential/keyring", "roster/shared/credential/token", "roster/shared/wallclock"}
	if !slices.Equal(packages, want) {
		t.Errorf("a service elsewhere gets the packages %q, want %q", packages, want)
	}
	if err := os.Remove(filepath.Join(o.parent, "roster")); err != nil {
		t.Fatal(err)
	}
	run(t, o.dir, []string{"GOMODCACHE=" + t.TempDir(), "GOPROXY=off"}, "go", "vet", "./...")
}

// The service's go.mod names a commit on a Git host. The host is a repository
// that holds the files of this one as they are now, committed or not.
func TestAModuleImportsBearerFromAGitHost(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil && os.Getenv("CI") != "true" {
		t.Skip("NO GIT, SO THE IMPORT FROM A GIT HOST IS NOT TRIED: install git")
	}
	o := newOrders(t)
	host := t.TempDir()
	repository := filepath.Join(host, "you", "roster.git")
	run(t, host, nil, "git", "init", "-q", "--bare", "-b", "main", repository)
	git := []string{"--git-dir=" + repository, "--work-tree=" + root(t), "-c", "user.name=Roster", "-c", "user.email=roster@example.com"}
	run(t, root(t), nil, "git", append(git, "add", ".")...)
	run(t, root(t), nil, "git", append(git, "commit", "-q", "-m", "Everything")...)
	if err := os.Remove(filepath.Join(o.parent, "roster")); err != nil {
		t.Fatal(err)
	}
	// A module cache of its own keeps this commit out of the developer's. What
	// theirs holds serves as a proxy, so nothing is fetched from elsewhere.
	have := strings.Split(run(t, o.dir, nil, "go", "env", "GOMODCACHE", "GOPROXY"), "\n")
	env := []string{
		"GOMODCACHE=" + t.TempDir(), "GOPROXY=file://" + filepath.Join(have[0], "cache", "download") + "," + have[1],
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url.file://" + host + "/.insteadOf", "GIT_CONFIG_VALUE_0=https://git.example.com/",
	}
	run(t, o.dir, env, "sh", "-ec", o.shown.fetch+"go vet ./...\n")
	commit := strings.TrimSpace(run(t, host, nil, "git", "--git-dir="+repository, "rev-parse", "--short=12", "main"))
	if mod := read(t, filepath.Join(o.dir, "go.mod")); !strings.Contains(mod, "-"+commit+"\n") {
		t.Errorf("go.mod does not name the commit %s:\n%s", commit, mod)
	}
}
