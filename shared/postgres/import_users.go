package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"roster/shared/audit"
	"roster/shared/directory"
)

// importedColumns are all columns of users, as accountArrays gives them. The arrays are
// unnested side by side in a list of results: in a "from" PostgreSQL would first store
// every one of them in a table of its own.
const (
	importedColumns = `uuid, username, first_name, last_name, email, email_status, role, active, password_hash, token_version, reset_version,
	created_at, updated_at, last_login_at, password_changed_at, metadata, app_metadata`
	importedValues = `unnest(@uuids::uuid[]) as uuid, unnest(@usernames::text[]) as username, unnest(@first_names::text[]) as first_name,
	unnest(@last_names::text[]) as last_name, unnest(@emails::text[]) as email, unnest(@email_statuses::text[]) as email_status,
	unnest(@roles::text[]) as role, unnest(@actives::boolean[]) as active, unnest(@password_hashes::text[]) as password_hash,
	unnest(@token_versions::bigint[]) as token_version, unnest(@reset_versions::bigint[]) as reset_version,
	unnest(@created::timestamptz[]) as created_at, unnest(@updated::timestamptz[]) as updated_at,
	unnest(@last_logins::timestamptz[]) as last_login_at, unnest(@passwords_changed::timestamptz[]) as password_changed_at,
	unnest(@metadata::text[]) as metadata, unnest(@app_metadata::text[]) as app_metadata`
	importedIDs = `unnest(@ids::bigint[]) as id, `
)

// The first two statements fail where a key is taken. The others leave such rows
// out, which takes them a third longer: they look for the username and the UUID
// first, because an insert that conflicts takes a number from the sequence all the
// same. Two subqueries in one "not" are two look-ups by an index for each row,
// whatever the planner thinks of the size of the tables.
const (
	importUsers        = `insert into users (` + importedColumns + `) select `
	importUsersWithIDs = `insert into users (id, ` + importedColumns + `) overriding system value select `
	storedKeys         = ` returning id, uuid`
	newRowsOnly        = `
where not (exists (select from users u where u.username = n.username collate "C") or exists (select from users u where u.uuid = n.uuid))
on conflict do nothing`

	sqlImportUsers           statement = importUsers + importedValues + storedKeys
	sqlImportUsersWithIDs    statement = importUsersWithIDs + importedIDs + importedValues + storedKeys
	sqlImportNewUsers        statement = importUsers + importedColumns + ` from (select ` + importedValues + `) as n` + newRowsOnly + storedKeys
	sqlImportNewUsersWithIDs statement = importUsersWithIDs + `id, ` + importedColumns + ` from (select ` + importedIDs + importedValues + `) as n` + newRowsOnly + storedKeys
)

const accountColumns = `id, uuid::text, username, first_name, last_name, email, email_status, role, active, password_hash, token_version, reset_version,
	created_at, updated_at, last_login_at, password_changed_at, metadata, app_metadata`

