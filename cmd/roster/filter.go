package main

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// filter says which accounts to list, in which order and how many. Its fields have the
// names of the parameters of GET /api/users.
type filter struct {
	email, uuid                         string
	id                                  int64
	q, role, active, emailStatus        string
	createdAfter, createdBefore         string
	sort                                string
	limit                               int // 0 is all
	createdAfterTime, createdBeforeTime time.Time
}

// sorts are the orders of a list.
var sorts = []string{"created_at", "username", "last_login_at"}

// maxPage is how many accounts the API answers on a page.
const maxPage = 100

func (f *filter) addFlags(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.q, "search", "", "only accounts whose username, e-mail address, first or last name begins with this `text`")
	flags.StringVar(&f.role, "role", "", "only accounts with this `role`: USER or ADMIN")
	flags.StringVar(&f.active, "active", "", "only active accounts (`true`), or only deactivated ones (false)")
	flags.StringVar(&f.emailStatus, "email-status", "", "only accounts whose address has this `state`: ok, soft_bounce, bounced, complained or suppressed")
	flags.StringVar(&f.createdAfter, "created-after", "", "only accounts made at this `time` or later: 2026-01-31, or 2026-01-31T10:00:00Z")
	flags.StringVar(&f.createdBefore, "created-before", "", "only accounts made before this `time`")
	flags.StringVar(&f.sort, "sort", "created_at", "`order`: created_at (the newest first), username, or last_login_at (the last login first)")
	flags.StringVar(&f.email, "email", "", "the account with this `address`")
	flags.StringVar(&f.uuid, "uuid", "", "the account with this `UUID`")
	flags.Int64Var(&f.id, "id", 0, "the account with this `number`")
	flags.IntVar(&f.limit, "limit", 50, "at most so many; 0 lists all")
	completeValues(c, "role", "USER", "ADMIN")
	completeValues(c, "active", "true", "false")
	completeValues(c, "email-status", "ok", "soft_bounce", "bounced", "complained", "suppressed")
	completeValues(c, "sort", sorts...)
}

// check reads the times, and names values that neither the API nor the database
// operation could take. These check the rest themselves.
func (f *filter) check() (err error) {
	f.role = strings.ToUpper(f.role)
	if f.limit < 0 {
		return usageError{"--limit must be 0, for all, or more"}
	}
	if f.active != "" && f.active != "true" && f.active != "false" {
		return usageError{"--active must be true or false"}
	}
	if !slices.Contains(sorts, f.sort) {
		return usageError{"--sort must be created_at, username or last_login_at"}
	}
	if f.createdAfterTime, err = parseTime("--created-after", f.createdAfter); err != nil {
		return err
	}
	f.createdBeforeTime, err = parseTime("--created-before", f.createdBefore)
	return err
}

func parseTime(flag, text string) (t time.Time, err error) {
	if text == "" {
		return t, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano} {
		if t, err = time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return t, usageError{fmt.Sprintf("%s must be a day or a time, such as 2026-01-31 or 2026-01-31T10:00:00Z", flag)}
}

// isOne reports whether the filter names one account.
func (f filter) isOne() bool { return f.email != "" || f.uuid != "" || f.id != 0 }

// page returns how many accounts to ask for when so many have been seen.
func (f filter) page(seen int) int {
	if f.limit == 0 {
		return maxPage
	}
	return min(f.limit-seen, maxPage)
}

// query returns the parameters of GET /api/users.
func (f filter) query() url.Values {
	values := url.Values{}
	set := func(name, value string) {
		if value != "" {
			values.Set(name, value)
		}
	}
	set("email", f.email)
	set("uuid", f.uuid)
	if f.id != 0 {
		values.Set("id", strconv.FormatInt(f.id, 10))
	}
	set("q", f.q)
	set("role", f.role)
	set("active", f.active)
	set("email_status", f.emailStatus)
	if t := f.createdAfterTime; !t.IsZero() {
		values.Set("created_after", t.UTC().Format(time.RFC3339Nano))
	}
	if t := f.createdBeforeTime; !t.IsZero() {
		values.Set("created_before", t.UTC().Format(time.RFC3339Nano))
	}
	if !f.isOne() {
		set("sort", f.sort)
	}
	return values
}
