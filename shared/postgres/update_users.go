package postgres

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/shared/request"
	"roster/shared/user"
)

// sqlBulkTargets counts the active ADMINs in the index that has only these.
const sqlBulkTargets statement = `
select uuid, username, role, active, (select count(*) from users where role = 'ADMIN' and active)
from users where username = any (@usernames)`

// BulkTargets returns the accounts with these usernames, and how many accounts are
// active ADMINs.
func (db *DB) BulkTargets(ctx context.Context, usernames []string) (targets []user.BulkTarget, admins int, err error) {
	q := query{"read the targets of a bulk change", sqlBulkTargets, named{{"usernames", usernames}}}
	targets, err = collect(ctx, db, q, func(row pgx.CollectableRow) (t user.BulkTarget, err error) {
		err = row.Scan(&t.UUID, &t.Username, &t.Role, &t.Active, &admins)
		return t, err
	})
	return targets, admins, err
}

// sqlUpdateUsers is sqlUpdateUser and sqlDeleteUser for many accounts. It locks as they
// do: accounts in the order of their ids, then what belongs to them, then the chain of
// the audit log. All events go to one chain: two statements that lock two chains in
// different orders would wait for each other. It takes no advisory lock for the counters
// that it deletes, because no other statement locks those of two accounts.
const sqlUpdateUsers statement = bulkGuardCTE + `, allowed as (
	select m.* from matching m, guard g where g.caller_ok and (g.admin_remains or not m.removes_admin)
), deleted_users as (
	delete from users u using allowed a where u.id = a.id and a.deletes
	returning u.uuid
), deleted_limits as (
	delete from limits where key = any (array (
		select c.key from unnest(@counters::bytea[], @counters_of::uuid[]) as c (key, account) join deleted_users d on d.uuid = c.account))
), updated_users as (
	update users u set
		role          = coalesce(a.new_role, u.role),
		active        = coalesce(a.new_active, u.active),
		updated_at    = @now,
		token_version = u.token_version + case when a.end_tokens then 1 else 0 end,
		reset_version = u.reset_version + case when a.end_resets then 1 else 0 end
	from allowed a where u.id = a.id and not a.deletes
	returning u.id, u.uuid, u.token_version, a.end_tokens, a.end_resets, a.end_sessions
), deleted_resets as (
	delete from resets r using updated_users u where r.user_id = u.id and u.end_resets
), deleted_devices as (
	delete from devices d using updated_users u where d.user_id = u.id and u.end_sessions
), deleted_sessions as (
	delete from sessions s using updated_users u where s.user_id = u.id and u.end_sessions
), kept_sessions as (
	update sessions s set version = u.token_version from updated_users u
	where s.user_id = u.id and u.end_tokens and not u.end_sessions and s.version = u.token_version - 1 -- alive until now
), written as (
	select uuid from deleted_users union all select uuid from updated_users
), event_texts as (
	select c.target, c.event as body, c.actions, row_number() over (order by c.place) as place
	from changes c, guard g
	where g.caller_ok and (c.refused or c.target in (select uuid from written))
)` + auditManyCTE + `
select uuid, true from written union all select @caller::uuid, false from guard where not caller_ok`

// bulkGuardCTE is guardCTE for the targets @targets. Its arguments are bulkArgs. The CTE
// matching has the targets that are still as they were read.
const bulkGuardCTE = `
with recursive changes as materialized (
	select target, username, role, active, new_role, new_active, deletes, removes_admin, end_tokens, end_resets, end_sessions,
		refused, event, actions, place
	from unnest(@targets::uuid[], @usernames::text[], @roles::text[], @actives::boolean[], @new_roles::text[], @new_actives::boolean[],
		@deletes::boolean[], @removes::boolean[], @end_tokens::boolean[], @end_resets::boolean[], @end_sessions::boolean[],
		@refused::boolean[], @events::text[], @actions::text[]) with ordinality
		as c (target, username, role, active, new_role, new_active, deletes, removes_admin, end_tokens, end_resets, end_sessions,
			refused, event, actions, place)
), locked_users as materialized (
	select u.id, u.uuid, u.username, u.role, u.active, u.token_version from users u
	where u.uuid = @caller or u.uuid = any (@targets::uuid[]) or (@removes_admin and u.role = 'ADMIN' and u.active)
	order by u.id
	for update of u
), caller_session as materialized (
	select s.id, s.user_id, s.version, s.idle_ends_at, s.ends_at
	from sessions s join locked_users u on s.user_id = u.id where s.id = @caller_session and u.uuid = @caller
	for key share of s
), matching as materialized (
	select c.target, c.new_role, c.new_active, c.deletes, c.removes_admin, c.end_tokens, c.end_resets, c.end_sessions, u.id
	from changes c join locked_users u on u.uuid = c.target and u.username = c.username and u.role = c.role and u.active = c.active
	where not c.refused
), guard as materialized (
	select
		exists (select from locked_users where uuid = @caller and active and token_version = @caller_token_version and role = 'ADMIN')
			and exists (select from caller_session s join locked_users u on ` + sessionIsAlive + `) as caller_ok,
		not @removes_admin or exists (
			select from locked_users u left join matching m on m.target = u.uuid
			where coalesce(m.new_role, u.role) = 'ADMIN' and coalesce(m.new_active, u.active) and not coalesce(m.deletes, false)
		) as admin_remains
)`

