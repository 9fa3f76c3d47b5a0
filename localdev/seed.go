package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"

	"roster/localdev/handlers"
	"roster/shared/boot"
	"roster/shared/job/seed"
)

// admin holds what the banner shows about the admin's account.
type admin struct {
	username   string
	password   string // only in the run that created the account
	note       string
	missing    bool // there is no admin, and the note says why
	migrations int  // how many this run has applied
}

// seedAdmin seeds the admin as a deployment does. Without ADMIN_PASSWORD it
// generates a password, which is used only if the account is created now.
func seedAdmin(ctx context.Context, values map[string]string) (admin, error) {
	values = maps.Clone(values)
	if values["ADMIN_PASSWORD"] == "" {
		values["ADMIN_PASSWORD"] = rand.Text()
	}
	report, err := seedJob(values)(ctx, seed.Request{})
	if err != nil {
		return admin{}, err
	}
	a := admin{username: values["ADMIN_USERNAME"], note: report.Admin.Note, missing: report.Admin.Missing, migrations: len(report.Migrations)}
	if report.Admin.Created {
		a.password = values["ADMIN_PASSWORD"]
	}
	return a, nil
}

// seedJob returns the job of functions/seed_admin with these settings.
func seedJob(values map[string]string) seed.Job {
	return func(ctx context.Context, request seed.Request) (seed.Report, error) {
		return handlers.SeedAdmin(ctx, boot.FromMap(values), request)
	}
}

// runSeed handles POST /_run/seed_admin, which starts the scheduled job by hand.
// Unlike the schedule it prints the link with which a new admin sets the password.
func runSeed(job seed.Job, out io.Writer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		report, err := job(r.Context(), seed.Request{})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if report.Admin.Link != "" {
			fmt.Fprintln(out, "Set the admin's password at", report.Admin.Link)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(report)
	})
}
