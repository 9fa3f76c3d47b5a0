package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"roster/shared/ratelimit"
)

// countCTEs end the CTEs of a statement that takes one attempt from every budget
// or from none. The statement defines the CTE budgets before them, with the
// columns of budgetColumns: key is the counter's, and account is null
// for a counter that belongs to no account.
//
// They lock the keys, then the counters that exist, read these once they are locked,
// and count. A counter that another statement inserts at the same moment is checked
// again where it is counted, so no budget is ever exceeded. A refused attempt writes
// nothing.
//
// The commit does not wait for the disk. The statement that records the outcome
// does, and the log on the disk has an order: when somebody learns whether a password
// was right, the attempt is on the disk as well.
const countCTEs = `, locked_keys as materialized (
	select key, ` + lockOfKey + ` from (select key from budgets order by key offset 0) k
), locked_counters as (
	select key, taken, in_a_row, until, checking_since from limits where key = any (array (select key from locked_keys)) for update
), waits as (
	select b.key, b.account, b.consecutive, b.provisional, b.max_attempts, b.seconds,
		c.checking_since > clock_timestamp() - interval '` + checkingTime + `' as pending,
		case
			when c.key is null then 0
			when b.consecutive and c.in_a_row >= b.max_attempts then ` + disabledSeconds + `
			when c.until <= @now or c.taken < case when b.consecutive then ` + freeAttempts + ` else b.max_attempts end then 0
			else extract(epoch from c.until - @now)
		end as wait
	from budgets b left join locked_counters c using (key)
), counted as (
	insert into limits as l (key, account, backoff, most, taken, in_a_row, until, checking_since)
	select key, case when consecutive then account end, consecutive, max_attempts, 1, 1,
		case when consecutive then @now else @now + make_interval(secs => seconds) end,
		case when provisional then clock_timestamp() end
	from waits
	where not exists (select from waits where wait > 0)
	on conflict (key) do update set
		most     = excluded.most,
		taken    = ` + nextTaken + `,
		in_a_row = l.in_a_row + 1,
		until    = case
			when not l.backoff then greatest(l.until, case when l.until <= @now then excluded.until end)
			when ` + nextTaken + ` < ` + freeAttempts + ` then greatest(l.until, @now)
			else @now + least(interval '15 minutes', interval '1 second' * power(2, least(` + nextTaken + ` - ` + freeAttempts + `, 20)))
		end,
		checking_since = excluded.checking_since
	where (l.until <= @now or l.taken < case when l.backoff then ` + freeAttempts + ` else excluded.most end)
		and (not l.backoff or l.in_a_row < excluded.most)
	returning key, until > @now and (backoff or taken >= most) as last
), decision as (
	select c.number = w.number as consumed, c.last, c.keys as counted, w.wait, w.pending, set_config('synchronous_commit', 'off', true)
	from (select count(*) as number, coalesce(bool_or(last), false) as last, coalesce(array_agg(key), '{}') as keys from counted) c,
		(select count(*) as number, coalesce(max(wait), 0)::float8 as wait,
			coalesce(bool_and(coalesce(pending, false)) filter (where wait > 0), true) as pending from waits) w
)`

// lockOfKey locks a key until the end of the statement, whether or not its counter
// exists. Every statement that counts or clears locks all its keys first, in their
// order. Locks on rows alone would not do: a counter that a login has deleted is
// inserted after others are locked, and two statements would wait for each other.
const lockOfKey = `pg_advisory_xact_lock(('x' || encode(substr(key, 1, 8), 'hex'))::bit(64)::bigint)`

// isGivenCounter is the condition for the counters of @counters, whose keys it locks.
const isGivenCounter = `key = any (array (
		select key from (select key, ` + lockOfKey + ` from (select key from unnest(@counters::bytea[]) as c (key) order by key offset 0) c offset 0) c))`

const sqlConsume statement = `
with budgets as (
	select ` + budgetColumns + ` from unnest(` + budgetArrays + `) as b (` + budgetColumns + `)
)` + countCTEs + `
select consumed, last, counted, wait, pending from decision`

const (
	budgetColumns = `key, account, consecutive, provisional, max_attempts, seconds`
	budgetArrays  = `@keys::bytea[], @accounts::uuid[], @consecutive::boolean[], @provisional::boolean[], @max_attempts::integer[],
		@window_seconds::integer[]`
)

// freeAttempts is how many consecutive attempts have no wait between them. The
// clocks of two instances differ, so these attempts need not come in the order
// of their times.
const freeAttempts = `5`

// checkingTime is how long the newest attempt of a counter counts as being
// checked when nobody says how it ended, because its instance was stopped.
const checkingTime = `3 seconds`

// nextTaken is the count of a counter l after one more attempt. The count starts
// again when a window is over, and a quarter of an hour after the end of a wait.
const nextTaken = `(case when l.until <= @now - case when l.backoff then interval '15 minutes' else interval '0' end
			then 1 else l.taken + 1 end)`

