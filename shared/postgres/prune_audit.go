package postgres

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/shared/audit"
)

// Pruned says what a run of EraseFromAudit or TrimAudit did.
type Pruned struct {
	Rows int // erased or removed by this run
	// Erased and Removed are how many rows of the whole log were erased, and are
	// removed, after this run. Its event records both, and VerifyAudit compares.
	Erased, Removed int
}

// ErrAccountExists means that an account is to be erased from the log that has
// not been deleted.
var ErrAccountExists = errors.New("the account exists: delete it first, so that its deletion is in the log")

// Only the owner of the tables may change the log, and one that is also the role
// of the functions has lost that privilege (migrations.Grant). Such an owner
// gives it back to itself for this one transaction. The lock lets one run at a
// time in; it lets functions go on inserting.
const (
	sqlPruneLock     statement = `select pg_advisory_xact_lock(7283469121)`
	sqlMayPrune      statement = `select has_table_privilege('audit', 'update') and has_table_privilege('audit', 'delete')`
	sqlAllowPruning  statement = `grant update, delete on audit to current_user`
	sqlForbidPruning statement = `revoke update, delete on audit from current_user`
	sqlAccountExists statement = `select exists (select from users where uuid = @user)`
)

// sqlCountPrunedAudit does not read the whole log. A row that was erased has the nil
// UUID, with the exception of a trimmed one, which is the first of its chain. What
// somebody has erased by hand is not counted, or VerifyAudit would not report it.
const sqlCountPrunedAudit statement = `
select (select count(*) from audit where (actor = '` + nilUUID + `'::uuid or target = '` + nilUUID + `'::uuid) and event::jsonb ? 'erased')
		+ count(*) filter (where first.seq = 1 and first.event::jsonb ? 'trimmed'),
	coalesce(sum(first.seq - 1), 0)::bigint
from audit_heads h cross join lateral (select seq, event from audit where chain = h.chain order by seq limit 1) as first`

// sqlEraseFromAudit leaves of each event about the account, or by it, its place,
// its time and its actions. An event by somebody else keeps who that was and from
// where; one about somebody else keeps whom. The nil UUID stands for the account.
// The SHA-256 of the event as it was takes its place in the chain: see
// auditRow.digest.
const sqlEraseFromAudit statement = `
with erased as (
	select chain, seq, ` + erasedEvent + ` as body from audit where target = @user or actor = @user
)` + storeErased

const erasedEvent = `event::jsonb - 'detail'
			- case when actor is null or actor = @user then '{address,user_agent,request_id}'::text[] else '{}' end
			|| case when actor = @user then jsonb_build_object('actor', '` + nilUUID + `') else '{}' end
			|| case when target = @user then jsonb_build_object('target', '` + nilUUID + `') else '{}' end
			|| jsonb_build_object('erased', coalesce(event::jsonb ->> 'erased', encode(sha256(convert_to(event, 'UTF8')), 'hex')))`

const storeErased = `
update audit a set event = body::text, actor = (body ->> 'actor')::uuid, target = (body ->> 'target')::uuid
from erased e where a.chain = e.chain and a.seq = e.seq`

const nilUUID = "00000000-0000-0000-0000-000000000000" // no account has it

// Of each chain, sqlTrimAudit removes the rows before the first one that stays.
// The last of them stays as the beginning of the chain, without its event: its
// hash is what the next row's hash is made of.
const (
	sqlTrimAudit statement = `
with ends as (
	select h.chain, coalesce((select min(a.seq) from audit a where a.chain = h.chain and a.at >= @before), h.seq + 1) - 1 as seq
	from audit_heads h
)
delete from audit a using ends e where a.chain = e.chain and a.seq < e.seq`
	sqlMarkBeginnings statement = `
update audit a set actor = null, target = null, event = (jsonb_build_object(
	'chain', a.chain, 'at', a.event::jsonb -> 'at', 'actions', a.event::jsonb -> 'actions', 'trimmed', true,
	'erased', coalesce(a.event::jsonb ->> 'erased', encode(sha256(convert_to(a.event, 'UTF8')), 'hex'))))::text
from audit_heads h cross join lateral (select chain as first_chain, seq as first_seq from audit where chain = h.chain order by seq limit 1) as first
where a.chain = first_chain and a.seq = first_seq and a.at < @before and not a.event::jsonb ? 'trimmed'`
)

