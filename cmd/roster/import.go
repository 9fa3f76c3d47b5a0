package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"roster/shared/boot/importing"
	"roster/shared/directory"
	"roster/shared/directory/convert"
)

const importExample = `  roster import users.jsonl
  DATABASE_URL=postgres://owner@… roster import users.jsonl --apply --policy update
  zcat users.jsonl.gz | roster import - --apply --refused refused.jsonl
  roster import --format auth0 users.json.gz --hashes hashes.json`

const importHelp = `Import accounts from a file of JSON Lines, one account a line, into a database.
docs/import.md describes the format. With - for the FILE it reads its input.

Without --apply nothing is written: the report says what would happen. An account
that exists and is as the line says stays as it is, so the same file may be imported
again, also after a run that was killed. --policy says what happens to an account that
differs: skip leaves it, update changes it, fail stops the import.

With --format the FILE is another system's export, which may be compressed with gzip.
docs/move-from-others.md says how to make it, and what becomes of it.

A line that breaks the rules, or that another account is in the way of, is refused, and
the others are imported (with --policy fail, another account in the way stops the
import, too). The report lists the first 100 refused lines, --refused writes the
report of all to a file. The exit code is 1 if any was refused.

A line that has an id keeps it. That needs a DATABASE_URL for the role that owns the
tables. Give the SECURITY_PASSWORD_SALT of the functions, if they have one.`

// importRequest is what the flags of an import say.
type importRequest struct {
	apply   bool
	policy  string
	refused string // file for the refused lines

	format, hashes string // of another system's export
}

func importCommand(p *program) *cobra.Command {
	var r importRequest
	c := &cobra.Command{
		Use: "import FILE", Short: "Import accounts from a file of JSON Lines", Long: importHelp, Example: importExample, Args: arguments("file"),
		RunE: func(c *cobra.Command, args []string) error {
			if r.format != "" {
				return p.importExport(c.Context(), r, args[0])
			}
			in, lines, err := p.openLines(args[0])
			if err != nil {
				return err
			}
			defer in.Close()
			return p.importRows(c.Context(), r, directory.Lines(in, 0), lines)
		},
	}
	r.addFlags(c)
	c.Flags().StringVar(&r.format, "format", "", "the `system` that exported the file: "+strings.Join(convert.Formats(), ", ")+"; default: JSON Lines of Roster")
	completeValues(c, "format", convert.Formats()...)
	c.Flags().StringVar(&r.hashes, "hashes", "", "`file` of the password hashes, which Auth0 exports apart")
	c.AddCommand(importFlaskCommand(p))
	return c
}

func (r *importRequest) addFlags(c *cobra.Command) {
	c.Flags().BoolVar(&r.apply, "apply", false, "write to the database; without it the run only reports")
	c.Flags().StringVar(&r.policy, "policy", string(directory.PolicySkip), "`policy` for an account that differs: skip, update or fail")
	completeValues(c, "policy", string(directory.PolicySkip), string(directory.PolicyUpdate), string(directory.PolicyFail))
	c.Flags().StringVar(&r.refused, "refused", "", "`file` to write the number and the reasons of each refused line to, as JSON Lines")
}

// importRows imports a source and prints the report. Rows is how many rows the
// source has, 0 if that is not known.
func (p *program) importRows(ctx context.Context, r importRequest, source directory.Source, rows int64) error {
	report, err := p.runImport(ctx, r, source, rows, func(directory.Refusal) {})
	if err != nil {
		return err
	}
	if err := p.print(report, func(out io.Writer) error { return printImported(out, report) }); err != nil {
		return err
	}
	return anyRefused(report)
}

func anyRefused(report directory.Report) error {
	if report.Refused > 0 {
		return fmt.Errorf("%d of %d rows were refused; the report says why. Repair them where they come from, and run the command again",
			report.Refused, report.Rows)
	}
	return nil
}

// runImport imports a source and shows the progress.
func (p *program) runImport(
	ctx context.Context, r importRequest, source directory.Source, rows int64, tell func(directory.Refusal),
) (report directory.Report, err error) {
	o := directory.Options{Policy: directory.Policy(r.policy), DryRun: !r.apply, Now: p.now()}
	if bad := o.Check(); len(bad) > 0 {
		return report, usageError{"--" + bad.String()}
	}
	env, err := p.settings()
	if err != nil {
		return report, err
	}
	db, parts := env.Postgres(), importing.Parts(env)
	if err := env.Check(); err != nil {
		return report, err
	}
	defer db.Close()
	if r.apply {
		p.warnWithoutMAC(env)
	}
	refused, err := newRefusedFile(r.refused)
	if err != nil {
		return report, err
	}
	bar := p.progress("rows", rows)
	o.Progress = func(report directory.Report) { bar.set(int64(report.Rows)) }
	o.Refused = func(r directory.Refusal) {
		refused.write(r)
		tell(r)
	}
	report, err = directory.Import(ctx, db, parts, source, o)
	bar.end()
	if err := errors.Join(err, refused.close()); err != nil {
		if report.Rows > 0 && r.apply {
			err = advisedError{err, fmt.Sprintf("what is stored stays (%s); run the command again to go on", summary(report))}
		}
		return report, err
	}
	return report, nil
}

// refusedFile is the file of refused rows. The zero value writes nothing.
type refusedFile struct {
	file *os.File
	err  error
}

func newRefusedFile(name string) (*refusedFile, error) {
	if name == "" {
		return &refusedFile{}, nil
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // #nosec G304 -- the operator names the file
	return &refusedFile{file: file}, err
}

func (f *refusedFile) write(r directory.Refusal) {
	if f.file != nil && f.err == nil {
		f.err = json.NewEncoder(f.file).Encode(r)
	}
}

func (f *refusedFile) close() error {
	if f.file == nil {
		return nil
	}
	return errors.Join(f.err, f.file.Close())
}
