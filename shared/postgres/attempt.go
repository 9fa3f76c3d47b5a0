package postgres

import (
	"context"
	"time"

	"roster/shared/audit"
	"roster/shared/ratelimit"
	"roster/shared/user"
)

// These statements find the account that somebody names, and take one attempt from
// its budgets. They do the same work where there is no account: the budgets then
// belong to the name that was typed. There is one for each way to name an account,
// because each node of a plan costs time at each run.
const (
	sqlAttemptByUsername statement = attemptAt + `u.username = @username` + attemptCTEs
	sqlAttemptByEmail    statement = attemptAt + `lower(u.email) = lower(@email collate "C")` + attemptCTEs
	sqlAttemptByBoth     statement = attemptAt + `u.username = @username and lower(u.email) = lower(@email collate "C")` + attemptCTEs
)

// attemptAt begins the one row of the CTE account. Where nobody is found it has the
// values of userOrNobody.
const attemptAt = `
with account as materialized (
	select u.id is not null as found, ` + userOrNobody + `,
		(select true from devices d where d.hash = @device and d.user_id = u.id and d.version = u.token_version
			and d.last_used_at > @devices_after) is not null as known_device
	from (values (1)) as one (row) left join users u on `

// userOrNobody are the userColumns of a row that may be missing.
const userOrNobody = `coalesce(u.id, 0) as id, coalesce(u.uuid, '` + nilUUID + `') as uuid, coalesce(u.username, '') as username,
		coalesce(u.first_name, '') as first_name, coalesce(u.last_name, '') as last_name, coalesce(u.email, '') as email,
		coalesce(u.password_hash, '') as password_hash, coalesce(u.role, '') as role, coalesce(u.active, false) as active,
		coalesce(u.token_version, 0) as token_version, coalesce(u.created_at, 'epoch') as created_at,
		coalesce(u.updated_at, 'epoch') as updated_at, u.last_login_at, u.password_changed_at`

const attemptCTEs = `
), budgets as (
	select
		case when b.per_account then sha256(b.key || case when a.found then uuid_send(a.uuid) else @typed::bytea end
			|| case when b.per_password and a.found then int8send(a.token_version) else '' end) else b.key end as key,
		case when b.per_account and a.found then a.uuid end as account,
		b.consecutive, b.provisional, b.max_attempts, b.seconds
	from account a, unnest(` + budgetArrays + `, @per_account::boolean[], @per_password::boolean[],
			@for_known_device::boolean[]) as b (` + budgetColumns + `, per_account, per_password, for_known_device)
	where b.for_known_device is null or b.for_known_device = a.known_device
)` + countCTEs + `
select d.consumed, d.last, d.counted, d.wait, d.pending, a.known_device, a.found, ` + userColumns + `
from decision d, account a`

// AttemptAtAccount takes an attempt at the account that somebody names, and
// returns the account if there is one.
func (db *DB) AttemptAtAccount(ctx context.Context, l user.Lookup, now time.Time) (found user.Found, err error) {
	sql, args := sqlAttemptByUsername, attemptArgs(l, now)
	switch {
	case l.Email == "":
		args = append(args, argument{"username", l.Username}) // "" finds nobody
	case l.Username == "":
		sql, args = sqlAttemptByEmail, append(args, argument{"email", l.Email})
	default:
		sql, args = sqlAttemptByBoth, append(args, named{{"username", l.Username}, {"email", l.Email}}...)
	}
	var d decision
	var isUser bool
	var u user.User
	_, err = db.queryRow(ctx, query{"take an attempt at an account", sql, args},
		append([]any{&d.consumed, &d.last, &d.counted, &d.seconds, &d.pending, &found.KnownDevice, &isUser}, userFields(&u)...)...)
	if isUser {
		found.User = &u
	}
	found.Attempt, err = db.attempt(ctx, d, err)
	return found, err
}

func attemptArgs(l user.Lookup, now time.Time) named {
	var budgets []ratelimit.Budget
	var forKnownDevice []*bool // null for both
	for _, group := range []struct {
		budgets []ratelimit.Budget
		known   *bool
	}{{l.Budgets, nil}, {l.KnownDevice, new(true)}, {l.OtherDevice, new(false)}} {
		for _, b := range group.budgets {
			budgets = append(budgets, b)
			forKnownDevice = append(forKnownDevice, group.known)
		}
	}
	perAccount, perPassword := make([]bool, len(budgets)), make([]bool, len(budgets))
	for i, b := range budgets {
		perAccount[i], perPassword[i] = b.PerAccount, b.PerPassword
	}
	return append(budgetArgs(budgets, limitKind), named{
		{"now", now},
		{"typed", ownerBytes(ratelimit.Owner{Typed: l.Typed})},
		{"device", l.Device},
		{"devices_after", now.Add(-user.DeviceLifetime)},
		{"per_account", perAccount},
		{"per_password", perPassword},
		{"for_known_device", forKnownDevice},
	}...)
}

const sqlRecordFailure statement = `
with updated_limits as (
	update limits set checking_since = null where ` + isGivenCounter + `
), subject as (
	select null::uuid as uuid
)` + auditCTE + `
select from chain_head`

// RecordFailure records that an attempt has failed, so that nobody waits for its
// outcome.
func (db *DB) RecordFailure(ctx context.Context, failed []ratelimit.Budget, event audit.Event) error {
	return db.exec(ctx, query{"record a failure", sqlRecordFailure, db.audited(event, named{{"counters", limitKeys(failed)}})})
}
