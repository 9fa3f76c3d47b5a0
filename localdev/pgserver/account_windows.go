package pgserver

import (
	"context"
	"errors"
	"os"
	"os/exec"
)

// On Windows there is no private server: unprivileged refuses, so that nothing below is ever called.
var errWindows = errors.New("the database server that Roster starts itself does not run on Windows: use WSL, or set DATABASE_URL to a server that runs")

type account struct{}

func unprivileged(...string) (account, error) { return account{}, errWindows }

func (account) other() bool              { return false }
func (account) uid() int                 { return -1 }
func (account) own(string) error         { return errWindows }
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
