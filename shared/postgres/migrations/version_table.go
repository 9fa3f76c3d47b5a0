package migrations

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3/database"
)

// VersionTable is the name of the table that says which migrations a database has.
// It is Roster's own, so that another service that migrates the same database with
// goose has its table for itself.
const VersionTable = "roster_migrations"

// earlierTable is goose's default, in which earlier releases kept the versions.
const earlierTable = "goose_db_version"

// versions keeps the applied versions in VersionTable. When it creates the table,
// it copies the versions of an earlier release. The earlier table stays as it is:
// an instance of the earlier release that still runs finds nothing to do in it.
type versions struct{ database.StoreExtender }

func newVersions() (versions, error) {
	store, err := database.NewStore(database.DialectPostgres, VersionTable)
	if err != nil {
		return versions{}, err
	}
	extended, ok := store.(database.StoreExtender)
	if !ok {
		return versions{}, errors.New("this release of goose cannot tell whether its table exists")
	}
	return versions{extended}, nil
}

// CreateVersionTable runs once for a database, in a transaction and under the lock
// of the migrations.
func (v versions) CreateVersionTable(ctx context.Context, db database.DBTxConn) error {
	if err := v.StoreExtender.CreateVersionTable(ctx, db); err != nil {
		return err
	}
	relations, err := names(ctx, db, sqlRelations)
	if err != nil {
		return err
	}
	if !relations["users"] {
		return nil // nothing of ours can be here
	}
	applied, err := earlierVersions(ctx, db, relations)
	if err != nil {
		return err
	}
	for _, version := range applied {
		if err := v.Insert(ctx, db, database.InsertRequest{Version: version}); err != nil {
			return err
		}
	}
	return nil
}

const sqlRelations = `
select coalesce(json_agg(relname), '[]') from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('r', 'i')`

// The last row of a version counts: goose writes another one when it reverts it.
const sqlEarlierVersions = `
select coalesce(json_agg(version_id::text), '[]') from (
	select distinct on (version_id) version_id, is_applied from goose_db_version order by version_id, id desc
) as latest where is_applied and version_id > 0`

// names runs a query that returns one JSON array of strings.
func names(ctx context.Context, db database.DBTxConn, query string) (map[string]bool, error) {
	var text []byte
	if err := db.QueryRowContext(ctx, query).Scan(&text); err != nil {
		return nil, err
	}
	var list []string
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, err
	}
	found := make(map[string]bool, len(list))
	for _, name := range list {
		found[name] = true
	}
	return found, nil
}

// earlierVersions returns the versions that an earlier release applied to this
// database. The table of versions is that release's if it lists our first
// migrations, without a gap and with no other version, and if all tables and
// indexes that these make are there.
func earlierVersions(ctx context.Context, db database.DBTxConn, relations map[string]bool) ([]int64, error) {
	if !relations[earlierTable] {
		return nil, errUnknownUsers
	}
	recorded, err := names(ctx, db, sqlEarlierVersions)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", earlierTable, err)
	}
	applied, made, err := firstMigrations(len(recorded))
	if err != nil {
		return nil, err
	}
	for _, version := range applied {
		if !recorded[strconv.FormatInt(version, 10)] {
			return nil, errUnknownUsers
		}
	}
	for name := range made {
		if !relations[name] {
			return nil, errUnknownUsers
		}
	}
	if len(applied) == 0 || len(applied) != len(recorded) {
		return nil, errUnknownUsers
	}
	return applied, nil
}

// errUnknownUsers stops a run before it fails at "relation users already exists".
var errUnknownUsers = fmt.Errorf("the schema has a table users, and no table says that Roster made it: %s is missing, and %s is missing or another service's. "+
	"Give Roster a database of its own, or restore the table of versions together with the other tables", VersionTable, earlierTable)

var ddl = regexp.MustCompile(`(?i)\b(create|drop)\s+(?:unique\s+)?(?:table|index)\s+(?:if\s+(?:not\s+)?exists\s+)?([a-z_]+)`)

// firstMigrations returns the versions of the first n migrations, and the tables
// and indexes that are there after them.
func firstMigrations(n int) (applied []int64, made map[string]bool, err error) {
	files, err := fs.Glob(Files, "*.sql") // sorted
	if err != nil {
		return nil, nil, err
	}
	made = map[string]bool{}
	for _, file := range files[:min(n, len(files))] {
		number, _, _ := strings.Cut(file, "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, nil, err
		}
		text, err := fs.ReadFile(Files, file)
		if err != nil {
			return nil, nil, err
		}
		applied = append(applied, version)
		for _, found := range ddl.FindAllStringSubmatch(string(text), -1) {
			if name := found[2]; strings.EqualFold(found[1], "drop") {
				delete(made, name)
			} else {
				made[name] = true
			}
		}
	}
	return applied, made, nil
}
