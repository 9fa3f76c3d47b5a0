// Package seed migrates the schema, creates the admin's account if it is missing,
// and deletes expired rows:
//
//	report, err := seed.NewJob(db, parts)(ctx, seed.Request{})
//
// A deployment runs it twice, as custom resources of the stack: first for the
// schema alone, so that it is up to date before new code uses it, and again when
// the API has its address, so that the admin's link leads somewhere. It also runs
// on a schedule and by hand. Each run does only what is missing. By hand it also
// ends all sessions, when it is asked to. Where a retention is configured, it removes
// old events from the audit log, and erases deleted accounts from it.
//
// It refuses to undo anything: it reverts no migration and resets no password,
// and it deletes no data when the stack is deleted.
package seed

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"roster/shared/audit"
	"roster/shared/user"
)

// Report says what a run did.
type Report struct {
	Migrations []string    `json:"migrations"` // applied by this run
	Admin      user.Seeded `json:"admin"`
	Removed    user.Purged `json:"removed"` // expired rows
	// Audit is what was removed from the audit log, where that is configured.
	Audit *audit.Purged `json:"audit,omitempty"`
	// Ended is what ended because the run was asked to end all sessions.
	Ended *user.AllEnded `json:"ended,omitempty"`
}

// Store is what the job needs of the database.
type Store interface {
	user.Seeder
	user.Purger
	user.AllSessionsEnder
	// AuditHeads returns the ends of the audit log's chains.
	AuditHeads(ctx context.Context) ([]audit.Head, error)
}

// Request says what a run shall do besides, or leave out.
type Request struct {
	// EndAllSessions is for after a restore of the database: see docs/restore.md.
	EndAllSessions bool `json:"end_all_sessions"`
	// SchemaOnly ends the run after the migrations.
	SchemaOnly bool `json:"-"`
}

// Job seeds one database.
type Job func(ctx context.Context, request Request) (Report, error)

// Parts are the dependencies of the job, besides the database.
type Parts struct {
	// Migrate applies the missing migrations and returns their names.
	Migrate func(context.Context) ([]string, error)
	Seeding user.SeedAdminParts
	Admin   user.Admin
	// AuditKey keys the copy of the audit log's heads.
	AuditKey []byte
	// Retention says how long the audit log keeps what. OpenOwner opens the database
	// for the owner of the tables, who alone may remove from the log.
	Retention audit.Retention
	OpenOwner func(context.Context) (Owner, error)
}

// Owner is the database, opened as the owner of the tables.
type Owner interface {
	audit.Purger
	Close()
}

// NewJob returns the job that seeds the database.
func NewJob(db Store, p Parts) Job {
	return func(ctx context.Context, request Request) (Report, error) {
		applied, err := p.Migrate(ctx)
		if err != nil {
			return Report{}, err
		}
		report := Report{Migrations: applied}
		if request.SchemaOnly {
			slog.InfoContext(ctx, "schema ready", "migrations", applied)
			return report, nil
		}
		if request.EndAllSessions { // before anything that may fail
			ended, err := user.EndAllSessions(ctx, db, time.Now())
			if err != nil {
				return report, fmt.Errorf("end all sessions: %w", err)
			}
			report.Ended = &ended
		}
		report.Admin, err = user.SeedAdmin(ctx, db, p.Seeding, p.Admin, time.Now())
		copyHeads(ctx, db, p.AuditKey)
		report.Removed = purgeExpired(ctx, db) // also if the admin could not be seeded
		report.Audit = purgeAudit(ctx, p)
		if err != nil {
			return report, fmt.Errorf("seed the admin: %w", err)
		}
		slog.InfoContext(ctx, "seeded", "migrations", applied, "admin_created", report.Admin.Created, "note", report.Admin.Note,
			"limits_removed", report.Removed.Limits, "resets_removed", report.Removed.Resets, "sessions_removed", report.Removed.Sessions, "devices_removed", report.Removed.Devices)
		return report, nil
	}
}

// copyHeads logs the heads of the audit log. The log is where the owner of the
// tables cannot write, so roster audit verify finds with it what the owner has altered
// since. A failure is only logged: see purgeExpired.
func copyHeads(ctx context.Context, db Store, key []byte) {
	heads, err := db.AuditHeads(ctx)
	if err != nil {
		slog.WarnContext(ctx, "the heads of the audit log were not copied", "error", err)
		return
	}
	c := audit.NewCopy(heads, key)
	slog.InfoContext(ctx, "heads of the audit log", "heads", c.Heads, "heads_mac", c.MAC)
}

// purgeAudit removes from the audit log what its retention does not keep. A failure
// is only logged: see purgeExpired.
func purgeAudit(ctx context.Context, p Parts) *audit.Purged {
	if !p.Retention.Set() {
		return nil
	}
	db, err := p.OpenOwner(ctx)
	if err != nil {
		slog.WarnContext(ctx, "nothing was removed from the audit log", "error", err)
		return nil
	}
	defer db.Close()
	purged, err := audit.Purge(ctx, db, p.Retention, time.Now())
	if err != nil {
		slog.WarnContext(ctx, "not everything was removed from the audit log that its retention does not keep", "error", err)
	}
	slog.InfoContext(ctx, "audit log purged", "events_removed", purged.Removed, "events_erased", purged.Erased, "more", purged.More)
	return &purged
}

// purgeExpired deletes expired rows. A failure is only logged, because it must not
// stop a deployment; the next run deletes the rows.
func purgeExpired(ctx context.Context, db user.Purger) user.Purged {
	removed, err := user.PurgeExpired(ctx, db, time.Now())
	if err != nil {
		slog.WarnContext(ctx, "not all expired rows were deleted", "error", err)
	}
	return removed
}
