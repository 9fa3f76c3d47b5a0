package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/shared/audit"
	"roster/shared/directory"
)

// importedColumns are all columns of users, as accountArrays gives them.
const (
	importedColumns = `uuid, username, first_name, last_name, email, email_status, role, active, password_hash, token_version, reset_version,
	created_at, updated_at, last_login_at, password_changed_at, metadata, app_metadata`
	importedRows = `
from unnest(@ids::bigint[], @uuids::text[], @usernames::text[], @first_names::text[], @last_names::text[], @emails::text[],
	@email_statuses::text[], @roles::text[], @actives::boolean[], @password_hashes::text[], @token_versions::bigint[], @reset_versions::bigint[],
	@created::timestamptz[], @updated::timestamptz[], @last_logins::timestamptz[], @passwords_changed::timestamptz[],
	@metadata::text[], @app_metadata::text[]) as n (id, user_uuid, ` + importedNames + `)`
	importedNames = `username, first_name, last_name, email, email_status, role, active, password_hash, token_version, reset_version,
	created_at, updated_at, last_login_at, password_changed_at, metadata, app_metadata`
)

// The first two statements fail where a key is taken. The others leave such rows
// out, which takes them a third longer: they look for the username and the UUID
// first, because an insert that conflicts takes a number from the sequence all the
// same. Two subqueries in one "not" are two look-ups by an index for each row,
// whatever the planner thinks of the size of the tables.
const (
	importUsers = `
insert into users (` + importedColumns + `)
select user_uuid::uuid, ` + importedNames + importedRows
	importUsersWithIDs = `
insert into users (id, ` + importedColumns + `) overriding system value
select id, user_uuid::uuid, ` + importedNames + importedRows
	storedKeys = `
returning id, uuid::text`
	newRowsOnly = `
where not (exists (select from users u where u.username = n.username collate "C") or exists (select from users u where u.uuid = n.user_uuid::uuid))
on conflict do nothing`

	sqlImportUsers           statement = importUsers + storedKeys
	sqlImportUsersWithIDs    statement = importUsersWithIDs + storedKeys
	sqlImportNewUsers        statement = importUsers + newRowsOnly + storedKeys
	sqlImportNewUsersWithIDs statement = importUsersWithIDs + newRowsOnly + storedKeys
)

const accountColumns = `id, uuid::text, username, first_name, last_name, email, email_status, role, active, password_hash, token_version, reset_version,
	created_at, updated_at, last_login_at, password_changed_at, metadata, app_metadata`

const (
	sqlAccountsWithKeys statement = `
select ` + accountColumns + ` from users
where uuid = any (@uuids::text[]::uuid[]) or username = any (@usernames::text[]) or lower(email) = any (@emails::text[]) or id = any (@ids::bigint[])`
	sqlLockAccounts statement = `
select ` + accountColumns + ` from users
where uuid = any (@uuids::text[]::uuid[]) or (@admins and role = 'ADMIN' and active)
order by id for update`
	sqlActiveAdmins   statement = `select uuid::text from users where role = 'ADMIN' and active`
	sqlUpdateAccounts statement = `
update users u set
	username = n.username, first_name = n.first_name, last_name = n.last_name, email = n.email, email_status = n.email_status,
	role = n.role, active = n.active, password_hash = n.password_hash, token_version = n.token_version, reset_version = n.reset_version,
	created_at = n.created_at, updated_at = n.updated_at, last_login_at = n.last_login_at, password_changed_at = n.password_changed_at,
	metadata = n.metadata, app_metadata = n.app_metadata` + importedRows + `
where u.uuid = n.user_uuid::uuid`
)

// A server that crashes may lose the last batches. The operator then runs the import
// again.
const sqlDoNotWaitForDisk statement = `select set_config('synchronous_commit', 'off', true)`

// ImportBatch runs f in a transaction without the functions' limits, because a
// batch may take longer than a request.
func (db *DB) ImportBatch(ctx context.Context, durable bool, f func(directory.ImportTx) error) error {
	err := db.operatorsWork(ctx, "import a batch", func(tx pgx.Tx) error {
		if !durable {
			if err := (query{sql: sqlDoNotWaitForDisk}).exec(ctx, tx); err != nil {
				return err
			}
		}
		return f(importTx{db, db.bulk(tx)})
	})
	if hasCode(err, "23505", "23514", "22P02", "22021", "22001", "54000") { // unique, check, and values that a column cannot have
		return fmt.Errorf("%w: %w", directory.ErrTaken, err)
	}
	return err
}

type importTx struct {
	db *DB
	tx bulkStatements
}

// CreateAccounts stores the accounts with an id and those without in a statement
// each. A file has usually one kind.
func (t importTx) CreateAccounts(ctx context.Context, accounts []directory.Account, allNew bool) ([]int64, error) {
	var with, without accountArrays
	var highest int64
	for _, a := range accounts {
		if a.ID > 0 {
			with.add(a)
			highest = max(highest, a.ID)
		} else {
			without.add(a)
		}
	}
	insert, insertWithIDs := sqlImportNewUsers, sqlImportNewUsersWithIDs
	if allNew {
		insert, insertWithIDs = sqlImportUsers, sqlImportUsersWithIDs
	}
	stored := make(map[string]int64, len(accounts))
	if highest > 0 {
		if err := t.countAfter(ctx, highest); err != nil {
			return nil, err
		}
		if err := t.insert(ctx, insertWithIDs, with, stored); err != nil {
			return nil, err
		}
	}
	if len(without.uuids) > 0 {
		if err := t.insert(ctx, insert, without, stored); err != nil {
			return nil, err
		}
	}
	ids := make([]int64, len(accounts))
	for i, a := range accounts {
		ids[i] = stored[a.UUID]
	}
	return ids, nil
}

