// Package seed brings the schema up to date, ensures the admin's account and
// removes what has had its time. It runs on a schedule, as a custom resource of
// the stack (so that the schema is there before new code serves) and by hand,
// and does the same each time: what is missing.
//
// It refuses to undo anything: no migration runs back, no password is reset,
// and the deletion of the stack deletes no data.
package seed

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"roster/shared/user"
)

// Report says what a run did.
type Report struct {
	Migrations []string    `json:"migrations"` // applied now, none when all were
	Admin      user.Seeded `json:"admin"`
	Removed    user.Purged `json:"removed"` // expired rows
}

// Store is what a job needs of the database.
type Store interface {
	user.Seeder
	user.Purger
}

// Job is one way to run it, bound to its database.
type Job func(ctx context.Context) (Report, error)

// Parts is what a job needs beside the database.
type Parts struct {
	// Migrate applies the migrations that are missing and names them.
	Migrate func(context.Context) ([]string, error)
	Seeding user.SeedAdminParts
	Admin   user.Admin
}

// NewJob returns the job.
func NewJob(db Store, p Parts) Job {
	return func(ctx context.Context) (Report, error) {
		applied, err := p.Migrate(ctx)
		if err != nil {
			return Report{}, err
		}
		report := Report{Migrations: applied}
		report.Admin, err = p.ensureAdmin(ctx, db)
		report.Removed = purgeExpired(ctx, db) // whatever became of the admin
		if err != nil {
			return report, fmt.Errorf("seed the admin: %w", err)
		}
		slog.InfoContext(ctx, "seeded", "migrations", applied, "admin_created", report.Admin.Created, "note", report.Admin.Note,
			"limits_removed", report.Removed.Limits, "resets_removed", report.Removed.Resets, "sessions_removed", report.Removed.Sessions)
		return report, nil
	}
}

// purgeExpired deletes expired rows. What it leaves, the next run deletes: that
// is no reason to stop a deployment.
func purgeExpired(ctx context.Context, db user.Purger) user.Purged {
	removed, err := user.PurgeExpired(ctx, db, time.Now())
	if err != nil {
		slog.WarnContext(ctx, "not all expired rows were deleted", "error", err)
	}
	return removed
}

// ensureAdmin makes no admin yet whose link would lead nowhere.
func (p Parts) ensureAdmin(ctx context.Context, db user.Seeder) (user.Seeded, error) {
	if p.Admin.Password == "" && placeholder(p.Seeding.Notices.PublicURL) {
		return user.Seeded{Note: "not made yet: PUBLIC_URL leads nowhere, so no link to set the password can be mailed"}, nil
	}
	return user.SeedAdmin(ctx, db, p.Seeding, p.Admin, time.Now())
}

// placeholder reports an origin that leads nowhere (RFC 2606 §2), as in the
// first step of a first deployment, when the API's own address is not known.
func placeholder(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && strings.HasSuffix(u.Hostname(), ".invalid")
}
