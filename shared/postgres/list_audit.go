package postgres

import (
	"context"
	"encoding/json"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"roster/shared/audit"
)

// The whole log and the log of one account are two statements, and a bound that the
// query does not have is an infinite one, so that each has one plan for all
// arguments: it follows an index and stops after a page. A page costs the same in a
// log of any length.
const sqlListAudit statement = withUsernames + `
	select at, chain, seq, event, actor, target from audit where true` + onPage + `
) as page` + newestFirst

// What was done to the account, what it did to others, and what it did to nobody: each
// follows an index of its own.
const sqlListAuditOfUser statement = `
with about_user as (
	select at, chain, seq, event, actor, target from audit where target = @user` + onPage + `
), by_user as (
	select at, chain, seq, event, actor, target from audit where actor = @user and actor <> target` + onPage + `
), by_user_alone as (
	select at, chain, seq, event, actor, target from audit where actor = @user and actor is not null and target is null` + onPage + `
)` + withUsernames + `
	select at, chain, seq, event, actor, target from about_user
	union all select at, chain, seq, event, actor, target from by_user
	union all select at, chain, seq, event, actor, target from by_user_alone` + newestFirst + ` limit @rows
) as page` + newestFirst

// withUsernames looks the names up for the rows of the page alone: one look-up by
// UUID for each, however many accounts there are. A join could read all of them,
// because the planner does not know how short a page is.
const withUsernames = `
select at, chain, seq, event, coalesce((select u.username from users u where u.uuid = page.actor), ''),
	coalesce((select u.username from users u where u.uuid = page.target), '')
from (`

const newestFirst = ` order by at desc, chain, seq`

// onPage restricts rows of audit to the page after the cursor @before_….
const onPage = `
	and (@action::text is null or @action = any (actions))
	and at >= @since and at < @until and at <= @before_at
	and (at < @before_at or (chain, seq) > (@before_chain::smallint, @before_seq::bigint))
` + newestFirst + ` limit @rows`

// ListAudit returns a page of events: what the account did and what was done to
// it, or the whole log for "". An event that somebody has altered is shown as
// far as it can be read; VerifyAudit names it.
func (db *DB) ListAudit(ctx context.Context, uuid string, q audit.Query) (audit.Page, error) {
	rows, err := collect(ctx, db, auditQuery(uuid, q), scanEvent)
	if err != nil {
		return audit.Page{}, err
	}
	return auditPage(rows, q.Limit), nil
}

func auditQuery(uuid string, q audit.Query) query {
	var before audit.Cursor
	if q.Before != nil {
		before = *q.Before
	}
	args := named{
		{"action", orNull(q.Action)},
		{"since", orInfinity(q.Since, pgtype.NegativeInfinity)},
		{"until", orInfinity(q.Until, pgtype.Infinity)},
		{"before_at", orInfinity(before.At, pgtype.Infinity)},
		{"before_chain", before.Chain},
		{"before_seq", before.Seq},
		{"rows", q.Limit + 1}, // one more, to know whether another page follows
	}
	sql := sqlListAudit
	if uuid != "" {
		sql, args = sqlListAuditOfUser, append(args, argument{"user", uuid})
	}
	return query{"list the audit log", sql, args}
}

// auditPage returns the page of the rows of an auditQuery.
func auditPage(rows []markedEvent, limit int) (page audit.Page) {
	if len(rows) > limit {
		rows = rows[:limit]
		page.Next = &rows[limit-1].cursor
	}
	for _, row := range rows {
		page.Events = append(page.Events, row.event)
	}
	return page
}

// markedEvent is an event and its place in the log.
type markedEvent struct {
	cursor audit.Cursor
	event  audit.Entry
}

func scanEvent(row pgx.CollectableRow) (e markedEvent, err error) {
	var text string
	if err := row.Scan(&e.cursor.At, &e.cursor.Chain, &e.cursor.Seq, &text, &e.event.ActorUsername, &e.event.TargetUsername); err != nil {
		return e, err
	}
	var b eventBody
	_ = json.Unmarshal([]byte(text), &b)
	e.event.Event = audit.Event{At: e.cursor.At, Actions: b.Actions, Actor: b.Actor, Target: b.Target, Detail: b.Detail}
	e.event.Client.Address, _ = netip.ParseAddr(b.Address)
	e.event.Client.UserAgent, e.event.Client.RequestID = b.UserAgent, b.RequestID
	return e, nil
}

// orInfinity turns the zero time into an infinite one.
func orInfinity(at time.Time, infinite pgtype.InfinityModifier) pgtype.Timestamptz {
	if at.IsZero() {
		return pgtype.Timestamptz{InfinityModifier: infinite, Valid: true}
	}
	return pgtype.Timestamptz{Time: at, Valid: true}
}

// orNull turns the zero value into null.
func orNull[T comparable](v T) any {
	if zero := *new(T); v == zero {
		return nil
	}
	return v
}
