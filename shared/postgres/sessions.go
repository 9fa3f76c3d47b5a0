package postgres

import (
	"context"
	"net/netip"

	"github.com/jackc/pgx/v5"

	"roster/shared/audit"
	"roster/shared/request"
	"roster/shared/user"
)

// alive is the rule for a session s of an account u, by the server's clock:
// its row is there, its times have not come, and its version is its account's
// token_version. Whatever ends all sessions of an account counts that up; it
// cannot rely on deleting them, because it does not see one that begins at the
// same moment.
const alive = `s.user_id = u.id and s.version = u.token_version and s.idle_ends_at > now() and s.ends_at > now()`

// sqlRenew locks the account and then the session, judges the token by what they
// then say, and makes the child the session's token, does nothing, or ends the
// session. Every token that comes here was minted by us, so one of an older
// generation was good once.
//
// A lock that was waited for shows the row as it is, and everything else is as
// it was when the statement began. So whether the session is alive is asked of
// the locked rows alone. The lock keeps off what counts up the account's version
// (for update), and no login or other renewal.
//
// $2 session, $3 generation, $4 hash, $5 the child's hash, $6 now, $7 when it
// will have been idle, $8 the grace in seconds.
const sqlRenew = `
with account as materialized (
	select ` + columns + ` from users where id = (select user_id from sessions where id = $2) and active
	for key share
), held as materialized (
	select s.id, s.user_id, s.version, s.generation, s.hash, s.parent, s.last_used_at, s.idle_ends_at, s.ends_at
	from sessions s join account u on s.user_id = u.id where s.id = $2
	for update of s
), judged as (
	select s.id as session, u.uuid, case
		when generation = $3 and hash = $4 then 'renew'
		when generation = $3 + 1 and parent = $4 and $6 < last_used_at + make_interval(secs => $8) then 'again'
		when generation > $3 then 'reused'
		else 'over'
	end as verdict
	from held s join account u on ` + alive + `
), renewed as (
	update sessions s set generation = s.generation + 1, parent = s.hash, hash = $5, last_used_at = $6, idle_ends_at = least($7, s.ends_at)
	from judged j where s.id = j.session and j.verdict = 'renew'
), about as (
	delete from sessions s using judged j where s.id = j.session and j.verdict = 'reused'
	returning j.uuid
)` + auditCTE + `
select verdict, ` + columns + ` from judged join account using (uuid)`

var verdicts = map[string]user.Verdict{"renew": user.SessionRenewed, "again": user.SessionRenewed, "reused": user.TokenReused, "over": user.SessionOver}

// Renew uses a refresh token. Renewals of one session at once wait for each
// other's commit, no longer.
func (db *DB) Renew(ctx context.Context, r user.Renewal, e audit.Event) (user.Verdict, *user.User, error) {
	var verdict string
	var u user.User
	found, err := db.audited(ctx, "renew a session", e, func(row pgx.Row) error { return row.Scan(append([]any{&verdict}, fields(&u)...)...) },
		sqlRenew, r.Session, r.Generation, r.Hash, r.Child, r.At, r.IdleEndsAt, r.Grace.Seconds())
	if err != nil || !found {
		return user.SessionOver, nil, err
	}
	return verdicts[verdict], &u, nil
}

const sqlSessions = `
select s.id, s.device_name, s.user_agent, s.address, s.method, s.created_at, s.last_used_at, s.idle_ends_at, s.ends_at
from sessions s join users u on ` + alive + `
where u.uuid = $1 order by s.last_used_at desc, s.id`

// Sessions returns an account's sessions that are alive, the last used first.
func (db *DB) Sessions(ctx context.Context, uuid string) (all []user.Session, err error) {
	err = db.do(ctx, "list the sessions of a user", func() error {
		rows, err := db.pool.Query(ctx, sqlSessions, uuid)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (s user.Session, err error) {
			var address string
			err = row.Scan(&s.ID, &s.DeviceName, &s.UserAgent, &address, &s.Method, &s.CreatedAt, &s.LastUsedAt, &s.IdleEndsAt, &s.EndsAt)
			if address != "" && err == nil {
				s.Address, err = netip.ParseAddr(address)
			}
			return s, err
		})
		return err
	})
	return all, err
}

// The lock on the account keeps a login, or a change of it, before or after.
const sqlEndOwnSessions = `
with about as materialized (
	select u.id, u.uuid from users u join sessions s on ` + alive + `
	where s.id = $2 and u.uuid = $3 and u.token_version = $4 and u.active
	for update of u
), ended as (
	delete from sessions s using about a where s.user_id = a.id
	and case $5 when 'this' then s.id = $2 when 'others' then s.id <> $2 else true end
)` + auditCTE + `
select true from about`

// EndOwnSessions ends sessions of the caller, if its own is alive.
func (db *DB) EndOwnSessions(ctx context.Context, c request.Caller, scope user.LogoutScope, e audit.Event) (bool, error) {
	var done bool
	return db.audited(ctx, "end own sessions", e, func(row pgx.Row) error { return row.Scan(&done) }, sqlEndOwnSessions, c.Session, c.UUID, c.TokenVersion, string(scope))
}

// As in sqlRenew, the locked rows say whether the session is alive.
const sqlEndSession = guardCTE + `, held as materialized (
	select s.id, s.user_id, s.version, s.idle_ends_at, s.ends_at
	from sessions s join locked u on s.user_id = u.id where s.id = $12 and u.uuid = $5
	for update of s
), about as (
	delete from sessions using held s, locked u, checked c
	where sessions.id = s.id and ` + alive + ` and c.caller_ok and c.target_ok
	returning u.uuid
)` + auditCTE + `
select exists (select from about), not caller_ok from checked`

// EndSession ends one session of an account if the guard holds.
func (db *DB) EndSession(ctx context.Context, g user.Guard, id string, e audit.Event) (user.Outcome, error) {
	var o user.Outcome
	_, err := db.audited(ctx, "end a session", e, func(row pgx.Row) error {
		o = user.Outcome{}
		return row.Scan(&o.Done, &o.CallerRefused)
	}, sqlEndSession, append(guardArgs(g), id)...)
	return o, err
}

func addressText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
