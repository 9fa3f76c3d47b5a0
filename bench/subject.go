package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// subject is a running server that is measured.
type subject struct {
	name       string // "roster", "limit"
	url        string
	pid        int
	postmaster int
	stop       func()
}

// usage is how long the server and PostgreSQL have run on a processor.
type usage struct{ server, database time.Duration }

func (s *subject) used() (u usage, err error) {
	if u.server, err = processCPU(s.pid); err != nil {
		return u, err
	}
	u.database, err = serverCPU(s.postmaster)
	return u, err
}

const startTimeout = time.Minute

// startSubject starts a program and waits until a line of its output has its
// address.
func startSubject(ctx context.Context, name string, postmaster int, environment map[string]string, command ...string) (*subject, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) // #nosec G204 -- our own programs
	cmd.Env = os.Environ()
	for name, value := range environment {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	output, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	var stderr strings.Builder
	cmd.Stdout, cmd.Stderr = w, w
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	w.Close()
	s := &subject{name: name, pid: cmd.Process.Pid, postmaster: postmaster}
	s.stop = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
	found := make(chan string, 1)
	go findAddress(output, found, &stderr)
	select {
	case url, ok := <-found:
		if !ok {
			return nil, fmt.Errorf("%s has ended: %w\n%s", name, cmd.Wait(), stderr.String())
		}
		s.url = url
		return s, nil
	case <-time.After(startTimeout):
		s.stop()
		return nil, errors.New(name + " did not start within a minute")
	}
}

// addressForm finds the API's address in localdev's banner and in limit's line.
var addressForm = regexp.MustCompile(`(?m)^(?:  API +)?(http://\S+)$`)

// findAddress sends the first address, and reads on so that the program never has
// to wait for a reader.
func findAddress(output io.Reader, found chan<- string, before *strings.Builder) {
	defer close(found)
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if m := addressForm.FindStringSubmatch(lines.Text()); m != nil {
			found <- m[1]
			_, _ = io.Copy(io.Discard, output) // until the program ends
			return
		}
		before.WriteString(lines.Text() + "\n")
	}
}
