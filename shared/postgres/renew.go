package postgres

import (
	"context"

	"roster/shared/audit"
	"roster/shared/request"
	"roster/shared/user"
)

// sqlRenew locks the account and then the session, and decides on the locked
// rows what to do with the refresh token: make its child the token of the
// session, answer the same child again, refuse to, end the session, or nothing.
// We minted every token that comes here, so a token of an older generation was
// valid once. The same child goes to the client of the renewal only: to others
// it would tell nobody that somebody else has the session, too.
//
// Only the locked rows are current. Everything else that the statement reads is
// as it was when the statement began. That is why the locked rows alone say
// whether the session is alive. The lock on the account waits for whatever
// increments token_version (for update). It does not wait for a login or for
// another renewal.
const sqlRenew statement = `
with locked_user as materialized (
	select ` + userColumns + ` from users where id = (select user_id from sessions where id = @session) and active
	for key share
), locked_session as materialized (
	select s.id, s.user_id, s.version, s.generation, s.hash, s.parent, s.last_used_at, s.idle_ends_at, s.ends_at,
		s.last_network = '' -- renewed by an earlier release
			or (s.last_network = @network and s.last_user_agent = @user_agent) as same_client
	from sessions s join locked_user u on s.user_id = u.id where s.id = @session
	for update of s
), decision as (
	select s.id as session, u.uuid, case
		when generation = @generation and hash = @hash then 'renew'
		when generation = @generation + 1 and parent = @hash and @now < last_used_at + make_interval(secs => @grace_seconds)
			then case when same_client then 'again' else 'repeated' end
		when generation > @generation then 'reused'
		else 'over'
	end as verdict
	from locked_session s join locked_user u on ` + sessionIsAlive + `
), renewed_session as (
	update sessions s set generation = s.generation + 1, parent = s.hash, hash = @child_hash,
		last_used_at = @now, idle_ends_at = least(@idle_ends_at, s.ends_at),
		last_address = @address, last_network = @network, last_user_agent = @user_agent
	from decision d where s.id = d.session and d.verdict = 'renew'
), deleted_session as (
	delete from sessions s using decision d where s.id = d.session and d.verdict = 'reused'
	returning d.uuid
), subject as (
	select uuid from deleted_session
)` + auditCTE + `
select verdict, ` + userColumns + ` from decision join locked_user using (uuid)`

var verdicts = map[string]user.RenewalOutcome{
	"renew": user.SessionRenewed, "again": user.SessionRenewed, "repeated": user.TokenRepeated, "reused": user.TokenReused, "over": user.SessionOver,
}

// Renew uses a refresh token. Renewals of one session at the same moment wait
// for each other's commit, no longer. The event is written when the token was
// used before.
func (db *DB) Renew(ctx context.Context, r user.Renewal, reused audit.Event) (user.RenewalOutcome, *user.User, error) {
	var verdict string
	var u user.User
	found, err := db.queryRow(ctx, query{"renew a session", sqlRenew, db.audited(reused, named{
		{"session", r.Session},
		{"generation", r.Generation},
		{"hash", r.Hash},
		{"child_hash", r.Child},
		{"now", r.At},
		{"idle_ends_at", r.IdleEndsAt},
		{"grace_seconds", r.Grace.Seconds()},
		{"address", request.AddressText(r.Client.Address)},
		{"network", r.Client.Network()},
		{"user_agent", r.Client.UserAgent},
	})}, append([]any{&verdict}, userFields(&u)...)...)
	if err != nil || !found {
		return user.SessionOver, nil, err
	}
	return verdicts[verdict], &u, nil
}

// The row says which token was repeated last, so that the log has one entry for
// each: otherwise somebody with a token could fill the log.
const sqlRecordRepeat statement = `
with locked_session as materialized (
	select id, user_id, repeated_generation from sessions where id = @session
	and generation = @generation + 1 and repeated_generation is distinct from @generation
	for update
), marked_session as (
	update sessions s set repeated_generation = @generation from locked_session l where s.id = l.id
	returning s.user_id
), subject as (
	select u.uuid from users u join marked_session m on u.id = m.user_id
)` + auditCTE + `
select repeated_generation is null from locked_session`

// RecordRepeat writes the event of a refused repeat, once for each token, and
// reports whether it is the first one of the session.
func (db *DB) RecordRepeat(ctx context.Context, session string, generation int64, event audit.Event) (first bool, err error) {
	_, err = db.queryRow(ctx, query{"record a repeat", sqlRecordRepeat, db.audited(event, named{
		{"session", session}, {"generation", generation},
	})}, &first)
	return first, err
}
