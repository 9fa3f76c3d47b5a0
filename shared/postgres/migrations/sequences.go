package migrations

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
)

// identity is a column of one of our tables that takes its values from a
// sequence.
type identity struct {
	Table    string `json:"table"` // quoted
	Column   string `json:"column"`
	Sequence string `json:"sequence"`
}

// Only tables that our migrations make are asked for. Those of other services are
// left alone.
const sqlIdentities = `
select coalesce(json_agg(json_build_object('table', format('%I.%I', nspname, relname), 'column', quote_ident(attname),
	'sequence', pg_get_serial_sequence(format('%I.%I', nspname, relname), attname))), '[]')
from pg_attribute a join pg_class c on c.oid = attrelid join pg_namespace n on n.oid = relnamespace
where n.nspname = current_schema() and relkind = 'r' and attnum > 0 and not attisdropped
and pg_get_serial_sequence(format('%I.%I', nspname, relname), attname) is not null
and relname in (select json_array_elements_text($1::json))`

// repairSequences moves each sequence of our tables past the highest value in its
// column. A sequence is behind after data was copied or restored without its
// sequences. It then returns ids that exist, and no account can be made. It is
// never moved back.
func repairSequences(ctx context.Context, db *sql.DB) error {
	var text []byte
	ours, err := ourTables()
	if err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, sqlIdentities, ours).Scan(&text); err != nil {
		return err
	}
	var columns []identity
	if err := json.Unmarshal(text, &columns); err != nil {
		return err
	}
	for _, c := range columns {
		if err := c.repair(ctx, db); err != nil {
			return fmt.Errorf("repair the sequence %s: %w", c.Sequence, err)
		}
	}
	return nil
}

// ourTables returns the names of the tables that the migrations make, as JSON.
func ourTables() (string, error) {
	_, made, err := firstMigrations(math.MaxInt)
	if err != nil {
		return "", err
	}
	names := []string{VersionTable}
	for name := range made {
		names = append(names, name)
	}
	text, err := json.Marshal(names)
	return string(text), err
}

// repair looks first without a lock. Then it keeps other writers out of the table
// while it sets the sequence, so that no value is handed out twice.
func (c identity) repair(ctx context.Context, db *sql.DB) error {
	if behind, _, err := c.behind(ctx, db); err != nil || !behind {
		return err
	}
	return locked(ctx, db, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "lock table "+c.Table+" in share row exclusive mode"); err != nil {
			return err
		}
		behind, highest, err := c.behind(ctx, tx)
		if err != nil || !behind {
			return err
		}
		if _, err := tx.ExecContext(ctx, "select setval($1::text::regclass, $2)", c.Sequence, highest); err != nil {
			return err
		}
		slog.WarnContext(ctx, "a sequence was behind the values in its table, as after a restored dump, and was set to the highest one",
			"sequence", c.Sequence, "table", c.Table, "highest", highest)
		return nil
	})
}

type rowQueryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// behind reports whether the next value of the sequence is in the table or below
// its highest value.
func (c identity) behind(ctx context.Context, db rowQueryer) (behind bool, highest int64, err error) {
	query := `select highest, highest >= last_value + is_called::int
		from ` + c.Sequence + `, (select coalesce(max(` + c.Column + `), 0) as highest from ` + c.Table + `) as t`
	err = db.QueryRowContext(ctx, query).Scan(&highest, &behind)
	return behind, highest, err
}
