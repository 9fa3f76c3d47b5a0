package main

import (
	"bytes"
	"log/slog"
	"testing"
)

func TestWarningsAreSentences(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(warnings{out: &out}).With("role", "owner")
	log.Info("nothing to do")
	log.Warn("the database refused a connection", "reason", "28P01")
	log.Warn("the role can alter the audit log", "as", "superuser")
	slog.New(warnings{out: &out}).Warn("two\nlines")
	const want = "roster: warning: the role can alter the audit log (role owner, as superuser)\nroster: warning: two\ufffdlines\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}
