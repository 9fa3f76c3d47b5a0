package directory

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"time"
)

// Exporter reads accounts in bulk.
type Exporter interface {
	// Snapshot runs f in one transaction, which sees the database as it is at its
	// beginning.
	Snapshot(ctx context.Context, f func(Snapshot) error) error
}

// Snapshot gives one row after the other. An error of f ends it.
type Snapshot interface {
	Accounts(ctx context.Context, f func(Account) error) error
	LogHeads(ctx context.Context, f func(LogLine) error) error
	LogEntries(ctx context.Context, f func(LogLine) error) error
}

// Exported counts the lines of an export.
type Exported struct {
	Accounts int `json:"accounts"`
	Entries  int `json:"audit_entries"`
}

// Export writes everything that Import can read: all accounts with their password
// hashes, and the audit log with its chains. What is short-lived is left out:
// sessions, devices, reset tokens and counters.
//
// The export shows one moment, and keeps one line at a time in memory. Progress, which
// may be nil, is called for each thousandth line.
func Export(ctx context.Context, db Exporter, w io.Writer, progress func(Exported)) (n Exported, err error) {
	out := bufio.NewWriterSize(w, 64<<10)
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	step := func(count *int) {
		if *count++; progress != nil && *count%1000 == 0 {
			progress(n)
		}
	}
	err = db.Snapshot(ctx, func(s Snapshot) error {
		// The heads come first, so that what an import records follows them.
		if err := s.LogHeads(ctx, func(l LogLine) error { return e.Encode(l) }); err != nil {
			return err
		}
		if err := s.Accounts(ctx, func(a Account) error { step(&n.Accounts); return e.Encode(a.record()) }); err != nil {
			return err
		}
		return s.LogEntries(ctx, func(l LogLine) error {
			step(&n.Entries)
			at := l.At.UTC()
			l.At = &at
			return e.Encode(l)
		})
	})
	if err == nil {
		err = out.Flush()
	}
	return n, err
}

// record returns the account as a line has it, with every member that it has.
func (a Account) record() Record {
	utc := func(t *time.Time) *time.Time {
		if t == nil {
			return nil
		}
		in := t.UTC()
		return &in
	}
	return Record{
		Type: TypeUser, ID: &a.ID, UUID: a.UUID, Username: a.Username, FirstName: a.FirstName, LastName: a.LastName, Email: a.Email, EmailStatus: a.EmailStatus,
		Role: a.Role, Active: &a.Active, PasswordHash: a.PasswordHash, TokenVersion: &a.TokenVersion, ResetVersion: &a.ResetVersion,
		CreatedAt: utc(&a.CreatedAt), UpdatedAt: utc(&a.UpdatedAt), LastLoginAt: utc(a.LastLoginAt), PasswordChangedAt: utc(a.PasswordChangedAt),
		Metadata: json.RawMessage(a.Metadata), AppMetadata: json.RawMessage(a.AppMetadata),
	}
}
