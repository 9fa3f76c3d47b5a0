package directory

import (
	"context"
	"errors"
)

// LogWriter writes lines of an audit log. See LogLine.
type LogWriter interface {
	// WriteLogLines returns ErrLogInUse if the database has a log of its own. Lines
	// that are there already stay.
	WriteLogLines(ctx context.Context, lines []LogLine) error
}

// ErrLogInUse means that the database has an audit log that is not the file's.
var ErrLogInUse = errors.New("the database has an audit log of its own")

var errDryRun = errors.New("this is a dry run")

// storeLog stores lines of the audit log, unless the database has another log.
func (i *importing) storeLog(ctx context.Context, lines []LogLine) error {
	if len(lines) > 0 && !i.skipsLog {
		err := i.writeLog(ctx, lines)
		if i.skipsLog = errors.Is(err, ErrLogInUse); err != nil && !i.skipsLog {
			return err
		}
	}
	if i.skipsLog {
		i.report.AuditLinesSkipped += len(lines)
	} else {
		i.report.AuditLines += len(lines)
	}
	return nil
}

// writeLog writes the lines. A dry run writes only the heads, to see whether the
// database refuses them, and rolls that back.
func (i *importing) writeLog(ctx context.Context, lines []LogLine) error {
	if i.options.DryRun {
		lines = headsOf(lines)
	}
	if len(lines) == 0 {
		return nil
	}
	err := i.db.ImportBatch(ctx, i.durable, func(tx ImportTx) error {
		if err := tx.WriteLogLines(ctx, lines); err != nil || !i.options.DryRun {
			return err
		}
		return errDryRun
	})
	if errors.Is(err, errDryRun) {
		return nil
	}
	return err
}

func headsOf(lines []LogLine) (heads []LogLine) {
	for _, l := range lines {
		if l.Type == TypeAuditHead {
			heads = append(heads, l)
		}
	}
	return heads
}
