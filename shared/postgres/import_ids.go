package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"roster/shared/fault"
)

// The sequence of users.id is moved before rows with higher ids are stored, so that
// no registration is given one of theirs. The lock keeps registrations out until
// the batch is stored, and the sequence is never moved back.
const (
	sqlIDsAreBehind statement = `
select coalesce(max(last_value), 0) < @highest, bool_and(has_sequence_privilege(pg_get_serial_sequence('users', 'id'), 'update'))
from pg_sequences where format('%I.%I', schemaname, sequencename) = pg_get_serial_sequence('users', 'id')`
	sqlLockUsers statement = `lock table users in share row exclusive mode`
	sqlMoveIDs   statement = `
select setval(pg_get_serial_sequence('users', 'id'), greatest(@highest, nextval(pg_get_serial_sequence('users', 'id'))))`
)

// countAfter makes the next id of a new account higher than this one. Only the
// role that owns the tables may do that.
func (t importTx) countAfter(ctx context.Context, highest int64) error {
	behind, may, err := t.idsAreBehind(ctx, highest)
	if err != nil || !behind {
		return err
	}
	if !may {
		return &fault.Error{Code: fault.Forbidden, Message: "The rows have ids, and only the role that owns the tables may store accounts with ids " +
			"that are to come: import with its URL, or leave the member id out."}
	}
	if err := (query{sql: sqlLockUsers}).exec(ctx, t.tx); err != nil {
		return err
	}
	if behind, _, err = t.idsAreBehind(ctx, highest); err != nil || !behind {
		return err
	}
	return query{sql: sqlMoveIDs, args: named{{"highest", highest}}}.exec(ctx, t.tx)
}

func (t importTx) idsAreBehind(ctx context.Context, highest int64) (behind, may bool, err error) {
	rows, err := query{sql: sqlIDsAreBehind, args: named{{"highest", highest}}}.send(ctx, t.tx)
	if err != nil {
		return false, false, err
	}
	_, err = pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (any, error) { return nil, row.Scan(&behind, &may) })
	return behind, may, err
}
