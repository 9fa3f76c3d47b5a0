// Command roster administers Roster from a terminal:
//
//	roster user list --role ADMIN --url https://accounts.example.com
//	DATABASE_URL=postgres://… roster audit verify
//
// Each command works on a database, on a deployed Roster over HTTP, or on either;
// docs/command-line.md says which. The package only reads flags and prints: what a
// command does is in the packages that the functions use too.
//
// It refuses to print a password, a token or a key. It asks a person before it deletes
// an account, prunes the audit log, ends all sessions or replaces all keys.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"roster/shared/boot/settings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A person reads results and errors, so the log shows only warnings and errors.
	slog.SetDefault(slog.New(warnings{out: os.Stderr}))
	os.Exit(run(ctx, os.Args[1:], thisConsole(), settings.Environ()))
}
