package postgres

import (
	"context"
	"encoding/json"
	"net/netip"

	"roster/shared/audit"

	"github.com/jackc/pgx/v5"
)

// The two halves of an account's events each follow an index of their own, so
// that a page costs the same in a log of any length. Without an account the
// first half is the whole log. What is null does not restrict: such conditions
// are gone before the statement is planned, because it is planned with its
// values each time.
//
// $1 account, $2 action, $3 since, $4 until, $5 $6 $7 the mark, $8 how many.
const sqlListAudit = `
with about as (
	select at, chain, seq, event from audit
	where ($1::uuid is null or target = $1)` + inPage + `
), by as (
	select at, chain, seq, event from audit
	where actor = $1 and actor <> target` + inPage + `
)
select at, chain, seq, event from about union all select at, chain, seq, event from by
order by at desc, chain, seq limit $8`

const inPage = `
	and ($2::text is null or $2 = any (actions)) and ($3::timestamptz is null or at >= $3) and ($4::timestamptz is null or at < $4)
	and ($5::timestamptz is null or at <= $5 and (at < $5 or (chain, seq) > ($6::smallint, $7::bigint)))
	order by at desc, chain, seq limit $8`

// ListAudit returns a page of events. What stands in an event that somebody has
// altered is shown as far as it can be read; VerifyAudit names it.
func (db *DB) ListAudit(ctx context.Context, uuid string, q audit.Query) (page audit.Page, err error) {
	var mark audit.Mark
	if q.Before != nil {
		mark = *q.Before
	}
	err = db.do(ctx, "list the audit log", func() error {
		page = audit.Page{}
		var last audit.Mark
		rows, err := db.pool.Query(ctx, sqlListAudit,
			orNull(uuid), orNull(q.Action), orNull(q.Since), orNull(q.Until), orNull(mark.At), mark.Chain, mark.Seq, q.Limit+1)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if len(page.Events) == q.Limit { // there is more: that is all this row says
				page.Next = &last
				break
			}
			var e audit.Event
			if last, e, err = scanEvent(rows); err != nil {
				return err
			}
			page.Events = append(page.Events, e)
		}
		rows.Close()
		return rows.Err()
	})
	return page, err
}

// scanEvent reads an event and its place.
func scanEvent(row pgx.Row) (m audit.Mark, e audit.Event, err error) {
	var text string
	if err := row.Scan(&m.At, &m.Chain, &m.Seq, &text); err != nil {
		return m, e, err
	}
	var b eventBody
	_ = json.Unmarshal([]byte(text), &b)
	e = audit.Event{At: m.At, Actions: b.Actions, Actor: b.Actor, Target: b.Target, Detail: b.Detail}
	e.From.Address, _ = netip.ParseAddr(b.Address)
	e.From.UserAgent, e.From.RequestID = b.UserAgent, b.RequestID
	return m, e, nil
}

// orNull makes the zero value null.
func orNull[T comparable](v T) any {
	if zero := *new(T); v == zero {
		return nil
	}
	return v
}
