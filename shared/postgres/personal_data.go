package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/shared/audit"
	"roster/shared/user"
)

// The statements read what is stored about an account, except its events. No statement
// selects a hash or a version.
const (
	sqlDataOfUser statement = `select ` + profileColumns + `, email_status from users where uuid = @user`

	sqlSessionsOfUser statement = `
select s.id, s.device_name, s.user_agent, s.address, s.last_address, s.method, s.created_at, s.last_used_at, s.idle_ends_at, s.ends_at,
	` + sessionIsAlive + `, s.last_network, s.last_user_agent
from sessions s join users u on u.id = s.user_id where u.uuid = @user order by s.last_used_at desc, s.id`

	sqlDevicesOfUser statement = `
select d.version = u.token_version and d.last_used_at > @devices_after, d.created_at, d.last_used_at
from devices d join users u on u.id = d.user_id where u.uuid = @user order by d.last_used_at desc, d.hash`

	sqlResetsOfUser statement = `
select r.created_at, r.expires_at from resets r join users u on u.id = r.user_id where u.uuid = @user order by r.created_at desc, r.hash`

	sqlCounters statement = `
select k.number::int, case when l.backoff then l.in_a_row else l.taken end, l.until
from unnest(@counters::bytea[]) with ordinality as k (key, number) join limits l using (key) order by k.number`
)

// PersonalData returns what is stored about an account, all of it as it was at one
// moment, or nil if there is no such account.
func (db *DB) PersonalData(ctx context.Context, uuid string, counters []user.CountedAs, q audit.Query) (data *user.PersonalData, err error) {
	err = db.snapshot(ctx, "read everything about a user", func(tx pgx.Tx) error {
		of := named{{"user", uuid}}
		accounts, err := collectIn(ctx, tx, query{sql: sqlDataOfUser, args: of}, scanData)
		if data = nil; err != nil || len(accounts) == 0 {
			return err
		}
		d := accounts[0]
		if d.Sessions, err = collectIn(ctx, tx, query{sql: sqlSessionsOfUser, args: of}, scanKeptSession); err != nil {
			return err
		}
		devices := named{{"user", uuid}, {"devices_after", time.Now().Add(-user.DeviceLifetime)}}
		if d.Devices, err = collectIn(ctx, tx, query{sql: sqlDevicesOfUser, args: devices}, scanDevice); err != nil {
			return err
		}
		if d.Resets, err = collectIn(ctx, tx, query{sql: sqlResetsOfUser, args: of}, pgx.RowToStructByPos[user.KeptReset]); err != nil {
			return err
		}
		if d.Counters, err = readCounters(ctx, tx, counters); err != nil {
			return err
		}
		events, err := collectIn(ctx, tx, auditQuery(uuid, q), scanEvent)
		d.Events, data = auditPage(events, q.Limit), &d
		return err
	})
	return data, err
}

// snapshot runs a transaction that reads, and whose statements all see the database
// as it was at the first one.
func (db *DB) snapshot(ctx context.Context, purpose string, run func(pgx.Tx) error) error {
	return db.retry(ctx, purpose, func() error {
		return pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, run)
	})
}

// collectIn runs a query in a transaction and returns its rows.
func collectIn[T any](ctx context.Context, tx pgx.Tx, q query, scan pgx.RowToFunc[T]) ([]T, error) {
	rows, err := q.send(ctx, tx)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
}

func scanData(row pgx.CollectableRow) (d user.PersonalData, err error) {
	err = row.Scan(append(profileFields(&d.User), &d.EmailStatus)...)
	return d, err
}

func scanKeptSession(row pgx.CollectableRow) (s user.KeptSession, err error) {
	var address, lastAddress string
	err = row.Scan(&s.ID, &s.DeviceName, &s.UserAgent, &address, &lastAddress, &s.Method, &s.CreatedAt, &s.LastUsedAt, &s.IdleEndsAt, &s.EndsAt,
		&s.Alive, &s.LastNetwork, &s.LastUserAgent)
	s.Address, s.LastAddress = parsedAddress(address), parsedAddress(lastAddress)
	return s, err
}

func scanDevice(row pgx.CollectableRow) (d user.KeptDevice, err error) {
	err = row.Scan(&d.Known, &d.CreatedAt, &d.LastUsedAt)
	return d, err
}

// readCounters returns those of the counters that exist.
func readCounters(ctx context.Context, tx pgx.Tx, counters []user.CountedAs) ([]user.Counter, error) {
	keys := make([][]byte, len(counters))
	for i, c := range counters {
		keys[i] = limitKey(c.Budget)
	}
	return collectIn(ctx, tx, query{sql: sqlCounters, args: named{{"counters", keys}}}, func(row pgx.CollectableRow) (c user.Counter, err error) {
		var number int
		err = row.Scan(&number, &c.Attempts, &c.Until)
		c.Counts = counters[number-1].Counts
		return c, err
	})
}
