package postgres

import (
	"context"
	"encoding/json"
	"net/netip"

	"github.com/jackc/pgx/v5"

	"roster/shared/audit"
)

// Each half of an account's events follows an index of its own, so that a page
// costs the same in a log of any length. Without an account the first half is
// the whole log. A null argument does not restrict: the statement is planned
// with its values each time, and such a condition is removed before.
const sqlListAudit statement = `
with about_user as (
	select at, chain, seq, event from audit
	where (@user::uuid is null or target = @user)` + onPage + `
), by_user as (
	select at, chain, seq, event from audit
	where actor = @user and actor <> target` + onPage + `
)
select at, chain, seq, event from about_user union all select at, chain, seq, event from by_user
order by at desc, chain, seq limit @rows`

// onPage restricts rows of audit to the page after the cursor @before_….
const onPage = `
	and (@action::text is null or @action = any (actions))
	and (@since::timestamptz is null or at >= @since) and (@until::timestamptz is null or at < @until)
	and (@before_at::timestamptz is null or at <= @before_at
		and (at < @before_at or (chain, seq) > (@before_chain::smallint, @before_seq::bigint)))
	order by at desc, chain, seq limit @rows`

// ListAudit returns a page of events: what the account did and what was done to
// it, or the whole log for "". An event that somebody has altered is shown as
// far as it can be read; VerifyAudit names it.
func (db *DB) ListAudit(ctx context.Context, uuid string, q audit.Query) (audit.Page, error) {
	var before audit.Cursor
	if q.Before != nil {
		before = *q.Before
	}
	rows, err := collect(ctx, db, query{"list the audit log", sqlListAudit, named{
		{"user", orNull(uuid)},
		{"action", orNull(q.Action)},
		{"since", orNull(q.Since)},
		{"until", orNull(q.Until)},
		{"before_at", orNull(before.At)},
		{"before_chain", before.Chain},
		{"before_seq", before.Seq},
		{"rows", q.Limit + 1}, // one more, to know whether another page follows
	}}, scanEvent)
	if err != nil {
		return audit.Page{}, err
	}
	var page audit.Page
	if len(rows) > q.Limit {
		rows = rows[:q.Limit]
		page.Next = &rows[q.Limit-1].cursor
	}
	for _, row := range rows {
		page.Events = append(page.Events, row.event)
	}
	return page, nil
}

// markedEvent is an event and its place in the log.
type markedEvent struct {
	cursor audit.Cursor
	event  audit.Event
}

func scanEvent(row pgx.CollectableRow) (e markedEvent, err error) {
	var text string
	if err := row.Scan(&e.cursor.At, &e.cursor.Chain, &e.cursor.Seq, &text); err != nil {
		return e, err
	}
	var b eventBody
	_ = json.Unmarshal([]byte(text), &b)
	e.event = audit.Event{At: e.cursor.At, Actions: b.Actions, Actor: b.Actor, Target: b.Target, Detail: b.Detail}
	e.event.Client.Address, _ = netip.ParseAddr(b.Address)
	e.event.Client.UserAgent, e.event.Client.RequestID = b.UserAgent, b.RequestID
	return e, nil
}

// orNull turns the zero value into null.
func orNull[T comparable](v T) any {
	if zero := *new(T); v == zero {
		return nil
	}
	return v
}
