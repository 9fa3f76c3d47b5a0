package postgres

import (
	"context"

	"roster/shared/audit"
	"roster/shared/user"
)

const sqlUpdateUser statement = guardCTE + updateUser

// updateUser ends a statement that begins with a guard.
const updateUser = `, conflicts as (
	select
		exists (select from users where username = @username and uuid <> @target) as username_taken,
		exists (select from users where lower(email) = lower(@email collate "C") and uuid <> @target) as email_taken
), updated_user as (
	update users u set
		username      = coalesce(@username, u.username),
		email         = coalesce(@email, u.email),
		first_name    = coalesce(@first_name, u.first_name),
		last_name     = coalesce(@last_name, u.last_name),
		role          = coalesce(@role, u.role),
		active        = coalesce(@active, u.active),
		password_hash = coalesce(@password_hash, u.password_hash),
		password_changed_at = case when @password_hash::text is null then u.password_changed_at else @now end,
		metadata      = coalesce(@metadata, u.metadata),
		app_metadata  = coalesce(@app_metadata, u.app_metadata),
		updated_at    = @now,
		token_version = u.token_version + case when @end_tokens then 1 else 0 end,
		reset_version = u.reset_version + case when @end_resets then 1 else 0 end
	from guard g, conflicts c
	where u.uuid = @target and g.caller_ok and g.target_ok and g.admin_remains and not c.username_taken and not c.email_taken
	returning u.id, u.uuid, u.token_version
), deleted_resets as (
	delete from resets where @end_resets and user_id in (select id from updated_user)
), deleted_limits as (
	delete from limits where exists (select from updated_user) and ` + isGivenCounter + `
), deleted_devices as (
	delete from devices d using updated_user u where d.user_id = u.id and @end_sessions
), deleted_sessions as (
	delete from sessions s using updated_user u where s.user_id = u.id and @end_sessions and s.id is distinct from @kept_session::uuid
), kept_sessions as (
	update sessions s set version = u.token_version from updated_user u
	where s.user_id = u.id and @end_tokens and (not @end_sessions or s.id = @kept_session::uuid)
	and s.version = u.token_version - 1 -- alive until now
), subject as (
	select uuid from updated_user
)` + auditCTE + `
select exists (select from updated_user), not g.caller_ok, g.target_ok and not g.admin_remains, c.username_taken, c.email_taken
from guard g, conflicts c`

// UpdateUser makes a change if the guard holds.
func (db *DB) UpdateUser(ctx context.Context, g user.Guard, e user.Edit, event audit.Event) (o user.Outcome, err error) {
	_, err = db.queryRow(ctx, query{"update a user", sqlUpdateUser, db.audited(event, updateUserArgs(g, e))},
		&o.Done, &o.CallerRefused, &o.LastAdmin, &o.Taken.Username, &o.Taken.Email)
	if taken := takenBy(err); taken.Any() { // by a change that ran at the same moment
		return user.Outcome{Taken: taken}, nil
	}
	return o, err
}

func updateUserArgs(g user.Guard, e user.Edit) named { return append(guardArgs(g), editArgs(e)...) }

// editArgs returns the arguments of updateUser.
func editArgs(e user.Edit) named {
	return named{
		{"username", e.Username},
		{"email", e.Email},
		{"first_name", e.FirstName},
		{"last_name", e.LastName},
		{"metadata", e.Metadata},
		{"app_metadata", e.AppMetadata},
		{"role", e.Role},
		{"active", e.Active},
		{"password_hash", e.PasswordHash},
		{"now", e.At},
		{"end_tokens", e.RevokeTokens},
		{"end_resets", e.RevokeResets},
		{"counters", limitKeys(e.Clear)},
		{"end_sessions", e.EndSessions},
		{"kept_session", orNull(e.KeepSession)},
	}
}
