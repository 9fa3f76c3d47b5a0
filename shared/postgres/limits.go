package postgres

import (
	"context"
	"crypto/sha256"
	"time"

	"roster/shared/ratelimit"
)

// sqlConsume takes one attempt from every budget or from none, in one round
// trip. It locks the counters that exist in the order of their keys, so that two
// statements with the same keys never wait for each other, reads them once they
// are locked, and counts. A counter that another statement inserts at the same
// moment is checked again where it is counted, so no budget is ever exceeded. A
// refused attempt writes nothing.
const sqlConsume statement = `
with budgets as (
	select key, consecutive, max_attempts, seconds
	from unnest(@keys::bytea[], @consecutive::boolean[], @max_attempts::integer[], @window_seconds::integer[])
		as b (key, consecutive, max_attempts, seconds)
), locked_counters as (
	select key, taken, in_a_row, until from limits where key = any (@keys::bytea[]) order by key for update
), waits as (
	select b.key, b.consecutive, b.max_attempts, b.seconds, case
			when c.key is null then 0
			when b.consecutive and c.in_a_row >= b.max_attempts then ` + disabledSeconds + `
			when c.until <= @now or c.taken < case when b.consecutive then ` + freeAttempts + ` else b.max_attempts end then 0
			else extract(epoch from c.until - @now)
		end as wait
	from budgets b left join locked_counters c using (key)
), counted as (
	insert into limits as l (key, backoff, most, taken, in_a_row, until)
	select key, consecutive, max_attempts, 1, 1, case when consecutive then @now else @now + make_interval(secs => seconds) end from waits
	where not exists (select from waits where wait > 0)
	order by key
	on conflict (key) do update set
		most     = excluded.most,
		taken    = ` + nextTaken + `,
		in_a_row = l.in_a_row + 1,
		until    = case
			when not l.backoff then greatest(l.until, case when l.until <= @now then excluded.until end)
			when ` + nextTaken + ` < ` + freeAttempts + ` then greatest(l.until, @now)
			else @now + least(interval '15 minutes', interval '1 second' * power(2, least(` + nextTaken + ` - ` + freeAttempts + `, 20)))
		end
	where (l.until <= @now or l.taken < case when l.backoff then ` + freeAttempts + ` else excluded.most end)
		and (not l.backoff or l.in_a_row < excluded.most)
	returning key, until > @now and (backoff or taken >= most) as last
)
select (select count(*) from counted) = (select count(*) from budgets) as consumed,
	(select coalesce(bool_or(last), false) from counted) as last,
	array (select key from counted) as counted,
	(select coalesce(max(wait), 0)::float8 from waits) as wait`

// freeAttempts is how many consecutive attempts have no wait between them. The
// clocks of two instances differ, so these attempts need not come in the order
// of their times.
const freeAttempts = `5`

// nextTaken is the count of a counter l after one more attempt. The count starts
// again when a window is over, and a quarter of an hour after the end of a wait.
const nextTaken = `(case when l.until <= @now - case when l.backoff then interval '15 minutes' else interval '0' end
			then 1 else l.taken + 1 end)`

// disabledSeconds is ratelimit.Disabled.
const disabledSeconds = `86400`

// minWait is the wait that a client is told when another one took the last
// attempt at the same moment.
const minWait = time.Second

// Consume takes one attempt from each budget, or takes none and says how long
// to wait.
func (db *DB) Consume(ctx context.Context, budgets []ratelimit.Budget, now time.Time) (ratelimit.Attempt, error) {
	args := append(budgetArgs(budgets), argument{"now", now})
	var consumed, last bool
	var counted [][]byte
	var seconds float64
	_, err := db.queryRow(ctx, query{"consume an attempt", sqlConsume, args}, &consumed, &last, &counted, &seconds)
	if isLockTimeout(err) { // so many attempts at once that the lock was not free in time are too many
		return ratelimit.Attempt{Wait: minWait}, nil
	}
	if err != nil || consumed {
		return ratelimit.Attempt{Last: last}, err
	}
	if len(counted) > 0 {
		err = db.exec(ctx, query{"return an attempt", sqlReturnAttempt, named{{"keys", counted}}})
	}
	return ratelimit.Attempt{Wait: max(minWait, time.Duration(seconds*float64(time.Second)))}, err
}

// sqlReturnAttempt undoes the count of one attempt. If it fails, the attempt
// stays counted, which is the safe side.
const sqlReturnAttempt statement = `
with locked_counters as (
	select key from limits where key = any (@keys::bytea[]) order by key for update
)
update limits set taken = greatest(taken - 1, 0), in_a_row = greatest(in_a_row - 1, 0)
from locked_counters c where limits.key = c.key`

// budgetArgs returns the budgets as one array for each column.
func budgetArgs(budgets []ratelimit.Budget) named {
	var keys [][]byte
	var consecutive []bool
	var maxAttempts, windowSeconds []int32
	for _, b := range budgets {
		keys = append(keys, limitKey(b.Key))
		consecutive = append(consecutive, b.Consecutive)
		maxAttempts = append(maxAttempts, int32(b.Limit))                  // #nosec G115 -- boot bounds a rate to a million
		windowSeconds = append(windowSeconds, int32(b.Window/time.Second)) // #nosec G115 -- boot bounds a window to a day
	}
	return named{{"keys", keys}, {"consecutive", consecutive}, {"max_attempts", maxAttempts}, {"window_seconds", windowSeconds}}
}

// limitKey hashes a key, because people type passwords into the field of the
// username. The table must not list what they typed.
func limitKey(key string) []byte {
	sum := sha256.Sum256([]byte(key))
	return sum[:]
}

func limitKeys(keys []string) [][]byte {
	hashed := make([][]byte, len(keys))
	for i, key := range keys {
		hashed[i] = limitKey(key)
	}
	return hashed
}
