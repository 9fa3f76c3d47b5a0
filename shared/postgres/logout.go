package postgres

import (
	"context"

	"roster/shared/audit"
	"roster/shared/request"
	"roster/shared/user"
)

// The lock on the account makes a login, or a change of the account, come
// before this statement or after it.
const sqlEndOwnSessions statement = `
with locked_user as materialized (
	select u.id, u.uuid from users u join sessions s on ` + sessionIsAlive + `
	where s.id = @caller_session and u.uuid = @caller and u.token_version = @caller_token_version and u.active
	for update of u
), deleted_sessions as (
	delete from sessions s using locked_user u where s.user_id = u.id
	and case @scope when 'this' then s.id = @caller_session when 'others' then s.id <> @caller_session else true end
), deleted_devices as (
	delete from devices d using locked_user u where d.user_id = u.id and @scope = 'all'
), subject as (
	select uuid from locked_user
)` + auditCTE + `
select true from locked_user`

// EndOwnSessions ends sessions of the caller if the caller's own is alive.
func (db *DB) EndOwnSessions(ctx context.Context, c request.Caller, scope user.LogoutScope, event audit.Event) (bool, error) {
	var done bool
	return db.queryRow(ctx, query{"end own sessions", sqlEndOwnSessions, named{
		{"caller", c.UUID},
		{"caller_session", c.Session},
		{"caller_token_version", c.TokenVersion},
		{"scope", scope},
		{"event", entry(event)},
	}}, &done)
}
