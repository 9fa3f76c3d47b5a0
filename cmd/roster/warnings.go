package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// warnings prints what the packages log as sentences for a person. It leaves out the
// line about a refused connection, which is for an alarm of the functions: here the
// command's own error follows.
type warnings struct {
	out   io.Writer
	attrs []slog.Attr
}

func (w warnings) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

func (w warnings) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "the database refused a connection" {
		return nil
	}
	var details []string
	add := func(a slog.Attr) bool {
		details = append(details, a.Key+" "+a.Value.String())
		return true
	}
	for _, a := range w.attrs {
		add(a)
	}
	r.Attrs(add)
	line := r.Message
	if len(details) > 0 {
		line += " (" + strings.Join(details, ", ") + ")"
	}
	_, err := fmt.Fprintln(w.out, "roster: warning: "+printable(line))
	return err
}

func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	w.attrs = append(w.attrs[:len(w.attrs):len(w.attrs)], attrs...)
	return w
}

func (w warnings) WithGroup(string) slog.Handler { return w } // a person needs no prefix
