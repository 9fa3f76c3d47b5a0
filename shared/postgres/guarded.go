package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"roster/shared/user"
)

// sqlGuard locks the rows that a decision rests on, in the order of their ids
// so that two never wait for each other, and reads what they say once the locks
// are held: who calls, who is the target, and, where the change takes an active
// ADMIN away, which other ones there are. $1 to $6 are guardArgs.
const sqlGuard = `
with locked as materialized (
	select u.id, u.uuid, u.username, u.role, u.active, u.token_version from users u
	where u.uuid = $1 or u.uuid = $4 or ($6 and u.role = 'ADMIN' and u.active and exists (
		select from users t where t.uuid = $4 and t.role = 'ADMIN' and t.active))
	order by u.id
	for update of u
), checked as (
	select
		exists (select from locked where uuid = $1 and active and token_version = $2 and (role = 'ADMIN' or not $3)) as caller_ok,
		exists (select from locked where uuid = $4 and username = $5) as target_ok,
		not $6 or not exists (select from locked where uuid = $4 and role = 'ADMIN' and active)
			or exists (select from locked where uuid <> $4 and role = 'ADMIN' and active) as admin_ok
)`

func guardArgs(g user.Guard) []any {
	return []any{g.Caller.UUID, g.Caller.TokenVersion, g.AsAdmin, g.TargetUUID, g.Username, g.TakesAdmin}
}

const sqlUpdateUser = sqlGuard + `, wanted as (
	select
		exists (select from users where username = $7 and uuid <> $4) as username_taken,
		exists (select from users where lower(email) = lower($8 collate "C") and uuid <> $4) as email_taken
), changed as (
	update users u set
		username      = coalesce($7, u.username),
		email         = coalesce($8, u.email),
		first_name    = coalesce($9, u.first_name),
		last_name     = coalesce($10, u.last_name),
		role          = coalesce($11, u.role),
		active        = coalesce($12, u.active),
		password_hash = coalesce($13, u.password_hash),
		password_changed_at = case when $13::text is null then u.password_changed_at else $14 end,
		updated_at    = $14,
		token_version = u.token_version + case when $15 then 1 else 0 end,
		reset_version = u.reset_version + case when $16 then 1 else 0 end
	from checked c, wanted w
	where u.uuid = $4 and c.caller_ok and c.target_ok and c.admin_ok and not w.username_taken and not w.email_taken
	returning u.id
), ended as (
	delete from resets where $16 and user_id in (select id from changed)
), cleared as (
	delete from limits where key = any ($17::bytea[]) and exists (select from changed)
)
select exists (select from changed), not c.caller_ok, c.target_ok and not c.admin_ok, w.username_taken, w.email_taken
from checked c, wanted w`

// UpdateUser makes a change if the guard holds.
func (db *DB) UpdateUser(ctx context.Context, g user.Guard, e user.Edit) (user.Outcome, error) {
	args := append(guardArgs(g), e.Username, e.Email, e.FirstName, e.LastName, e.Role, e.Active, e.PasswordHash, e.At, e.EndTokens, e.EndResets, limitKeys(e.Clear))
	var o user.Outcome
	_, err := db.query(ctx, "update a user", func(row pgx.Row) error {
		o = user.Outcome{}
		err := row.Scan(&o.Done, &o.CallerRefused, &o.LastAdmin, &o.Taken.Username, &o.Taken.Email)
		if t := taken(err); t.Any() { // taken by a change that ran beside this one
			o.Taken, err = t, nil
		}
		return err
	}, sqlUpdateUser, args...)
	return o, err
}

const sqlDeleteUser = sqlGuard + `, deleted as (
	delete from users u using checked c
	where u.uuid = $4 and c.caller_ok and c.target_ok and c.admin_ok
	returning u.id
)
select exists (select from deleted), not caller_ok, target_ok and not admin_ok from checked`

// DeleteUser removes an account and its reset tokens if the guard holds.
func (db *DB) DeleteUser(ctx context.Context, g user.Guard) (user.Outcome, error) {
	var o user.Outcome
	_, err := db.query(ctx, "delete a user", func(row pgx.Row) error {
		o = user.Outcome{}
		return row.Scan(&o.Done, &o.CallerRefused, &o.LastAdmin)
	}, sqlDeleteUser, guardArgs(g)...)
	return o, err
}
