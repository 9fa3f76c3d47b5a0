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
	Removed    user.Tidied `json:"removed"` // what had had its time
}

// Store is what a job needs of the database.
type Store interface {
	user.Seeder
	user.Tidier
}

// Job is one way to run it, bound to its database.
type Job func(ctx context.Context) (Report, error)

// NewJob returns the job. Migrate applies the migrations that are missing and
// names them.
func NewJob(migrate func(context.Context) ([]string, error), db Store, p user.Passwords, tokens user.OneTimeTokens, out user.ResetMail, admin user.Admin) Job {
	return func(ctx context.Context) (Report, error) {
		applied, err := migrate(ctx)
		if err != nil {
			return Report{}, err
		}
		report := Report{Migrations: applied}
		report.Admin, err = ensure(ctx, db, p, tokens, out, admin)
		report.Removed = tidy(ctx, db) // whatever became of the admin
		if err != nil {
			return report, fmt.Errorf("seed the admin: %w", err)
		}
		slog.InfoContext(ctx, "seeded", "migrations", applied, "admin_created", report.Admin.Created, "note", report.Admin.Note,
			"limits_removed", report.Removed.Limits, "resets_removed", report.Removed.Resets, "sessions_removed", report.Removed.Sessions)
		return report, nil
	}
}

// tidy removes what has had its time. Tomorrow is soon enough for what is left:
// no reason to stop a deployment.
func tidy(ctx context.Context, db user.Tidier) user.Tidied {
	removed, err := user.Tidy(ctx, db, time.Now())
	if err != nil {
		slog.WarnContext(ctx, "what has had its time was not all removed", "error", err)
	}
	return removed
}

// ensure waits with an admin whose link would lead nowhere.
func ensure(ctx context.Context, db user.Seeder, p user.Passwords, tokens user.OneTimeTokens, out user.ResetMail, admin user.Admin) (user.Seeded, error) {
	if admin.Password == "" && placeholder(out.PublicURL) {
		return user.Seeded{Note: "not made yet: PUBLIC_URL leads nowhere, so no link to set the password can be mailed"}, nil
	}
	return user.SeedAdmin(ctx, db, p, tokens, out, admin, time.Now())
}

// placeholder reports an origin that leads nowhere (RFC 2606 §2), as in the
// first step of a first deployment, when the API's own address is not known.
func placeholder(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && strings.HasSuffix(u.Hostname(), ".invalid")
}
