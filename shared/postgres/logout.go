package postgres

import (
	"context"
	"time"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/request"
	"roster/shared/user"
)

// The lock on the account makes a login, or a change of the account, come
// before this statement or after it. But the statement does not see the session
// of a login that it has waited for, because it reads sessions as they were when
// it began. A login changes the account's row: where the locked row is not the
// one that was there at the beginning, the statement does nothing, and is run
// again.
const sqlEndOwnSessions statement = `
with seen_user as materialized (
	select id, xmin from users where uuid = @caller
), locked_user as materialized (
	select u.id, u.uuid, u.xmin from users u join sessions s on ` + sessionIsAlive + `
	where s.id = @caller_session and u.uuid = @caller and u.token_version = @caller_token_version and u.active
	for update of u
), unchanged_user as (
	select l.id, l.uuid from locked_user l join seen_user s on l.id = s.id and l.xmin = s.xmin
), deleted_sessions as (
	delete from sessions s using unchanged_user u where s.user_id = u.id
	and case @scope when 'this' then s.id = @caller_session when 'others' then s.id <> @caller_session else true end
), deleted_devices as (
	delete from devices d using unchanged_user u where d.user_id = u.id and @scope = 'all'
), subject as (
	select uuid from unchanged_user
)` + auditCTE + `
select exists (select from unchanged_user) from locked_user`

// maxLogouts is how often a logout is run while logins keep changing the account.
const maxLogouts = 5

// EndOwnSessions ends sessions of the caller if the caller's own is alive.
func (db *DB) EndOwnSessions(ctx context.Context, c request.Caller, scope user.LogoutScope, event audit.Event) (bool, error) {
	for range maxLogouts {
		var done bool
		alive, err := db.queryRow(ctx, query{"end own sessions", sqlEndOwnSessions, db.audited(event, named{
			{"caller", c.UUID},
			{"caller_session", c.Session},
			{"caller_token_version", c.TokenVersion},
			{"scope", scope},
		})}, &done)
		if err != nil || !alive || done {
			return done, err
		}
	}
	return false, &fault.Error{Code: fault.Unavailable, Message: "The account is being changed. Please try again.", RetryAfter: time.Second}
}
