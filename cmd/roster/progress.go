package main

import (
	"fmt"
	"strings"
	"time"
)

const (
	progressInterval = 200 * time.Millisecond
	progressWidth    = 30 // in characters
)

// progress shows how far long work is, in one line of the terminal that it writes
// again and again. Where nobody sits at a terminal it writes nothing.
type progress struct {
	console
	unit           string // of what is counted, such as "rows"
	total          int64  // 0 if it is not known
	started, shown time.Time
}

// progress begins to show the progress of work on so many units.
func (c console) progress(unit string, total int64) *progress {
	return &progress{console: c, unit: unit, total: total, started: c.now()}
}

// set shows that so many units are done, five times a second at most.
func (p *progress) set(done int64) {
	now := p.now()
	if !p.interactive || now.Sub(p.shown) < progressInterval {
		return
	}
	p.shown = now
	fmt.Fprintf(p.err, "\r%s\x1b[K", p.fit(p.line(done, now)))
}

// end removes the line, so that the result stands alone.
func (p *progress) end() {
	if p.interactive && !p.shown.IsZero() {
		fmt.Fprint(p.err, "\r\x1b[K")
	}
}

// fit shortens a line for a narrow terminal. One that goes on in the next row is not
// overwritten by the next, so the screen would fill. The bar goes first.
func (p *progress) fit(line string) string {
	if p.width == nil {
		return line
	}
	columns := p.width()
	if columns <= 0 || len(line) < columns {
		return line
	}
	if _, counts, hasBar := strings.Cut(line, "] "); hasBar {
		line = counts
	}
	return line[:min(len(line), columns-1)]
}

func (p *progress) line(done int64, now time.Time) string {
	rate := ""
	if took := now.Sub(p.started); took > 0 {
		rate = fmt.Sprintf(", %d a second", int64(float64(done)/took.Seconds()))
	}
	if p.total <= 0 {
		return fmt.Sprintf("%d %s%s", done, p.unit, rate)
	}
	full := min(int(done*progressWidth/p.total), progressWidth)
	bar := strings.Repeat("#", full) + strings.Repeat(".", progressWidth-full)
	return fmt.Sprintf("[%s] %d of %d %s%s", bar, done, p.total, p.unit, rate)
}
