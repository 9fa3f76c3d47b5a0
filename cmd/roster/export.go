package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"roster/shared/directory"
)

const exportExample = `  DATABASE_URL=postgres://owner@… roster export roster.jsonl
  roster export - | gzip > roster.jsonl.gz`

const exportHelp = `Export all accounts and the audit log of a database, as roster import reads them: one
JSON object a line, all of one moment. With - for the FILE it writes to its output.

The file has the password hashes and all personal data. It is made for its owner
alone; keep it like a backup. Sessions, devices, mailed links and counters are not in
it: docs/import.md says what that means for a move.

It refuses to replace a file.`

func exportCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "export FILE", Short: "Export all accounts and the audit log", Long: exportHelp, Example: exportExample, Args: arguments("file"),
		RunE: func(c *cobra.Command, args []string) error { return p.export(c.Context(), args[0]) },
	}
}

func (p *program) export(ctx context.Context, name string) error {
	env, err := p.settings()
	if err != nil {
		return err
	}
	db := env.Postgres()
	if err := env.Check(); err != nil {
		return err
	}
	defer db.Close()
	if name == "-" {
		_, err := p.exportTo(ctx, db, p.out)
		return err
	}
	// The file gets its name when it is whole. What a killed export has left is
	// removed first, because it may be readable for others.
	part := name + ".part"
	if _, err := os.Lstat(name); err == nil {
		return usageError{fmt.Sprintf("%s exists; give another name, or remove it", name)}
	}
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- the operator names the file
	if err != nil {
		return err
	}
	defer os.Remove(part)
	n, err := p.exportTo(ctx, db, file)
	if err == nil {
		err = file.Sync()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		return advisedError{err, "the export is not complete, and there is no file " + name}
	}
	return p.print(n, func(out io.Writer) error {
		_, err := fmt.Fprintf(out, "%d accounts and %d entries of the audit log are in %s\n", n.Accounts, n.Entries, name)
		return err
	})
}

func (p *program) exportTo(ctx context.Context, db directory.Exporter, out io.Writer) (directory.Exported, error) {
	bar := p.progress("rows", 0)
	defer bar.end()
	return directory.Export(ctx, db, out, func(n directory.Exported) { bar.set(int64(n.Accounts + n.Entries)) })
}