// EraseFromAudit removes a deleted account from the log, by its UUID, and what is
// known of it there: addresses, user agents, request ids and details. The chains
// can be verified as before.
func (db *DB) EraseFromAudit(ctx context.Context, uuid string, now time.Time) (Pruned, error) {
	return db.prune(ctx, pruning{"erase an account from the audit log", audit.ActionAuditErased, now, func(tx pgx.Tx) (int, error) {
		exists, err := readBool(ctx, tx, query{sql: sqlAccountExists, args: named{{"user", uuid}}})
		switch {
		case err != nil:
			return 0, err
		case exists:
			return 0, ErrAccountExists
		}
		return affected(ctx, tx, query{sql: sqlEraseFromAudit, args: named{{"user", uuid}}})
	}})
}

// TrimAudit removes the events before a time. Of each chain one row stays as its
// beginning. The chains can be verified from there.
func (db *DB) TrimAudit(ctx context.Context, before, now time.Time) (Pruned, error) {
	return db.prune(ctx, pruning{"trim the audit log", audit.ActionAuditTrimmed, now, func(tx pgx.Tx) (int, error) {
		rows, err := affected(ctx, tx, query{sql: sqlTrimAudit, args: named{{"before", before}}})
		if err == nil {
			_, err = affected(ctx, tx, query{sql: sqlMarkBeginnings, args: named{{"before", before}}})
		}
		return rows, err
	}})
}

// pruning is a change of the log, and how it is recorded.
type pruning struct {
	purpose string
	action  audit.Action
	now     time.Time
	run     func(pgx.Tx) (rows int, err error)
}

// prune runs a change of the log and records it, in one transaction.
func (db *DB) prune(ctx context.Context, change pruning) (p Pruned, err error) {
	err = db.operatorsWork(ctx, change.purpose, func(tx pgx.Tx) error {
		if err := (query{sql: sqlPruneLock}).exec(ctx, tx); err != nil {
			return err
		}
		may, err := readBool(ctx, tx, query{sql: sqlMayPrune})
		if err == nil && !may {
			err = query{sql: sqlAllowPruning}.exec(ctx, tx)
		}
		if err == nil {
			p.Rows, err = change.run(tx)
		}
		if err == nil {
			err = p.record(ctx, tx, db, change)
		}
		if err == nil && !may {
			err = query{sql: sqlForbidPruning}.exec(ctx, tx)
		}
		return err
	})
	return p, err
}

// record counts what is erased and removed now, and writes the event.
func (p *Pruned) record(ctx context.Context, tx pgx.Tx, db *DB, change pruning) error {
	rows, err := query{sql: sqlCountPrunedAudit}.send(ctx, tx)
	if err != nil {
		return err
	}
	if _, err = pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (any, error) { return nil, row.Scan(&p.Erased, &p.Removed) }); err != nil {
		return err
	}
	e := audit.Event{Actions: []audit.Action{change.action}, At: change.now, Detail: map[string]string{
		detailRows: strconv.Itoa(p.Rows), detailErased: strconv.Itoa(p.Erased), detailRemoved: strconv.Itoa(p.Removed),
	}}
	return query{sql: sqlRecord, args: db.audited(e, nil)}.exec(ctx, tx)
}

// The details of an event of pruning.
const (
	detailRows    = "rows"
	detailErased  = "erased_in_all"
	detailRemoved = "removed_in_all"
)

func readBool(ctx context.Context, tx pgx.Tx, q query) (bool, error) {
	rows, err := q.send(ctx, tx)
	if err != nil {
		return false, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowTo[bool])
}

// affected runs a change and returns how many rows it changed.
func affected(ctx context.Context, tx pgx.Tx, q query) (int, error) {
	rows, err := q.send(ctx, tx)
	if err != nil {
		return 0, err
	}
	rows.Close()
	return int(rows.CommandTag().RowsAffected()), rows.Err()
}