const (
	sqlAccountsWithKeys statement = `
select ` + accountColumns + ` from users
where uuid = any (@uuids::uuid[]) or username = any (@usernames::text[]) or lower(email) = any (@emails::text[]) or id = any (@ids::bigint[])`
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
	metadata = n.metadata, app_metadata = n.app_metadata
from (select ` + importedValues + `) as n
where u.uuid = n.uuid`
)

// A server that crashes may lose the last batches. The operator then runs the import
// again.
const sqlDoNotWaitForDisk statement = sqlOperatorsWork + `, set_config('synchronous_commit', 'off', true)`

// ImportBatch runs f in a transaction without the functions' limits, because a
// batch may take longer than a request.
func (db *DB) ImportBatch(ctx context.Context, durable bool, f func(directory.ImportTx) error) error {
	settings := sqlDoNotWaitForDisk
	if durable {
		settings = sqlOperatorsWork
	}
	err := db.workWith(ctx, "import a batch", settings, func(tx pgx.Tx) error {
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
	insert, insertWithIDs := sqlImportNewUsers, sqlImportNewUsersWithIDs
	if allNew {
		insert, insertWithIDs = sqlImportUsers, sqlImportUsersWithIDs
	}
	stored := make(map[pgtype.UUID]int64, len(accounts))
	with, without := byID(accounts)
	if len(with) > 0 {
		ids := column(with, func(a *directory.Account) int64 { return a.ID })
		if err := t.countAfter(ctx, slices.Max(ids)); err != nil {
			return nil, err
		}
		if err := t.insert(ctx, query{sql: insertWithIDs, args: append(accountArrays(with), argument{"ids", ids})}, stored); err != nil {
			return nil, err
		}
	}
	if len(without) > 0 {
		if err := t.insert(ctx, query{sql: insert, args: accountArrays(without)}, stored); err != nil {
			return nil, err
		}
	}
	return column(accounts, func(a *directory.Account) int64 { return stored[uuidOf(a)] }), nil
}

// byID divides accounts into those with an id and those without.
func byID(accounts []directory.Account) (with, without []directory.Account) {
	hasID := func(a directory.Account) bool { return a.ID > 0 }
	if !slices.ContainsFunc(accounts, hasID) {
		return nil, accounts
	}
	for _, a := range accounts {
		if hasID(a) {
			with = append(with, a)
		} else {
			without = append(without, a)
		}
	}
	return with, without
}

// insert runs an insert and notes the id of each stored account.
func (t importTx) insert(ctx context.Context, q query, stored map[pgtype.UUID]int64) error {
	created, err := q.send(ctx, t.tx)
	if err != nil {
		return err
	}
	var id int64
	var uuid pgtype.UUID
	_, err = pgx.ForEachRow(created, []any{&id, &uuid}, func() error {
		stored[uuid] = id
		return nil
	})
	return err
}

func (t importTx) AccountsWithKeys(ctx context.Context, accounts []directory.Account) ([]directory.Account, error) {
	return t.accounts(ctx, query{sql: sqlAccountsWithKeys, args: named{
		{"uuids", column(accounts, uuidOf)},
		{"usernames", column(accounts, func(a *directory.Account) string { return a.Username })},
		{"emails", column(accounts, func(a *directory.Account) string { return strings.ToLower(a.Email) })},
		{"ids", column(accounts, func(a *directory.Account) int64 { return a.ID })},
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
	n, err := affected(ctx, t.tx, query{sql: sqlUpdateAccounts, args: accountArrays(accounts)})
	if err == nil && n != len(accounts) {
		err = errors.New("update imported accounts: a locked account is missing")
	}
	return err
}

func (t importTx) RecordEvent(ctx context.Context, e audit.Event) error {
	return query{sql: sqlRecord, args: t.db.audited(e, nil)}.exec(ctx, t.tx)
}

// accountArrays returns the arguments of importedValues: an array for each column.
func accountArrays(accounts []directory.Account) named {
	return named{
		{"uuids", column(accounts, uuidOf)},
		{"usernames", column(accounts, func(a *directory.Account) string { return a.Username })},
		{"first_names", column(accounts, func(a *directory.Account) string { return a.FirstName })},
		{"last_names", column(accounts, func(a *directory.Account) string { return a.LastName })},
		{"emails", column(accounts, func(a *directory.Account) string { return a.Email })},
		{"email_statuses", column(accounts, func(a *directory.Account) string { return a.EmailStatus })},
		{"roles", column(accounts, func(a *directory.Account) string { return a.Role })},
		{"actives", column(accounts, func(a *directory.Account) bool { return a.Active })},
		{"password_hashes", column(accounts, func(a *directory.Account) string { return a.PasswordHash })},
		{"token_versions", column(accounts, func(a *directory.Account) int64 { return a.TokenVersion })},
		{"reset_versions", column(accounts, func(a *directory.Account) int64 { return a.ResetVersion })},
		{"created", column(accounts, func(a *directory.Account) time.Time { return a.CreatedAt })},
		{"updated", column(accounts, func(a *directory.Account) time.Time { return a.UpdatedAt })},
		{"last_logins", column(accounts, func(a *directory.Account) *time.Time { return a.LastLoginAt })},
		{"passwords_changed", column(accounts, func(a *directory.Account) *time.Time { return a.PasswordChangedAt })},
		{"metadata", column(accounts, func(a *directory.Account) string { return a.Metadata })},
		{"app_metadata", column(accounts, func(a *directory.Account) string { return a.AppMetadata })},
	}
}

// uuidOf returns the account's UUID as PostgreSQL stores it. What is no UUID becomes
// null, which no account has.
func uuidOf(a *directory.Account) (u pgtype.UUID) {
	_ = u.Scan(a.UUID)
	return u
}
