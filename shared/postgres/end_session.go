package postgres

import (
	"context"

	"roster/shared/audit"
	"roster/shared/user"
)

// As in sqlRenew, only the locked rows say whether the session is alive.
const sqlEndSession statement = guardCTE + `, locked_session as materialized (
	select s.id, s.user_id, s.version, s.idle_ends_at, s.ends_at
	from sessions s join locked_users u on s.user_id = u.id where s.id = @session and u.uuid = @target
	for update of s
), deleted_session as (
	delete from sessions using locked_session s, locked_users u, guard g
	where sessions.id = s.id and ` + sessionIsAlive + ` and g.caller_ok and g.target_ok
	returning u.uuid
), subject as (
	select uuid from deleted_session
)` + auditCTE + `
select exists (select from deleted_session), not caller_ok from guard`

// EndSession ends one session of an account if the guard holds.
func (db *DB) EndSession(ctx context.Context, g user.Guard, session string, event audit.Event) (o user.Outcome, err error) {
	args := db.audited(event, append(guardArgs(g), argument{"session", session}))
	_, err = db.queryRow(ctx, query{"end a session", sqlEndSession, args}, &o.Done, &o.CallerRefused)
	return o, err
}
