package migrations

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/pressly/goose/v3"

	"roster/shared/postgres/dburl"
)

// Watched migrates for a person who looks on. The zero value migrates as Up does.
type Watched struct {
	// Wait is how long another run may take before this one gives up, having done
	// nothing. 0 waits for ever.
	Wait time.Duration
	// Every is how often Report is told what the server is doing.
	Every  time.Duration
	Report func(line string)
}

// Up is like the function Up.
func (w Watched) Up(ctx context.Context, url string, access dburl.Access) ([]string, error) {
	options := []goose.ProviderOption{goose.WithSessionLocker(locker{w.Wait})}
	if w.Report != nil {
		options = append(options, goose.WithVerbose(true), goose.WithLogger(reporter(w.Report)))
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		go w.watch(ctx, url, access)
	}
	return up(ctx, url, access, options...)
}

const sqlRunning = `
select format('%s s: %s%s', floor(extract(epoch from now() - query_start)), left(regexp_replace(query, '\s+', ' ', 'g'), 90),
	case when wait_event_type = 'Lock' then format(' (waits for the lock of process %s)', array_to_string(pg_blocking_pids(pid), ', ')) else '' end)
from pg_stat_activity
where application_name = $1 and datname = current_database() and state = 'active' and query_start < now() - interval '1 second'`

// watch reports what each migrating session of the database is doing, on a
// connection of its own. It is only for the person, so its errors do not matter.
func (w Watched) watch(ctx context.Context, url string, access dburl.Access) {
	cfg, err := access.Config(ownerURL, url)
	if err != nil {
		return
	}
	db := open(cfg.ConnConfig, access)
	defer db.Close()
	tick := time.NewTicker(w.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.reportRunning(ctx, db)
		}
	}
}

func (w Watched) reportRunning(ctx context.Context, db *sql.DB) {
	rows, err := db.QueryContext(ctx, sqlRunning, applicationName)
	if err != nil {
		return
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if rows.Scan(&line) == nil {
			w.Report(line)
		}
	}
	_ = rows.Err()
}

// reporter is a logger of goose. It leaves out the statements, which are long:
// watch shows the one that takes long.
type reporter func(line string)

func (r reporter) Printf(format string, args ...any) {
	line := strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ")
	line = strings.TrimPrefix(line, "goose: ")
	if !strings.HasPrefix(line, "Executing statement") {
		r(strings.Replace(line, "OK up ", "OK ", 1))
	}
}

func (r reporter) Fatalf(format string, args ...any) { r.Printf(format, args...) }
