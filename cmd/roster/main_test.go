package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"roster/localdev/postgrestest"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // what is logged is no part of a result
	os.Exit(postgrestest.Main(m))
}

// result is what a person sees of a run.
type result struct {
	out, err string
	code     int
}

// terminal is a console at which a person types the answers. Without an answer
// nobody sits there.
func terminal(answers ...string) console {
	next := func() string {
		if len(answers) == 0 {
			return ""
		}
		answer := answers[0]
		answers = answers[1:]
		return answer
	}
	return console{
		in: strings.NewReader(strings.Join(answers, "\n") + "\n"), interactive: len(answers) > 0,
		hidden: func(err io.Writer, question string) (string, error) {
			fmt.Fprintln(err, question)
			return next(), nil
		},
		now: time.Now,
	}
}

// at runs a command at a console, with only these variables.
func at(t *testing.T, c console, environ map[string]string, args ...string) result {
	t.Helper()
	var out, err bytes.Buffer
	c.out, c.err = &out, &err
	code := run(t.Context(), args, c, environ)
	return result{out.String(), err.String(), code}
}

// command runs a command where nobody sits at a terminal.
func command(t *testing.T, environ map[string]string, args ...string) result {
	t.Helper()
	return at(t, terminal(), environ, args...)
}

// fails checks that a run failed with this code, said why in one line, and had no
// result.
func (r result) fails(t *testing.T, code int, want string) {
	t.Helper()
	if r.code != code || r.out != "" || !strings.HasPrefix(r.err, "roster: "+want) || strings.Count(r.err, "\n") != 1 {
		t.Errorf("exit code %d, out %q, err %q\nwant exit code %d and the error %q", r.code, r.out, r.err, code, "roster: "+want)
	}
}
