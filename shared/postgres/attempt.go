package postgres

import (
	"context"
	"time"

	"roster/shared/audit"
	"roster/shared/ratelimit"
	"roster/shared/user"
)

// sqlAttemptAtAccount finds the account that somebody names, and takes one
// attempt from its budgets. It does the same work where there is no account: the
// budgets then belong to the name that was typed.
const sqlAttemptAtAccount statement = `
with found_user as materialized (
	select ` + userColumns + ` from users
	where username = @username and (@email::text is null or lower(email) = lower(@email collate "C"))
	union all
	select ` + userColumns + ` from users where @username::text is null and lower(email) = lower(@email collate "C")
), user_or_nobody as (
	select true as found, ` + userColumns + ` from found_user
	union all
	select false, 0, '00000000-0000-0000-0000-000000000000'::uuid, '', '', '', '', '', '', false, 0, 'epoch', 'epoch', null, null
	where not exists (select from found_user)
), device as (
	select exists (select from devices d join found_user u on d.user_id = u.id
		where d.hash = @device and d.version = u.token_version and d.last_used_at > @devices_after) as known
), budgets as (
	select
		case when b.per_account then sha256(b.key || case when u.found then uuid_send(u.uuid) else @typed::bytea end
			|| case when b.per_password and u.found then int8send(u.token_version) else '' end) else b.key end as key,
		case when b.per_account and u.found then u.uuid end as account,
		b.consecutive, b.provisional, b.max_attempts, b.seconds
	from unnest(` + budgetArrays + `, @per_account::boolean[], @per_password::boolean[],
			@for_known_device::boolean[]) as b (` + budgetColumns + `, per_account, per_password, for_known_device),
		user_or_nobody u, device d
	where b.for_known_device is null or b.for_known_device = d.known
)` + countCTEs + `
select d.consumed, d.last, d.counted, d.wait, d.pending, device.known, u.found, ` + userColumns + `
from decision d, device, user_or_nobody u`

// AttemptAtAccount takes an attempt at the account that somebody names, and
// returns the account if there is one.
func (db *DB) AttemptAtAccount(ctx context.Context, l user.Lookup, now time.Time) (found user.Found, err error) {
	var d decision
	var isUser bool
	var u user.User
	_, err = db.queryRow(ctx, query{"take an attempt at an account", sqlAttemptAtAccount, attemptArgs(l, now)},
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
		{"username", orNull(l.Username)},
		{"email", orNull(l.Email)},
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
	update limits set checking_since = null where key in ` + givenCounters + `
), subject as (
	select null::uuid as uuid
)` + auditCTE + `
select from chain_head`

// RecordFailure records that an attempt has failed, so that nobody waits for its
// outcome.
func (db *DB) RecordFailure(ctx context.Context, failed []ratelimit.Budget, event audit.Event) error {
	return db.exec(ctx, query{"record a failure", sqlRecordFailure, named{{"counters", limitKeys(failed)}, {"event", db.entry(event)}}})
}
