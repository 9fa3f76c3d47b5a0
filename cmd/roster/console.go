package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// console is where a command reads and writes. Results go to out. Questions,
// progress and errors go to err, so that a pipe gets only results.
type console struct {
	in       io.Reader
	out, err io.Writer
	// interactive says that a person sits there: questions can be asked, and
	// progress is shown.
	interactive bool
	// width returns how many characters a line of the terminal has that err goes to,
	// and outWidth that of out. 0 is for no terminal; nil is the same.
	width, outWidth func() int
	// hidden asks a question and reads a line that the terminal does not show.
	hidden func(err io.Writer, question string) (string, error)
	now    func() time.Time
}

// thisConsole is the console of the process.
func thisConsole() console {
	in := int(os.Stdin.Fd()) // #nosec G115 -- a file descriptor is a small number
	return console{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, now: time.Now,
		interactive: term.IsTerminal(in) && term.IsTerminal(int(os.Stderr.Fd())), // #nosec G115 -- as above
		width:       widthOf(os.Stderr), outWidth: widthOf(os.Stdout),
		hidden: func(err io.Writer, question string) (string, error) { return readHidden(in, err, question) },
	}
}

func widthOf(terminal *os.File) func() int {
	return func() int {
		columns, _, err := term.GetSize(int(terminal.Fd())) // #nosec G115 -- a file descriptor is a small number
		if err != nil {
			return 0
		}
		return columns
	}
}

// isNarrow reports whether the results go to a terminal that has too few columns for a
// wide table, such as that of a phone.
func (c console) isNarrow() bool {
	const tableWidth = 100
	if c.outWidth == nil {
		return false
	}
	columns := c.outWidth()
	return columns > 0 && columns < tableWidth
}

// readHidden turns the echo off before it asks, so that what is typed or pasted early
// is not shown either.
func readHidden(in int, out io.Writer, question string) (text string, err error) {
	state, err := term.MakeRaw(in)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, term.Restore(in, state)) }()
	text, err = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{os.Stdin, out}, "").ReadPassword(question)
	if errors.Is(err, io.EOF) { // Ctrl-C or Ctrl-D
		return "", errors.New("no password was given; nothing was done")
	}
	return text, err
}

// confirm asks whether to go on, and returns an error unless the answer is yes.
// With yes, which is the flag --yes, it does not ask. Where nobody can answer, it
// refuses.
func (c console) confirm(yes bool, question string) error {
	if yes {
		return nil
	}
	if !c.interactive {
		return usageError{"this cannot be undone, and there is no terminal to ask on; give --yes to do it"}
	}
	fmt.Fprintf(c.err, "%s [y/N] ", question)
	line, err := bufio.NewReader(c.in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if answer := strings.ToLower(strings.TrimSpace(line)); answer != "y" && answer != "yes" {
		return errors.New("nothing was done, because the answer was not yes")
	}
	return nil
}
