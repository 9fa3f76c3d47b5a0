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

// account runs PostgreSQL's programs. Its zero value is the caller's own account; as root it is an unprivileged one.
type account struct {
	credential *syscall.Credential
}

// unprivileged returns the account to run PostgreSQL under: the owner of one of the folders, where there is one, else the first
// account that the machine has. A package that is installed later may bring an account, and must not lock us out of our data.
// initdb looks the account's number up, so it must be in the password file.
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
		return account{}, errors.New("PostgreSQL refuses to run as root, and this machine has no account postgres, _postgres or nobody: run this as another user")
	}
	return all[0], nil
}

// isOther reports whether the account is another than the caller's.
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

// command prepares a program in a session of its own, so that Ctrl-C in the terminal reaches the caller alone, and in a folder
// that every account can enter. Nothing of the environment can point it to another server, or make it speak another language.
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

// output runs a program and returns all that it prints. When ctx ends, the program is asked to end (initdb then removes what it
// made).
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

// canEnter reports whether the account can enter a folder, by trying.
func (a account) canEnter(dir string) bool {
	if !a.isOther() {
		return true
	}
	cmd := a.command("/bin/sh", "-c", ":")
	cmd.Dir = dir
	return cmd.Run() == nil
}

// signal sends a signal to a process of the account, as that account: the number comes from a file that the account can write
// to, and root's signal would reach any process.
func (a account) signal(pid int, name string) error {
	return a.command("/bin/sh", "-c", `kill -s "$0" "$1"`, name, strconv.Itoa(pid)).Run()
}

// alive reports whether there is such a process.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// commandLine returns a process's command line, from /proc or, as on macOS, from ps. A zombie has none.
func commandLine(pid int) []byte {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		b, _ = exec.Command("ps", "-ww", "-o", "args=", "-p", strconv.Itoa(pid)).Output()
	}
	return b
}

// abort ends the child at once and waits for it.
func (c *child) abort() {
	_ = c.process.Signal(syscall.SIGQUIT)
	<-c.exited
}

// ownedBy reports whether path is a folder, not a link to one, of a user's.
func ownedBy(path string, uid int) bool {
	fi, err := os.Lstat(path)
	if err != nil || !fi.IsDir() {
		return false
	}
	stat, ok := fi.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == uid
}

// openFile opens or makes a private file, and follows no link there.
func openFile(path string, flags int) (*os.File, error) {
	f, err := os.OpenFile(path, flags|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening a file of the database server: %w", err)
	}
	return f, nil
}

// cacheParent returns the folder of caches: the user's, or for root the system's.
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
