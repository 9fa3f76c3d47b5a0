package postgres

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"roster/shared/user"
)

// sqlTake takes from all budgets or from none, in one round trip. It locks the
// rows in the order of their keys, so that two never wait for each other,
// judges them once they are locked, and counts. A row that another one inserts
// at that moment is judged again where it is counted, so no budget is ever
// exceeded. Refused tries write nothing.
//
// $1 keys, $2 backoff, $3 most, $4 windows in seconds, $5 now.
const sqlTake = `
with wanted as (
	select * from unnest($1::bytea[], $2::boolean[], $3::integer[], $4::integer[]) as w (key, backoff, most, seconds)
), held as (
	select key, taken, in_a_row, until from limits where key = any ($1::bytea[]) order by key for update
), judged as (
	select w.*, case
			when h.key is null or w.backoff and h.in_a_row < w.most and h.until <= $5 or not w.backoff and (h.until <= $5 or h.taken < w.most)
			then 0
			when w.backoff and h.in_a_row >= w.most then 86400
			else extract(epoch from h.until - $5)
		end as wait
	from wanted w left join held h using (key)
), taken as (
	insert into limits as l (key, backoff, most, taken, in_a_row, until, taken_at)
	select key, backoff, most, 1, 1, case when backoff then $5 else $5 + make_interval(secs => seconds) end, $5 from judged
	where not exists (select from judged where wait > 0)
	order by key
	on conflict (key) do update set
		most     = excluded.most,
		taken    = ` + sqlTaken1 + `,
		in_a_row = l.in_a_row + 1,
		taken_at = excluded.taken_at,
		until    = case
			when not l.backoff then case when l.until <= excluded.taken_at then excluded.until else l.until end
			when ` + sqlTaken1 + ` < 5 then excluded.taken_at
			else excluded.taken_at + least(interval '15 minutes', interval '1 second' * power(2, ` + sqlTaken1 + ` - 5))
		end
	where case when l.backoff then l.in_a_row < excluded.most and l.until <= excluded.taken_at
		else l.until <= excluded.taken_at or l.taken < excluded.most end
	returning key
)
select (select count(*) from taken) = (select count(*) from wanted), (select coalesce(max(wait), 0) from judged)::float8`

// sqlTaken1 is a row's count after one more try: a window that is over, or a
// quarter of an hour without a try, begins it anew.
const sqlTaken1 = `(case
	when l.backoff and l.taken_at <= excluded.taken_at - interval '15 minutes' then 1
	when not l.backoff and l.until <= excluded.taken_at then 1
	else l.taken + 1 end)`

// leastWait is what a client is told when another one took the last try at the
// very same moment.
const leastWait = time.Second

// Take takes one try from each budget, or none and says how long to wait.
func (db *DB) Take(ctx context.Context, budgets []user.Budget, now time.Time) (wait time.Duration, err error) {
	keys, backoff, most, seconds := columnsOf(budgets)
	var taken bool
	var secs float64
	_, err = db.query(ctx, "take from the limits", func(row pgx.Row) error { return row.Scan(&taken, &secs) },
		sqlTake, keys, backoff, most, seconds, now)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "55P03" { // so many at once that the lock was not had: too many
		return leastWait, nil
	}
	if err != nil || taken {
		return 0, err
	}
	return max(leastWait, time.Duration(secs*float64(time.Second))), nil
}

func columnsOf(budgets []user.Budget) (keys [][]byte, backoff []bool, most, seconds []int32) {
	for _, b := range budgets {
		keys = append(keys, limitKey(b.Key))
		backoff = append(backoff, b.Backoff)
		most = append(most, int32(b.Most))
		seconds = append(seconds, int32(b.Window/time.Second))
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
