package postgres

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/shared/directory"
)

// A head is set where its chain has no entry yet. Entries that are written from
// then on follow it, also those of the import itself, and the file's entries go
// before them.
const (
	sqlSetHead statement = `
update audit_heads set seq = @seq, digest = @digest, hash = @hash where chain = @chain and seq = 0`
	sqlReadHead  statement = `select chain, seq, digest, hash from audit_heads where chain = @chain for update`
	sqlReadEntry statement = `
select chain, seq, at, actions, coalesce(actor::text, ''), coalesce(target::text, ''), event, hash from audit where chain = @chain and seq = @seq`
	sqlImportEntries statement = `
insert into audit (chain, seq, at, actions, actor, target, event, hash)
select n.chain, n.seq, at, array(select json_array_elements_text(actions::json)), nullif(actor, '')::uuid, nullif(target, '')::uuid, event, decode(n.hash, 'hex')` + importedEntries + `
join audit_heads h on h.chain = n.chain and n.seq <= h.seq
on conflict do nothing`
	sqlCountEntries statement = `
select count(*)` + importedEntries + ` join audit a on a.chain = n.chain and a.seq = n.seq and a.hash = decode(n.hash, 'hex')`
	importedEntries = `
from unnest(@chains::bigint[], @seqs::bigint[], @times::timestamptz[], @actions::text[], @actors::text[], @targets::text[], @events::text[], @hashes::text[])
	as n (chain, seq, at, actions, actor, target, event, hash)`
)

// WriteLogLines writes heads and entries that are not there yet.
func (t importTx) WriteLogLines(ctx context.Context, lines []directory.LogLine) error {
	var entries []directory.LogLine
	for _, l := range lines {
		if l.Type == directory.TypeAudit {
			entries = append(entries, l)
		} else if err := t.writeHead(ctx, l); err != nil {
			return err
		}
	}
	if len(entries) == 0 {
		return nil
	}
	return t.writeEntries(ctx, entries)
}

// writeHead sets the head of a chain without entries. A chain that ends with this
// head, or goes on from it, is that of the file already.
func (t importTx) writeHead(ctx context.Context, l directory.LogLine) error {
	head := link{chain: l.Chain, seq: l.Seq}
	var err error
	if head.digest, err = hex.DecodeString(l.Digest); err != nil {
		return fmt.Errorf("the head of chain %d has a bad digest: %w", l.Chain, err)
	}
	if head.hash, err = hex.DecodeString(l.Hash); err != nil {
		return fmt.Errorf("the head of chain %d has a bad hash: %w", l.Chain, err)
	}
	rows, err := query{sql: sqlReadHead, args: named{{"chain", l.Chain}}}.send(ctx, t.tx)
	if err != nil {
		return err
	}
	stored, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (s link, err error) {
		err = row.Scan(&s.chain, &s.seq, &s.digest, &s.hash)
		return s, err
	})
	switch {
	case err != nil:
		return err
	case stored.seq == 0:
		return query{sql: sqlSetHead, args: named{{"chain", l.Chain}, {"seq", l.Seq}, {"digest", head.digest}, {"hash", head.hash}}}.exec(ctx, t.tx)
	case stored.seq == head.seq && bytes.Equal(stored.hash, head.hash):
		return nil
	case stored.seq > head.seq:
		return t.followsHead(ctx, head)
	}
	return directory.ErrLogInUse
}

// followsHead returns an error unless the next entry of the chain was written after
// this head.
func (t importTx) followsHead(ctx context.Context, head link) error {
	rows, err := query{sql: sqlReadEntry, args: named{{"chain", head.chain}, {"seq", head.seq + 1}}}.send(ctx, t.tx)
	if err != nil {
		return err
	}
	next, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (auditRow, error) { return scanAuditRow(row) })
	if err != nil {
		return err
	}
	if len(next.compare(head)) > 0 {
		return directory.ErrLogInUse
	}
	return nil
}

func (t importTx) writeEntries(ctx context.Context, entries []directory.LogLine) error {
	var r entryArrays
	for _, l := range entries {
		actions, err := json.Marshal(append([]string{}, l.Actions...))
		if err != nil {
			return err
		}
		r.chains, r.seqs, r.times, r.events = append(r.chains, int64(l.Chain)), append(r.seqs, l.Seq), append(r.times, *l.At), append(r.events, l.Event)
		r.actions, r.actors, r.targets, r.hashes = append(r.actions, string(actions)), append(r.actors, l.Actor), append(r.targets, l.Target), append(r.hashes, l.Hash)
	}
	if err := (query{sql: sqlImportEntries, args: r.args()}).exec(ctx, t.tx); err != nil {
		return err
	}
	rows, err := query{sql: sqlCountEntries, args: r.args()}.send(ctx, t.tx)
	if err != nil {
		return err
	}
	n, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
	if err == nil && n != len(entries) {
		err = directory.ErrLogInUse
	}
	return err
}

// entryArrays has an array for each column of audit.
type entryArrays struct {
	chains, seqs                             []int64
	times                                    []time.Time
	actions, actors, targets, events, hashes []string
}

func (r entryArrays) args() named {
	return named{
		{"chains", r.chains},
		{"seqs", r.seqs},
		{"times", r.times},
		{"actions", r.actions},
		{"actors", r.actors},
		{"targets", r.targets},
		{"events", r.events},
		{"hashes", r.hashes},
	}
}
