//go:build unix

package pgserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// account runs PostgreSQL's programs. The zero value is the caller's own account. If the caller is root, it is an unprivileged one.
type account struct {
	credential *syscall.Credential
}

// unprivileged returns the account that runs PostgreSQL. It prefers the owner of one of the folders, so that a package that adds an
// account later does not lock us out of existing data. Otherwise it is the first suitable account of this machine. The account must be
// in the password file, because initdb looks its number up.
func unprivileged(folders ...string) (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	var all []account
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseInt(u.Uid, 10, 64)
		gid, err2 := strconv.ParseInt(u.Gid, 10, 64)
		if err1 == nil && err2 == nil {
			all = append(all, account{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}})
		}
	}
	for _, a := range all {
		if slices.ContainsFunc(folders, func(path string) bool { return ownedBy(path, a.uid()) }) {
			return a, nil
		}
	}
	if len(all) == 0 {
		return account{}, errors.New("PostgreSQL refuses to run as root, and this machine has no account postgres, _postgres or nobody: run this as a user other than root")
	}
	return all[0], nil
}

// isOther reports whether the account differs from the caller's.
func (a account) isOther() bool { return a.credential != nil }

func (a account) uid() int {
	if a.isOther() {
		return int(a.credential.Uid)
	}
	return os.Geteuid()
}

func (a account) chown(path string) error {
	if !a.isOther() {
		return nil
	}
	return os.Lchown(path, int(a.credential.Uid), int(a.credential.Gid))
}

// command prepares a program. It runs in its own session, so that Ctrl-C in the terminal reaches only the caller, and in a folder that
// every account can enter. Its environment has no variables that would select another server or another language.
func (a account) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = "/"
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "PG") && !strings.HasPrefix(v, "LC_") && !strings.HasPrefix(v, "LANG") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: a.credential}
	return cmd
}

// output runs a program and returns its output. When ctx ends, the program gets SIGTERM; initdb then removes its files.
func (a account) output(ctx context.Context, program string, args ...string) ([]byte, error) {
	cmd := a.command(program, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) })
	defer stop()
	err := cmd.Wait()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return out.Bytes(), err
}

// canEnter tries whether the account can enter a folder.
func (a account) canEnter(dir string) bool {
	if !a.isOther() {
		return true
	}
	cmd := a.command("/bin/sh", "-c", ":")
	cmd.Dir = dir
	return cmd.Run() == nil
}

// signal sends a signal as the account. The process number comes from a file that the account can write, and a signal from root would
// reach any process.
func (a account) signal(pid int, name string) error {
	return a.command("/bin/sh", "-c", `kill -s "$0" "$1"`, name, strconv.Itoa(pid)).Run()
}

// alive reports whether a process with this number exists.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// commandLine returns a process's command line from /proc, or from ps where there is no /proc, as on macOS. It is empty for a zombie.
func commandLine(pid int) []byte {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		b, _ = exec.Command("ps", "-ww", "-o", "args=", "-p", strconv.Itoa(pid)).Output()
	}
	return b
}

// abort stops the child at once and waits for its end.
func (c *child) abort() {
	_ = c.process.Signal(syscall.SIGQUIT)
	<-c.exited
}

// ownedBy reports whether path is a folder that the user owns. A link to a folder does not count.
func ownedBy(path string, uid int) bool {
	fi, err := os.Lstat(path)
	if err != nil || !fi.IsDir() {
		return false
	}
	stat, ok := fi.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == uid
}

// openFile opens or creates a private file. It does not follow a link.
func openFile(path string, flags int) (*os.File, error) {
	f, err := os.OpenFile(path, flags|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening a file of the database server: %w", err)
	}
	return f, nil
}

// cacheParent returns the parent folder for caches: the user's, or the system's for root.
func cacheParent(root bool) (string, error) {
	switch {
	case !root:
		return os.UserCacheDir()
	case runtime.GOOS == "darwin":
		return filepath.FromSlash("/Library/Caches"), nil
	default:
		return "/var/cache", nil
	}
}
