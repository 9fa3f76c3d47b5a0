package main

import (
	"context"
	"fmt"
	"io"

	"roster/shared/directory"
	"roster/shared/directory/convert"
	"roster/shared/user"
)

// importExport imports the export of another system.
func (p *program) importExport(ctx context.Context, r importRequest, name string) error {
	if name == "-" {
		return usageError{"--format needs a file and not the input, because it is read twice"}
	}
	in := convert.Input{Open: convert.File(name), Rules: user.Rules{}, Now: p.now()}
	if r.hashes != "" {
		in.Hashes = convert.File(r.hashes)
	}
	source, err := convert.Source(r.format, in)
	if err != nil {
		return usageError{err.Error()}
	}
	without := 0
	report, err := p.runImport(ctx, r, countingWithoutPassword(source, &without), 0, func(directory.Refusal) {})
	if err != nil {
		return err
	}
	if report.Rows == 0 {
		return fmt.Errorf("%s has no account in the form of %s; check --format, and docs/move-from-others.md for what to export", name, r.format)
	}
	result := convertedReport{report, without}
	if err := p.print(result, result.text); err != nil {
		return err
	}
	return anyRefused(report)
}

// convertedReport adds to the report how many accounts have no password.
type convertedReport struct {
	directory.Report
	WithoutPassword int `json:"without_password"`
}

func (r convertedReport) text(out io.Writer) error {
	if err := printImported(out, r.Report); err != nil || r.WithoutPassword == 0 {
		return err
	}
	_, err := fmt.Fprintf(out, "%d accounts have no password: their users ask for a mail to set one, at /forgot_password.\n", r.WithoutPassword)
	return err
}

// countingWithoutPassword counts the rows without a password as they are read.
func countingWithoutPassword(source directory.Source, n *int) directory.Source {
	return func(yield func(directory.Row, error) bool) {
		for row, err := range source {
			if err == nil && row.Record.PasswordHash == "" {
				*n++
			}
			if !yield(row, err) {
				return
			}
		}
	}
}
