package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"roster/shared/user"
)

// guardCTE locks the rows that a decision rests on, in the order of their ids
// so that two never wait for each other, and reads what they say once the locks
// are held: who calls, who is the target, and, where the change takes an active
// ADMIN away, which other ones there are. $2 to $7 are guardArgs.
const guardCTE = `
with locked as materialized (
	select u.id, u.uuid, u.username, u.role, u.active, u.token_version from users u
	where u.uuid = $2 or u.uuid = $5 or ($7 and u.role = 'ADMIN' and u.active and exists (
		select from users t where t.uuid = $5 and t.role = 'ADMIN' and t.active))
	order by u.id
	for update of u
), checked as (
	select
		exists (select from locked where uuid = $2 and active and token_version = $3 and (role = 'ADMIN' or not $4)) as caller_ok,
		exists (select from locked where uuid = $5 and username = $6) as target_ok,
		not $7 or not exists (select from locked where uuid = $5 and role = 'ADMIN' and active)
			or exists (select from locked where uuid <> $5 and role = 'ADMIN' and active) as admin_ok
)`

func guardArgs(g user.Guard) []any {
	return []any{g.Caller.UUID, g.Caller.TokenVersion, g.AsAdmin, g.TargetUUID, g.Username, g.TakesAdmin}
}

const sqlUpdateUser = guardCTE + `, wanted as (
	select
		exists (select from users where username = $8 and uuid <> $5) as username_taken,
		exists (select from users where lower(email) = lower($9 collate "C") and uuid <> $5) as email_taken
), about as (
	update users u set
		username      = coalesce($8, u.username),
		email         = coalesce($9, u.email),
		first_name    = coalesce($10, u.first_name),
		last_name     = coalesce($11, u.last_name),
		role          = coalesce($12, u.role),
		active        = coalesce($13, u.active),
		password_hash = coalesce($14, u.password_hash),
		password_changed_at = case when $14::text is null then u.password_changed_at else $15 end,
		updated_at    = $15,
		token_version = u.token_version + case when $16 then 1 else 0 end,
		reset_version = u.reset_version + case when $17 then 1 else 0 end
	from checked c, wanted w
	where u.uuid = $5 and c.caller_ok and c.target_ok and c.admin_ok and not w.username_taken and not w.email_taken
	returning u.id, u.uuid
), ended as (
	delete from resets where $17 and user_id in (select id from about)
), cleared as (
	delete from limits where key = any ($18::bytea[]) and exists (select from about)
)` + auditCTE + `
select exists (select from about), not c.caller_ok, c.target_ok and not c.admin_ok, w.username_taken, w.email_taken
from checked c, wanted w`

// UpdateUser makes a change if the guard holds.
func (db *DB) UpdateUser(ctx context.Context, g user.Guard, e user.Edit, event user.Event) (user.Outcome, error) {
	args := append(guardArgs(g), e.Username, e.Email, e.FirstName, e.LastName, e.Role, e.Active, e.PasswordHash, e.At, e.EndTokens, e.EndResets, limitKeys(e.Clear))
	var o user.Outcome
	_, err := db.audited(ctx, "update a user", event, func(row pgx.Row) error {
		o = user.Outcome{}
		err := row.Scan(&o.Done, &o.CallerRefused, &o.LastAdmin, &o.Taken.Username, &o.Taken.Email)
		if t := taken(err); t.Any() { // taken by a change that ran beside this one
			o.Taken, err = t, nil
		}
		return err
	}, sqlUpdateUser, args...)
	return o, err
}

const sqlDeleteUser = guardCTE + `, about as (
	delete from users u using checked c
	where u.uuid = $5 and c.caller_ok and c.target_ok and c.admin_ok
	returning u.uuid
)` + auditCTE + `
select exists (select from about), not caller_ok, target_ok and not admin_ok from checked`

// DeleteUser removes an account and its reset tokens if the guard holds.
func (db *DB) DeleteUser(ctx context.Context, g user.Guard, event user.Event) (user.Outcome, error) {
	var o user.Outcome
	_, err := db.audited(ctx, "delete a user", event, func(row pgx.Row) error {
		o = user.Outcome{}
		return row.Scan(&o.Done, &o.CallerRefused, &o.LastAdmin)
	}, sqlDeleteUser, guardArgs(g)...)
	return o, err
}
