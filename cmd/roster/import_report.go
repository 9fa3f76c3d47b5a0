package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"roster/shared/directory"
)

// openLines opens a file, or the input for -, and counts the lines for the bar.
func (p *program) openLines(name string) (in io.ReadCloser, lines int64, err error) {
	if name == "-" {
		return io.NopCloser(p.in), 0, nil
	}
	file, err := os.Open(name) // #nosec G304 -- the operator names the file
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || !p.interactive {
		return file, 0, err
	}
	lines, err = countLines(file)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	return file, lines, err
}

func countLines(r io.Reader) (n int64, err error) {
	buffer := make([]byte, 256<<10)
	for {
		read, err := r.Read(buffer)
		n += int64(bytes.Count(buffer[:read], []byte("\n")))
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

func summary(r directory.Report) string {
	return fmt.Sprintf("created %d, updated %d, unchanged %d, skipped %d, refused %d", r.Created, r.Updated, r.Unchanged, r.Skipped, r.Refused)
}

// printImported prints a report for a person.
func printImported(out io.Writer, r directory.Report) error {
	t := newTable(out)
	for _, row := range []struct {
		name  string
		count int
	}{
		{"rows read", r.Rows},
		{"created", r.Created},
		{"updated", r.Updated},
		{"unchanged", r.Unchanged},
		{"skipped, as they differ", r.Skipped},
		{"refused", r.Refused},
		{"lines of the audit log", r.AuditLines},
		{"lines of the audit log skipped, as the database has its own", r.AuditLinesSkipped},
	} {
		if row.count > 0 || row.name == "rows read" || row.name == "created" {
			fmt.Fprintf(t, "%s\t%d\n", row.name, row.count)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, refused := range r.Refusals {
		fmt.Fprintf(out, "row %d", refused.Row)
		if refused.Username != "" {
			fmt.Fprintf(out, " (%s)", printable(refused.Username))
		}
		fmt.Fprintf(out, ": %s", printable(refused.Fields.String()))
		if refused.Proposed != "" {
			fmt.Fprintf(out, "; a username could be %s", refused.Proposed)
		}
		fmt.Fprintln(out)
	}
	if more := r.Refused - len(r.Refusals); more > 0 {
		fmt.Fprintf(out, "and %d more; --refused writes all to a file\n", more)
	}
	if r.DryRun {
		_, err := fmt.Fprintln(out, "This was a dry run, and nothing was written. --apply imports.")
		return err
	}
	return nil
}
