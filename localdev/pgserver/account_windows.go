package pgserver

import (
	"context"
	"errors"
	"os"
	"os/exec"
)

// Windows is not supported: unprivileged returns this error, so the other functions of this file are never called.
var errWindows = errors.New("the database server that Roster starts itself does not run on Windows: use WSL, or set DATABASE_URL to a running server")

type account struct{}

func unprivileged(...string) (account, error) { return account{}, errWindows }

func (account) isOther() bool            { return false }
func (account) uid() int                 { return -1 }
func (account) chown(string) error       { return errWindows }
func (account) canEnter(string) bool     { return false }
func (account) signal(int, string) error { return errWindows }
func (account) command(program string, args ...string) *exec.Cmd {
	return exec.Command(program, args...)
}

func (account) output(context.Context, string, ...string) ([]byte, error) { return nil, errWindows }
func (c *child) abort()                                                   {}

func alive(int) bool                         { return false }
func commandLine(int) []byte                 { return nil }
func ownedBy(string, int) bool               { return false }
func openFile(string, int) (*os.File, error) { return nil, errWindows }

func cacheParent(bool) (string, error) { return "", errWindows }
