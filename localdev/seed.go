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

// admin is what the banner says of the admin's account.
type admin struct {
	username, email string
	password        string // only on the run that made the account
	note            string
}

// seedAdmin runs the seeding as a deployment would. Where no password is
// given it makes one up, which is the admin's if the account is made now.
func seedAdmin(ctx context.Context, values map[string]string) (admin, error) {
	values = maps.Clone(values)
	if values["ADMIN_PASSWORD"] == "" {
		values["ADMIN_PASSWORD"] = rand.Text()
	}
	report, err := seedJob(values)(ctx)
	if err != nil {
		return admin{}, err
	}
	a := admin{username: values["ADMIN_USERNAME"], email: values["ADMIN_EMAIL"], note: report.Admin.Note}
	if report.Admin.Created {
		a.password = values["ADMIN_PASSWORD"]
	}
	return a, nil
}

// seedJob is functions/seed_admin with these settings.
func seedJob(values map[string]string) seed.Job {
	return func(ctx context.Context) (seed.Report, error) { return handlers.SeedAdmin(ctx, boot.FromMap(values)) }
}

// runSeed is POST /_run/seed_admin: the scheduled invocation, by hand. Unlike
// the schedule it shows the link that a new admin sets the password with.
func runSeed(job seed.Job, out io.Writer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		report, err := job(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if report.Admin.Link != "" {
			fmt.Fprintln(out, "The admin's password is set at", report.Admin.Link)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(report)
	})
}