// disabledSeconds is ratelimit.Disabled.
const disabledSeconds = `86400`

// minWait is the wait that a client is told when another one took the last
// attempt at the same moment.
const minWait = time.Second

// decision is the row of the CTE decision.
type decision struct {
	consumed, last, pending bool
	counted                 [][]byte
	seconds                 float64
}

// Consume takes one attempt from each budget, or takes none and says how long
// to wait.
func (db *DB) Consume(ctx context.Context, budgets []ratelimit.Budget, now time.Time) (ratelimit.Attempt, error) {
	args := append(budgetArgs(budgets, limitKey), argument{"now", now})
	var d decision
	_, err := db.queryRow(ctx, query{"consume an attempt", sqlConsume, args}, &d.consumed, &d.last, &d.counted, &d.seconds, &d.pending)
	return db.attempt(ctx, d, err)
}

// attempt returns a decision as an Attempt. So many attempts at once that a lock
// was not free in time are too many for now.
func (db *DB) attempt(ctx context.Context, d decision, err error) (ratelimit.Attempt, error) {
	if isLockTimeout(err) {
		return ratelimit.Attempt{Wait: minWait, Pending: true}, nil
	}
	if err != nil || d.consumed {
		return ratelimit.Attempt{Last: d.last}, err
	}
	if len(d.counted) > 0 {
		err = db.exec(ctx, query{"return an attempt", sqlReturnAttempt, named{{"counters", d.counted}}})
	}
	return ratelimit.Attempt{Wait: max(minWait, time.Duration(d.seconds*float64(time.Second))), Pending: d.pending}, err
}

// sqlReturnAttempt undoes the count of one attempt. If it fails, the attempt
// stays counted, which is the safe side.
const sqlReturnAttempt statement = `
update limits set taken = greatest(taken - 1, 0), in_a_row = greatest(in_a_row - 1, 0) where ` + isGivenCounter

const sqlClearLimits statement = `delete from limits where ` + isGivenCounter

// ClearLimits deletes the counters of budgets.
func (db *DB) ClearLimits(ctx context.Context, budgets []ratelimit.Budget) error {
	return db.exec(ctx, query{"clear limits", sqlClearLimits, named{{"counters", limitKeys(budgets)}}})
}

// budgetArgs returns the budgets as one array for each column, with these keys.
func budgetArgs(budgets []ratelimit.Budget, keyOf func(ratelimit.Budget) []byte) named {
	var keys [][]byte
	var accounts []*string // null for a counter that belongs to none
	var consecutive, provisional []bool
	var maxAttempts, windowSeconds []int32
	for _, b := range budgets {
		keys = append(keys, keyOf(b))
		accounts = append(accounts, pointer(b.Owner.Account))
		consecutive = append(consecutive, b.Consecutive)
		provisional = append(provisional, b.Provisional)
		maxAttempts = append(maxAttempts, int32(b.Limit))                  // #nosec G115 -- boot bounds a rate to a million
		windowSeconds = append(windowSeconds, int32(b.Window/time.Second)) // #nosec G115 -- boot bounds a window to a day
	}
	return named{
		{"keys", keys},
		{"accounts", accounts},
		{"consecutive", consecutive},
		{"provisional", provisional},
		{"max_attempts", maxAttempts},
		{"window_seconds", windowSeconds},
	}
}

// limitKey returns the key of a counter. It is a hash, because people type
// passwords into the field of the username, and the table must not list what
// they typed. attemptCTEs compute the same for an account that they
// find.
func limitKey(b ratelimit.Budget) []byte {
	if !b.PerAccount {
		return limitKind(b)
	}
	key := append(limitKind(b), ownerBytes(b.Owner)...)
	if b.PerPassword && b.Owner.Account != "" {
		key = binary.BigEndian.AppendUint64(key, uint64(b.Owner.TokenVersion)) // #nosec G115 -- a count
	}
	sum := sha256.Sum256(key)
	return sum[:]
}

// limitKind returns the key without the owner, which attemptCTEs add.
func limitKind(b ratelimit.Budget) []byte {
	sum := sha256.Sum256([]byte(b.Key))
	return sum[:]
}

// ownerBytes returns the 16 bytes of the account's UUID, or the 32 bytes of the
// hash of what was typed: so neither can be the other.
func ownerBytes(o ratelimit.Owner) []byte {
	if o.Account != "" {
		if uuid, err := hex.DecodeString(strings.ReplaceAll(o.Account, "-", "")); err == nil {
			return uuid
		}
	}
	typed := sha256.Sum256([]byte(o.Typed))
	return typed[:]
}

// pointer returns nil for a zero value, which an array has as null.
func pointer[T comparable](v T) *T {
	if v == *new(T) {
		return nil
	}
	return &v
}

func limitKeys(budgets []ratelimit.Budget) [][]byte {
	keys := make([][]byte, len(budgets))
	for i, b := range budgets {
		keys[i] = limitKey(b)
	}
	return keys
}