// auditManyCTE is auditCTE for the events in the CTE event_texts, which are numbered
// from 1. The chain's head is locked once it is known that there are any.
const auditManyCTE = `, locked_head as materialized (
	select seq, hash from audit_heads where chain = @event_chain and exists (select from event_texts) for update
), links as (
	select 0::bigint as place, seq, null::bytea as digest, hash from locked_head
	union all
	select e.place, l.seq + 1, sha256(convert_to(e.body, 'UTF8')), sha256(l.hash || int8send(l.seq + 1) || sha256(convert_to(e.body, 'UTF8')))
	from links l join event_texts e on e.place = l.place + 1
), chain_head as (
	update audit_heads h set seq = l.seq, digest = l.digest, hash = l.hash
	from (select seq, digest, hash from links where place > 0 order by place desc limit 1) l where h.chain = @event_chain
), audit_rows as (
	insert into audit (chain, seq, at, actions, actor, target, event, hash)
	select @event_chain, l.seq, @now, string_to_array(e.actions, ','), @event_actor, e.target, e.body, l.hash
	from links l join event_texts e on e.place = l.place
)`

// UpdateUsers writes the changes whose targets are as they were read, with their
// events.
func (db *DB) UpdateUsers(ctx context.Context, c request.Caller, writes []user.BulkWrite, now time.Time) (o user.BulkOutcome, err error) {
	type row struct {
		uuid string
		ok   bool
	}
	rows, err := collect(ctx, db, query{"update many users", sqlUpdateUsers, db.bulkArgs(c, writes, now)}, func(r pgx.CollectableRow) (got row, err error) {
		err = r.Scan(&got.uuid, &got.ok)
		return got, err
	})
	o.Written = make(map[string]bool, len(rows))
	for _, r := range rows {
		o.Written[r.uuid] = r.ok
		o.CallerRefused = o.CallerRefused || !r.ok
	}
	return o, err
}

// bulkArgs returns the arguments of sqlUpdateUsers: one array for each column.
func (db *DB) bulkArgs(c request.Caller, writes []user.BulkWrite, now time.Time) named {
	chain := randomChain()
	var counters [][]byte
	var countersOf []string
	for _, w := range writes {
		counters = append(counters, limitKeys(w.Clear)...)
		countersOf = append(countersOf, slices.Repeat([]string{w.Target.UUID}, len(w.Clear))...)
	}
	return named{
		{"counters", counters},
		{"counters_of", countersOf},
		{"targets", column(writes, func(w *user.BulkWrite) string { return w.Target.UUID })},
		{"usernames", column(writes, func(w *user.BulkWrite) string { return w.Target.Username })},
		{"roles", column(writes, func(w *user.BulkWrite) string { return string(w.Target.Role) })},
		{"actives", column(writes, func(w *user.BulkWrite) bool { return w.Target.Active })},
		{"new_roles", column(writes, func(w *user.BulkWrite) *string { return (*string)(w.Edit.Role) })},
		{"new_actives", column(writes, func(w *user.BulkWrite) *bool { return w.Edit.Active })},
		{"deletes", column(writes, func(w *user.BulkWrite) bool { return w.Delete })},
		{"removes", column(writes, (*user.BulkWrite).RemovesAdmin)},
		{"end_tokens", column(writes, func(w *user.BulkWrite) bool { return w.Edit.RevokeTokens })},
		{"end_resets", column(writes, func(w *user.BulkWrite) bool { return w.Edit.RevokeResets })},
		{"end_sessions", column(writes, func(w *user.BulkWrite) bool { return w.Edit.EndSessions })},
		{"refused", column(writes, func(w *user.BulkWrite) bool { return w.Refused })},
		{"events", column(writes, func(w *user.BulkWrite) string { return db.eventText(newEventBody(w.Event, chain)) })},
		{"actions", column(writes, func(w *user.BulkWrite) string { return strings.Join(actionTexts(w.Event), ",") })},
		{"caller", c.UUID},
		{"caller_session", c.Session},
		{"caller_token_version", c.TokenVersion},
		{"removes_admin", slices.ContainsFunc(writes, user.BulkWrite.RemovesAdmin)},
		{"event_chain", chain},
		{"event_actor", c.UUID},
		{"now", now.UTC().Truncate(time.Microsecond)}, // as the events have it
	}
}

// column returns one value of each row, for a parameter that is an array.
func column[R, T any](rows []R, value func(*R) T) []T {
	list := make([]T, len(rows))
	for i := range rows {
		list[i] = value(&rows[i])
	}
	return list
}
