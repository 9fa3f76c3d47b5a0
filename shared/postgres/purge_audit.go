package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/shared/audit"
)

// The scheduled job removes from the log in short statements of 100 rows, and in
// transactions of 10,000 or of 20 accounts, each of which records what it did. Nobody
// waits for it: it locks only rows that nothing changes any more.
const (
	auditBatch    = 100
	deletedAtOnce = 20

	sqlOfEachChain   = `625` // 10,000 of all sixteen
	sqlDeletedAtOnce = `20`
)

// sqlHasOldAudit asks whether a chain has an event to remove, so that a run without
// one changes nothing. The first row of a trimmed chain stays.
const sqlHasOldAudit statement = `
select exists (
	select from audit_heads h cross join lateral (
		select at, event, row_number() over (order by seq) as number from (
			select seq, at, event from audit where chain = h.chain order by seq limit 2) as a
	) as first
	where at < @before and (number = 2 or not event::jsonb ? 'trimmed'))`

// sqlOldAudit returns the first row of each chain, and the last one that is old, among
// the first ones. Clocks differ, so the rows of a chain are not quite in the order of
// their times. All rows after the first one that stays do stay, too.
const (
	sqlOldAudit statement = `
select chain, min(seq), max(seq), count(*) > ` + sqlOfEachChain + ` from (
	select a.chain, a.seq, bool_or(a.at >= @before) over (partition by a.chain order by a.seq) as stays
	from audit_heads h cross join lateral (
		select chain, seq, at from audit where chain = h.chain order by seq limit ` + sqlOfEachChain + ` + 1) as a
) as first_rows where not stays group by chain`
	sqlPurgeAudit statement = `delete from audit where chain = @chain::smallint and seq >= @first and seq < @end`
)

// PurgeAudit removes events from before a time, 100 at a time and 10,000 at most. Of
// each chain one row stays as its beginning, as TrimAudit does it.
func (db *DB) PurgeAudit(ctx context.Context, before, now time.Time) (all audit.Purged, err error) {
	var old bool
	if _, err = db.queryRow(ctx, query{"look for old events", sqlHasOldAudit, named{{"before", before}}}, &old); err != nil || !old {
		return all, err
	}
	_, err = db.prune(ctx, pruning{"remove old events", audit.ActionAuditTrimmed, now, func(tx pgx.Tx) (rows int, err error) {
		beginnings, err := collectIn(ctx, tx, query{sql: sqlOldAudit, args: named{{"before", before}}}, pgx.RowToStructByPos[oldRows])
		all = audit.Purged{}
		for _, b := range beginnings {
			if err == nil {
				all.Removed, err = b.remove(ctx, tx, all.Removed)
				all.More = all.More || b.More
			}
		}
		if err == nil {
			_, err = affected(ctx, tx, query{sql: sqlMarkBeginnings, args: named{{"before", before}}})
		}
		return all.Removed, err
	}})
	if err != nil {
		return audit.Purged{}, err
	}
	return all, nil
}

// oldRows are the old rows at the beginning of a chain.
type oldRows struct {
	Chain       int16
	First, Last int64
	More        bool
}

// remove removes all of them but the last, and adds how many these were to removed.
func (r oldRows) remove(ctx context.Context, tx pgx.Tx, removed int) (int, error) {
	for first := r.First; first < r.Last; first += auditBatch {
		n, err := affected(ctx, tx, query{sql: sqlPurgeAudit, args: named{
			{"chain", r.Chain}, {"first", first}, {"end", min(first+auditBatch, r.Last)},
		}})
		if removed += n; err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// sqlDeletedAccounts finds accounts that were deleted and are still in the log. An
// account that exists again, in a database that was restored, is not erased.
const sqlDeletedAccounts statement = `
select distinct target from (
	select target from audit
	where actions @> '{delete}'::text[] and target <> '` + nilUUID + `'::uuid and at < @before and (select true from users where uuid = target) is null
	order by at limit ` + sqlDeletedAtOnce + `) as deleted`

// sqlEventsOfUser finds the rows of an account. Each of the three ways to find them
// follows an index. sqlErasePlaces is sqlEraseFromAudit for some of them.
const (
	sqlEventsOfUser statement = `
select chain, seq from audit where target = @user
union select chain, seq from audit where actor = @user and actor <> target
union select chain, seq from audit where actor = @user and actor is not null and target is null`
	sqlErasePlaces statement = `
with erased as (
	select a.chain, a.seq, ` + erasedEvent + ` as body
	from unnest(@chains::smallint[], @seqs::bigint[]) as p (chain, seq) join audit a using (chain, seq)
)` + storeErased
)

// EraseDeleted erases accounts that were deleted before a time, 100 events at a time
// and 20 accounts at most. An account is erased as a whole or not at all.
func (db *DB) EraseDeleted(ctx context.Context, deletedBefore, now time.Time) (all audit.Purged, err error) {
	find := query{"look for deleted accounts", sqlDeletedAccounts, named{{"before", deletedBefore}}}
	deleted, err := collect(ctx, db, find, pgx.RowTo[string])
	if err != nil || len(deleted) == 0 {
		return all, err
	}
	p, err := db.prune(ctx, pruning{"erase deleted accounts", audit.ActionAuditErased, now, func(tx pgx.Tx) (rows int, err error) {
		for _, uuid := range deleted {
			n, err := eraseInBatches(ctx, tx, uuid)
			if rows += n; err != nil {
				return rows, err
			}
		}
		return rows, nil
	}})
	return audit.Purged{Erased: p.Rows, More: len(deleted) == deletedAtOnce}, err
}

func eraseInBatches(ctx context.Context, tx pgx.Tx, uuid string) (rows int, err error) {
	type place struct {
		Chain int16
		Seq   int64
	}
	places, err := collectIn(ctx, tx, query{sql: sqlEventsOfUser, args: named{{"user", uuid}}}, pgx.RowToStructByPos[place])
	if err != nil {
		return 0, err
	}
	for batch := range slices.Chunk(places, auditBatch) {
		chains, seqs := make([]int16, len(batch)), make([]int64, len(batch))
		for i, p := range batch {
			chains[i], seqs[i] = p.Chain, p.Seq
		}
		n, err := affected(ctx, tx, query{sql: sqlErasePlaces, args: named{{"user", uuid}, {"chains", chains}, {"seqs", seqs}}})
		if rows += n; err != nil {
			return rows, err
		}
	}
	return rows, nil
}
