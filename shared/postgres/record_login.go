package postgres

import (
	"context"

	"roster/shared/audit"
	"roster/shared/user"
)

const sqlRecordLogin statement = `
with updated_user as (
	update users set last_login_at = @now, password_hash = coalesce(nullif(@rehash, ''), password_hash)
	where uuid = @user and token_version = @token_version and active
	returning id, uuid
), created_session as (
	insert into sessions (id, user_id, version, generation, hash, method, device_name, user_agent, address,
		created_at, last_used_at, idle_ends_at, ends_at)
	select @session, id, @token_version, 1, @refresh_hash, @method, @device_name, @user_agent, @address,
		@now, @now, @idle_ends_at, @ends_at
	from updated_user
), deleted_sessions as (
	delete from sessions where id in (
		select s.id from sessions s join updated_user u on s.user_id = u.id
		order by s.last_used_at desc, s.id offset greatest(@max_sessions - 1, 0))
), deleted_limits as (
	delete from limits where exists (select from updated_user)
	and key in (select key from limits where key = any (@cleared_limits::bytea[]) order by key for update) -- in the order of sqlConsume
), subject as (
	select uuid from updated_user
)` + auditCTE + `
select true from updated_user`

// RecordLogin begins a session and stores the time of the login, if the account
// is still as it was when the password was checked. Logins of one account at
// the same moment wait for each other but do not see each other's sessions, so
// for a moment there can be more sessions than MaxSessions.
func (db *DB) RecordLogin(ctx context.Context, l user.LoginRecord, event audit.Event) (bool, error) {
	var done bool
	s := l.Session
	return db.queryRow(ctx, query{"record a login", sqlRecordLogin, named{
		{"user", l.UUID},
		{"token_version", l.TokenVersion},
		{"now", l.At},
		{"rehash", l.Rehash},
		{"cleared_limits", limitKeys(l.Clear)},
		{"session", s.ID},
		{"refresh_hash", l.RefreshHash},
		{"method", s.Method},
		{"device_name", s.DeviceName},
		{"user_agent", s.UserAgent},
		{"address", addressText(s.Address)},
		{"idle_ends_at", s.IdleEndsAt},
		{"ends_at", s.EndsAt},
		{"max_sessions", l.MaxSessions},
		{"event", entry(event)},
	}}, &done)
}
