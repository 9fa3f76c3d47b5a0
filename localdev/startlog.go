package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"sync"
)

// startLog holds the log until the banner is printed, so that nothing stands
// between a start and the banner. Meanwhile it leaves out what is no warning: the
// banner says what a start has done.
type startLog struct {
	slog.Handler
	held *heldWriter
}

func newStartLog(out io.Writer) startLog {
	held := &heldWriter{out: out, holds: true}
	return startLog{slog.NewTextHandler(held, nil), held}
}

func (l startLog) Enabled(ctx context.Context, level slog.Level) bool {
	return l.Handler.Enabled(ctx, level) && (level >= slog.LevelWarn || !l.held.isHolding())
}

// release writes what was held, and from now on everything at once.
func (l startLog) release() { l.held.release() }

type heldWriter struct {
	mu    sync.Mutex
	out   io.Writer
	holds bool
	text  bytes.Buffer
}

func (w *heldWriter) isHolding() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.holds
}

func (w *heldWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.holds {
		return w.text.Write(p)
	}
	return w.out.Write(p)
}

func (w *heldWriter) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holds = false
	_, _ = w.text.WriteTo(w.out)
}
