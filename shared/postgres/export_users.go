package postgres

import (
	"context"
	"encoding/hex"

	"github.com/jackc/pgx/v5"

	"roster/shared/directory"
)

const sqlAllAccounts statement = `select ` + accountColumns + ` from users order by id`

// Snapshot runs f in a transaction that sees the database as it is now, for as long
// as f takes. It is not repeated if the connection breaks.
func (db *DB) Snapshot(ctx context.Context, f func(directory.Snapshot) error) error {
	err := pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if err := (query{sql: sqlOperatorsWork}).exec(ctx, tx); err != nil {
			return err
		}
		return f(snapshot{db.bulk(tx)})
	})
	return asFault("export", err)
}

// snapshot reads rows as they come, and keeps one in memory.
type snapshot struct{ tx bulkStatements }

func (s snapshot) Accounts(ctx context.Context, f func(directory.Account) error) error {
	return s.each(ctx, sqlAllAccounts, func(rows pgx.Rows) error {
		var a directory.Account
		if err := rows.Scan(accountFields(&a)...); err != nil {
			return err
		}
		return f(a)
	})
}

func (s snapshot) LogHeads(ctx context.Context, f func(directory.LogLine) error) error {
	return s.each(ctx, sqlAuditHeads, func(rows pgx.Rows) error {
		var h link
		if err := rows.Scan(&h.chain, &h.seq, &h.digest, &h.hash); err != nil {
			return err
		}
		return f(directory.LogLine{
			Type: directory.TypeAuditHead, Chain: h.chain, Seq: h.seq, Digest: hex.EncodeToString(h.digest), Hash: hex.EncodeToString(h.hash),
		})
	})
}

func (s snapshot) LogEntries(ctx context.Context, f func(directory.LogLine) error) error {
	return s.each(ctx, sqlAuditRows, func(rows pgx.Rows) error {
		r, err := scanAuditRow(rows)
		if err != nil {
			return err
		}
		return f(directory.LogLine{
			Type: directory.TypeAudit, Chain: r.chain, Seq: r.seq, At: &r.at, Actions: r.actions, Actor: r.actor, Target: r.target,
			Event: r.event, Hash: hex.EncodeToString(r.hash),
		})
	})
}

func (s snapshot) each(ctx context.Context, sql statement, f func(pgx.Rows) error) error {
	rows, err := query{sql: sql}.send(ctx, s.tx)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
