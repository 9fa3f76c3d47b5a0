package migrations

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"roster/shared/postgres/dburl"
)

// Missing returns the names of the migrations that the database does not have yet. It
// changes nothing. The URL is for the role that owns the tables.
func Missing(ctx context.Context, url string, access dburl.Access) (missing []string, err error) {
	cfg, err := access.Config(ownerURL, url)
	if err != nil {
		return nil, err
	}
	db := open(cfg.ConnConfig, access)
	defer func() { _ = db.Close() }()
	applied, err := appliedVersions(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", VersionTable, err)
	}
	files, err := fs.Glob(Files, "*.sql") // sorted
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		number, _, _ := strings.Cut(file, "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, err
		}
		if !applied[strconv.FormatInt(version, 10)] {
			missing = append(missing, strings.TrimSuffix(file, ".sql"))
		}
	}
	return missing, nil
}

// The last row of a version counts: goose writes another one when it reverts it.
const sqlAppliedVersions = `
select coalesce(json_agg(version_id::text), '[]') from (
	select distinct on (version_id) version_id, is_applied from ` + VersionTable + ` order by version_id, id desc
) as latest where is_applied`

func appliedVersions(ctx context.Context, db *sql.DB) (map[string]bool, error) {
	var there bool
	if err := db.QueryRowContext(ctx, `select to_regclass('`+VersionTable+`') is not null`).Scan(&there); err != nil || !there {
		return nil, err
	}
	return names(ctx, db, sqlAppliedVersions)
}
