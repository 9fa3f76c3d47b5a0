package main

import (
	"bytes"
	"testing"
	"time"
)

func TestProgressIsShownOnATerminalOnly(t *testing.T) {
	t.Parallel()
	for _, interactive := range []bool{true, false} {
		for total, want := range map[int64]string{
			200: "\r[#######.......................] 50 of 200 rows, 25 a second\x1b[K\r\x1b[K",
			0:   "\r50 rows, 25 a second\x1b[K\r\x1b[K",
		} {
			now := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
			var err bytes.Buffer
			bar := console{err: &err, interactive: interactive, now: func() time.Time { return now }}.progress("rows", total)
			now = now.Add(2 * time.Second)
			bar.set(50)
			now = now.Add(progressInterval / 2)
			bar.set(60) // too soon after the last time
			bar.end()
			if !interactive {
				want = ""
			}
			if err.String() != want {
				t.Errorf("%d, interactive %v: %q, want %q", total, interactive, err.String(), want)
			}
		}
	}
}

// A line that is longer than the terminal is wide would stay, and the next begin below
// it.
func TestProgressFitsANarrowTerminal(t *testing.T) {
	t.Parallel()
	for columns, want := range map[int]string{
		0:  "[#######.......................] 50 of 200 rows, 25 a second",
		80: "[#######.......................] 50 of 200 rows, 25 a second",
		40: "50 of 200 rows, 25 a second",
		20: "50 of 200 rows, 25 ",
	} {
		now := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
		var err bytes.Buffer
		c := console{err: &err, interactive: true, now: func() time.Time { return now }, width: func() int { return columns }}
		bar := c.progress("rows", 200)
		now = now.Add(2 * time.Second)
		bar.set(50)
		if got := err.String(); got != "\r"+want+"\x1b[K" {
			t.Errorf("%d columns: %q, want %q", columns, got, want)
		}
	}
}

func TestNothingIsConfirmedWithoutAYes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at   console
		yes  bool
		want string // the error
	}{
		"yes":         {terminal("yes"), false, ""},
		"y":           {terminal("Y"), false, ""},
		"no":          {terminal("no"), false, "nothing was done, because the answer was not yes"},
		"an empty":    {terminal(" "), false, "nothing was done, because the answer was not yes"},
		"the flag":    {terminal(), true, ""},
		"no terminal": {terminal(), false, "this cannot be undone, and there is no terminal to ask on; give --yes to do it"},
	} {
		var shown bytes.Buffer
		c.at.err = &shown
		got := ""
		if err := c.at.confirm(c.yes, "Delete ann?"); err != nil {
			got = err.Error()
		}
		if asked := shown.String() == "Delete ann? [y/N] "; got != c.want || asked != c.at.interactive {
			t.Errorf("%s: %q, asked %q, want %q", name, got, shown.String(), c.want)
		}
	}
}
