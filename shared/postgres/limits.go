package postgres

import (
	"context"
	"crypto/sha256"
	"time"

	"roster/shared/ratelimit"

	"github.com/jackc/pgx/v5"
)

// sqlTake takes from all budgets or from none, in one round trip. It locks the
// rows that are there in the order of their keys, so that two that lock the same
// rows never wait for each other, judges them once they are locked, and counts. A row that another one inserts
// at that moment is judged again where it is counted, so no budget is ever
// exceeded. Refused tries write nothing.
//
// $1 keys, $2 backoff, $3 most, $4 windows in seconds, $5 now.
const sqlTake = `
with wanted as (
	select key, backoff, most, seconds from unnest($1::bytea[], $2::boolean[], $3::integer[], $4::integer[]) as w (key, backoff, most, seconds)
), held as (
	select key, taken, in_a_row, until from limits where key = any ($1::bytea[]) order by key for update
), judged as (
	select w.key, w.backoff, w.most, w.seconds, case
			when h.key is null then 0
			when w.backoff and h.in_a_row >= w.most then ` + forGood + `
			when h.until <= $5 or h.taken < case when w.backoff then ` + free + ` else w.most end then 0
			else extract(epoch from h.until - $5)
		end as wait
	from wanted w left join held h using (key)
), counted as (
	insert into limits as l (key, backoff, most, taken, in_a_row, until)
	select key, backoff, most, 1, 1, case when backoff then $5 else $5 + make_interval(secs => seconds) end from judged
	where not exists (select from judged where wait > 0)
	order by key
	on conflict (key) do update set
		most     = excluded.most,
		taken    = ` + oneMore + `,
		in_a_row = l.in_a_row + 1,
		until    = case
			when not l.backoff then greatest(l.until, case when l.until <= $5 then excluded.until end)
			when ` + oneMore + ` < ` + free + ` then greatest(l.until, $5)
			else $5 + least(interval '15 minutes', interval '1 second' * power(2, least(` + oneMore + ` - ` + free + `, 20)))
		end
	where (l.until <= $5 or l.taken < case when l.backoff then ` + free + ` else excluded.most end)
		and (not l.backoff or l.in_a_row < excluded.most)
	returning key, until > $5 and (backoff or taken >= most) as last
)
select (select count(*) from counted) = (select count(*) from wanted) as taken,
	(select coalesce(bool_or(last), false) from counted) as last,
	array (select key from counted) as counted,
	(select coalesce(max(wait), 0)::float8 from judged) as wait`

// free is how many tries in a row have no wait between them. They need not come
// in the order of their times: the clocks of two instances differ.
const free = `5`

// oneMore is a row's count after one more try. A window that is over begins it
// anew, and so does a quarter of an hour after the end of a wait.
const oneMore = `(case when l.until <= $5 - case when l.backoff then interval '15 minutes' else interval '0' end then 1 else l.taken + 1 end)`

// forGood is user.ForGood in seconds.
const forGood = `86400`

// leastWait is what a client is told when another one took the last try at the
// very same moment.
const leastWait = time.Second

// Take takes one try from each budget, or none and says how long to wait.
func (db *DB) Consume(ctx context.Context, budgets []ratelimit.Budget, now time.Time) (ratelimit.Attempt, error) {
	keys, backoff, most, seconds := columnsOf(budgets)
	var taken, last bool
	var counted [][]byte
	var secs float64
	_, err := db.query(ctx, "take from the limits", func(row pgx.Row) error { return row.Scan(&taken, &last, &counted, &secs) },
		sqlTake, keys, backoff, most, seconds, now)
	if lockNotHad(err) { // so many at once that the lock was not had: too many
		return ratelimit.Attempt{Wait: leastWait}, nil
	}
	if err != nil || taken {
		return ratelimit.Attempt{Last: last}, err
	}
	if len(counted) > 0 {
		err = db.do(ctx, "give back to the limits", func() error {
			_, err := db.pool.Exec(ctx, sqlGiveBack, counted)
			return err
		})
	}
	return ratelimit.Attempt{Wait: max(leastWait, time.Duration(secs*float64(time.Second)))}, err
}

// sqlGiveBack undoes the count of one try. Should it not come to that, the try
// has counted, which is the safe side.
//
// $1 keys.
const sqlGiveBack = `
with held as (
	select key from limits where key = any ($1::bytea[]) order by key for update
)
update limits set taken = greatest(taken - 1, 0), in_a_row = greatest(in_a_row - 1, 0)
from held where limits.key = held.key`

func columnsOf(budgets []ratelimit.Budget) (keys [][]byte, backoff []bool, most, seconds []int32) {
	for _, b := range budgets {
		keys = append(keys, limitKey(b.Key))
		backoff = append(backoff, b.Consecutive)
		most = append(most, int32(b.Limit))                    // #nosec G115 -- boot bounds a rate to a million
		seconds = append(seconds, int32(b.Window/time.Second)) // #nosec G115 -- boot bounds a window to a day
	}
	return keys, backoff, most, seconds
}

// limitKey hashes a key, so that the table lists no names that were tried;
// people type passwords where the name belongs.
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