func (t importTx) insert(ctx context.Context, sql statement, rows accountArrays, stored map[string]int64) error {
	created, err := query{sql: sql, args: rows.args()}.send(ctx, t.tx)
	if err != nil {
		return err
	}
	var id int64
	var uuid string
	_, err = pgx.ForEachRow(created, []any{&id, &uuid}, func() error {
		stored[uuid] = id
		return nil
	})
	return err
}

func (t importTx) AccountsWithKeys(ctx context.Context, accounts []directory.Account) ([]directory.Account, error) {
	var keys accountArrays
	for _, a := range accounts {
		keys.add(a)
	}
	return t.accounts(ctx, query{sql: sqlAccountsWithKeys, args: named{
		{"uuids", keys.uuids}, {"usernames", keys.usernames}, {"emails", lowerAll(keys.emails)}, {"ids", keys.ids},
	}})
}

func (t importTx) LockAccounts(ctx context.Context, uuids []string, admins bool) ([]directory.Account, error) {
	return t.accounts(ctx, query{sql: sqlLockAccounts, args: named{{"uuids", uuids}, {"admins", admins}}})
}

func (t importTx) accounts(ctx context.Context, q query) ([]directory.Account, error) {
	rows, err := q.send(ctx, t.tx)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (a directory.Account, err error) {
		err = row.Scan(accountFields(&a)...)
		return a, err
	})
}

// accountFields are the fields of accountColumns.
func accountFields(a *directory.Account) []any {
	return []any{
		&a.ID, &a.UUID, &a.Username, &a.FirstName, &a.LastName, &a.Email, &a.EmailStatus, &a.Role, &a.Active, &a.PasswordHash,
		&a.TokenVersion, &a.ResetVersion, &a.CreatedAt, &a.UpdatedAt, &a.LastLoginAt, &a.PasswordChangedAt, &a.Metadata, &a.AppMetadata,
	}
}

func (t importTx) ActiveAdmins(ctx context.Context) ([]string, error) {
	rows, err := query{sql: sqlActiveAdmins}.send(ctx, t.tx)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func (t importTx) UpdateAccounts(ctx context.Context, accounts []directory.Account) error {
	var rows accountArrays
	for _, a := range accounts {
		rows.add(a)
	}
	n, err := affected(ctx, t.tx, query{sql: sqlUpdateAccounts, args: rows.args()})
	if err == nil && n != len(accounts) {
		err = errors.New("update imported accounts: a locked account is missing")
	}
	return err
}

func (t importTx) RecordEvent(ctx context.Context, e audit.Event) error {
	return query{sql: sqlRecord, args: t.db.audited(e, nil)}.exec(ctx, t.tx)
}

// accountArrays has an array for each column.
type accountArrays struct {
	ids, tokenVersions, resetVersions                                     []int64
	uuids, usernames, firstNames, lastNames, emails, emailStatuses, roles []string
	passwordHashes, metadata, appMetadata                                 []string
	actives                                                               []bool
	created, updated                                                      []time.Time
	lastLogins, passwordsChanged                                          []*time.Time
}

func (r *accountArrays) add(a directory.Account) {
	r.ids, r.tokenVersions, r.resetVersions = append(r.ids, a.ID), append(r.tokenVersions, a.TokenVersion), append(r.resetVersions, a.ResetVersion)
	r.uuids, r.usernames = append(r.uuids, a.UUID), append(r.usernames, a.Username)
	r.firstNames, r.lastNames = append(r.firstNames, a.FirstName), append(r.lastNames, a.LastName)
	r.emails, r.emailStatuses = append(r.emails, a.Email), append(r.emailStatuses, a.EmailStatus)
	r.roles, r.actives, r.passwordHashes = append(r.roles, a.Role), append(r.actives, a.Active), append(r.passwordHashes, a.PasswordHash)
	r.created, r.updated = append(r.created, a.CreatedAt), append(r.updated, a.UpdatedAt)
	r.lastLogins, r.passwordsChanged = append(r.lastLogins, a.LastLoginAt), append(r.passwordsChanged, a.PasswordChangedAt)
	r.metadata, r.appMetadata = append(r.metadata, a.Metadata), append(r.appMetadata, a.AppMetadata)
}

func (r *accountArrays) args() named {
	return named{
		{"ids", r.ids},
		{"uuids", r.uuids},
		{"usernames", r.usernames},
		{"first_names", r.firstNames},
		{"last_names", r.lastNames},
		{"emails", r.emails},
		{"email_statuses", r.emailStatuses},
		{"roles", r.roles},
		{"actives", r.actives},
		{"password_hashes", r.passwordHashes},
		{"token_versions", r.tokenVersions},
		{"reset_versions", r.resetVersions},
		{"created", r.created},
		{"updated", r.updated},
		{"last_logins", r.lastLogins},
		{"passwords_changed", r.passwordsChanged},
		{"metadata", r.metadata},
		{"app_metadata", r.appMetadata},
	}
}

func lowerAll(texts []string) []string {
	all := make([]string, len(texts))
	for i, s := range texts {
		all[i] = strings.ToLower(s)
	}
	return all
}
