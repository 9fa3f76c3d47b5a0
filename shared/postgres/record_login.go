package postgres

import (
	"context"

	"roster/shared/audit"
	"roster/shared/request"
	"roster/shared/user"
)

const sqlRecordLogin statement = `
with updated_user as (
	update users set last_login_at = @now, password_hash = coalesce(nullif(@rehash, ''), password_hash)
	where uuid = @user and token_version = @token_version and active
	returning id, uuid
), created_session as (
	insert into sessions (id, user_id, version, generation, hash, method, device_name, user_agent, address,
		created_at, last_used_at, idle_ends_at, ends_at, last_address, last_network, last_user_agent)
	select @session, id, @token_version, 1, @refresh_hash, @method, @device_name, @user_agent, @address,
		@now, @now, @idle_ends_at, @ends_at, @address, @network, @user_agent
	from updated_user
), deleted_sessions as (
	delete from sessions where id in (
		select s.id from sessions s join updated_user u on s.user_id = u.id
		order by s.last_used_at desc, s.id offset greatest(@max_sessions - 1, 0))
), used_device as (
	insert into devices (hash, user_id, version, created_at, last_used_at)
	select @device, id, @token_version, @now, @now from updated_user
	on conflict (hash) do update set last_used_at = excluded.last_used_at
), deleted_devices as (
	delete from devices where hash in (
		select d.hash from devices d join updated_user u on d.user_id = u.id where d.hash <> @device
		order by d.version = @token_version desc, d.last_used_at > d.created_at desc, d.last_used_at desc, d.hash offset @max_devices - 1)
), deleted_limits as (
	delete from limits where exists (select from updated_user) and ` + clearedLimits + `
), subject as (
	select uuid from updated_user
)` + auditCTE + `
select true from updated_user`

// maxDevices is how many devices an account knows. A client that never sends its
// device token is a new device at each login. So that it does not push out the
// devices of people, those that have come back stay first.
const maxDevices = 20

// RecordLogin begins a session and stores the time of the login, if the account
// is still as it was when the password was checked. Logins of one account at
// the same moment wait for each other but do not see each other's sessions, so
// until the next login there can be more sessions than MaxSessions, and more
// devices than maxDevices.
func (db *DB) RecordLogin(ctx context.Context, l user.LoginRecord, event audit.Event) (bool, error) {
	var done bool
	s, devices := l.Session, maxDevices
	if l.OnlyDevice {
		devices = 1
	}
	return db.queryRow(ctx, query{"record a login", sqlRecordLogin, named{
		{"user", l.UUID},
		{"token_version", l.TokenVersion},
		{"now", l.At},
		{"rehash", l.Rehash},
		{"counters", limitKeys(l.Clear)},
		{"session", s.ID},
		{"refresh_hash", l.RefreshHash},
		{"method", s.Method},
		{"device_name", s.DeviceName},
		{"user_agent", s.UserAgent},
		{"address", request.AddressText(s.Address)},
		{"network", request.Client{Address: s.Address}.Network()},
		{"idle_ends_at", s.IdleEndsAt},
		{"ends_at", s.EndsAt},
		{"max_sessions", l.MaxSessions},
		{"device", l.DeviceHash},
		{"max_devices", devices},
		{"event", db.entry(event)},
	}}, &done)
}
