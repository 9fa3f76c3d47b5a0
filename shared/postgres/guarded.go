package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"roster/shared/audit"
	"roster/shared/user"
)

// guardCTE locks the rows that a decision rests on, in the order of their ids
// so that two never wait for each other, and reads what they say once the locks
// are held: who calls, who is the target, and, where the change takes an active
// ADMIN away, which other ones there are. $2 to $11 are guardArgs.
const guardCTE = `
with locked as materialized (
	select u.id, u.uuid, u.username, u.role, u.active, u.email, u.token_version from users u
	where u.uuid = $2 or u.uuid = $5 or ($7 and u.role = 'ADMIN' and u.active and exists (
		select from users t where t.uuid = $5 and t.role = 'ADMIN' and t.active))
	order by u.id
	for update of u
), checked as (
	select
		exists (select from locked where uuid = $2 and active and token_version = $3 and (role = 'ADMIN' or not $4))
			and exists (select from sessions s join users u on ` + alive + ` where s.id = $8 and u.uuid = $2) as caller_ok,
		exists (select from locked where uuid = $5 and username = $6
			and ($9::text is null or (role = $9 and active = $10 and email = $11))) as target_ok,
		not $7 or not exists (select from locked where uuid = $5 and role = 'ADMIN' and active)
			or exists (select from locked where uuid <> $5 and role = 'ADMIN' and active) as admin_ok
)`

func guardArgs(g user.Guard) []any {
	var role, email *string
	var active *bool
	if s := g.ExpectedTarget; s != nil {
		role, active, email = (*string)(&s.Role), &s.Active, &s.Email
	}
	return []any{g.Caller.UUID, g.Caller.TokenVersion, g.AsAdmin, g.TargetUUID, g.Username, g.RemovesAdmin, g.Caller.Session, role, active, email}
}

const sqlUpdateUser = guardCTE + `, wanted as (
	select
		exists (select from users where username = $12 and uuid <> $5) as username_taken,
		exists (select from users where lower(email) = lower($13 collate "C") and uuid <> $5) as email_taken
), about as (
	update users u set
		username      = coalesce($12, u.username),
		email         = coalesce($13, u.email),
		first_name    = coalesce($14, u.first_name),
		last_name     = coalesce($15, u.last_name),
		role          = coalesce($16, u.role),
		active        = coalesce($17, u.active),
		password_hash = coalesce($18, u.password_hash),
		password_changed_at = case when $18::text is null then u.password_changed_at else $19 end,
		updated_at    = $19,
		token_version = u.token_version + case when $20 then 1 else 0 end,
		reset_version = u.reset_version + case when $21 then 1 else 0 end
	from checked c, wanted w
	where u.uuid = $5 and c.caller_ok and c.target_ok and c.admin_ok and not w.username_taken and not w.email_taken
	returning u.id, u.uuid, u.token_version
), ended as (
	delete from resets where $21 and user_id in (select id from about)
), cleared as (
	delete from limits where key = any ($22::bytea[]) and exists (select from about)
), sessions_ended as (
	delete from sessions s using about a where s.user_id = a.id and $23 and s.id is distinct from $24::uuid
), sessions_kept as (
	update sessions s set version = a.token_version from about a
	where s.user_id = a.id and $20 and (not $23 or s.id = $24::uuid) and s.version = a.token_version - 1 -- alive until now
)` + auditCTE + `
select exists (select from about), not c.caller_ok, c.target_ok and not c.admin_ok, w.username_taken, w.email_taken
from checked c, wanted w`

// UpdateUser makes a change if the guard holds.
func (db *DB) UpdateUser(ctx context.Context, g user.Guard, e user.Edit, event audit.Event) (user.Outcome, error) {
	args := append(guardArgs(g), e.Username, e.Email, e.FirstName, e.LastName, e.Role, e.Active, e.PasswordHash, e.At, e.EndTokens, e.EndResets, limitKeys(e.Clear), e.EndSessions, nullable(e.KeepSession))
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

func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

const sqlDeleteUser = guardCTE + `, about as (
	delete from users u using checked c
	where u.uuid = $5 and c.caller_ok and c.target_ok and c.admin_ok
	returning u.uuid
)` + auditCTE + `
select exists (select from about), not caller_ok, target_ok and not admin_ok from checked`

// DeleteUser removes an account and its reset tokens if the guard holds.
func (db *DB) DeleteUser(ctx context.Context, g user.Guard, event audit.Event) (user.Outcome, error) {
	var o user.Outcome
	_, err := db.audited(ctx, "delete a user", event, func(row pgx.Row) error {
		o = user.Outcome{}
		return row.Scan(&o.Done, &o.CallerRefused, &o.LastAdmin)
	}, sqlDeleteUser, guardArgs(g)...)
	return o, err
}
