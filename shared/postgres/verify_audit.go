package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/shared/audit"
)

// Verified is the result of a check of the audit log.
type Verified struct {
	Rows int
	// Erased rows have lost their event, and Removed ones are gone, by
	// EraseFromAudit and TrimAudit. What an erased row says of its time and actions
	// is no longer proved.
	Erased, Removed int
	// Altered names each row, or head of a chain, that is not as it was written
	// or whose predecessor is missing, and says what is wrong with it.
	Altered []string
	// Unsigned rows have no MAC. They are reported if there are more than expected,
	// and each is if an earlier one of its chain has a MAC.
	Unsigned int
	Heads    []audit.Head

	keys   [][]byte // none: MACs are not checked
	copies []audit.Head
	seen   map[string]bool // the ids of events with a MAC
	signed map[int16]bool  // the chains with a MAC
}

// Expected is what a check knows from outside of the database.
type Expected struct {
	Keys  [][]byte     // of the MACs, former ones too; none does not check them
	Heads []audit.Head // an earlier copy
	// Unsigned is how many rows there are from before entries had MACs.
	Unsigned int
}

const (
	// A check reads the whole log, which may take longer than a request may.
	sqlNoTimeout  statement = `set local statement_timeout = 0`
	sqlAuditHeads statement = `select chain, seq, digest, hash from audit_heads order by chain`
	sqlHasUsers   statement = `select exists (select from users)`
	sqlAuditRows  statement = `
select chain, seq, at, actions, coalesce(actor::text, ''), coalesce(target::text, ''), event, hash from audit order by chain, seq`
)

// VerifyAudit computes every hash again, here and not in the database, and
// compares: each row with the one before it, its columns with its event, and
// the last row of each chain with the head of the chain. There must be sixteen
// chains. It finds what was altered, inserted or deleted, the last rows too.
//
// The owner of the tables can compute the hashes of all later rows and the head
// again. With the key it finds entries that somebody has made up all the same,
// and with an earlier copy of the heads it finds that rows from before the copy
// are others or gone.
//
// It reads heads and rows as they were at one moment, while others go on
// writing.
func (db *DB) VerifyAudit(ctx context.Context, expected Expected) (v Verified, err error) {
	err = db.retry(ctx, "verify the audit log", func() error {
		v = Verified{keys: expected.Keys, copies: slices.Clone(expected.Heads), seen: map[string]bool{}, signed: map[int16]bool{}}
		return pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			if err := (query{sql: sqlNoTimeout}).exec(ctx, tx); err != nil {
				return err
			}
			heads, err := readHeads(ctx, tx)
			if err != nil {
				return err
			}
			hasUsers, err := readBool(ctx, tx, query{sql: sqlHasUsers})
			if err != nil {
				return err
			}
			if err := v.readRows(ctx, tx, heads); err != nil {
				return err
			}
			if v.Unsigned > expected.Unsigned {
				v.report("%d rows have no MAC, and %d are known to be from before there were any", v.Unsigned, expected.Unsigned)
			}
			if hasUsers && v.Rows == 0 {
				v.report("the log is empty, and there are accounts")
			}
			return nil
		})
	})
	return v, err
}

// link is the part of a row that the hash of the next row of its chain covers.
// The head of a chain is the link of its last row.
type link struct {
	chain        int16
	seq          int64
	digest, hash []byte
}

func readHeads(ctx context.Context, tx pgx.Tx) ([]link, error) {
	rows, err := query{sql: sqlAuditHeads}.send(ctx, tx)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (l link, err error) {
		err = row.Scan(&l.chain, &l.seq, &l.digest, &l.hash)
		return l, err
	})
}

// readRows follows each chain from its first row to its head.
func (v *Verified) readRows(ctx context.Context, tx pgx.Tx, heads []link) error {
	rows, err := query{sql: sqlAuditRows}.send(ctx, tx)
	if err != nil {
		return err
	}
	defer rows.Close()
	var last link // the row before, of the same chain
	var pruning lastPruning
	ends := map[int16]link{}
	for rows.Next() {
		row, err := scanAuditRow(rows)
		if err != nil {
			return err
		}
		if row.chain != last.chain {
			last = link{chain: row.chain}
		}
		for _, wrong := range row.compare(last) {
			v.report("chain %d row %d %s", row.chain, row.seq, wrong)
		}
		v.checkMAC(row)
		v.compareCopies(row, last)
		v.count(row, last)
		if row.recordsPruning() && v.isSigned(row) {
			pruning.read(row)
		}
		last = link{chain: row.chain, seq: row.seq, digest: row.digest(), hash: row.hash}
		ends[row.chain] = last
		v.Rows++
	}
	v.compareHeads(heads, ends)
	v.missingCopies(ends)
	v.comparePruning(pruning)
	return rows.Err()
}

func (v *Verified) compareHeads(heads []link, ends map[int16]link) {
	known := map[int16]bool{}
	for _, head := range heads {
		known[head.chain] = true
		v.Heads = append(v.Heads, audit.Head{Chain: int(head.chain), Seq: head.seq, Hash: hex.EncodeToString(head.hash)})
		end := ends[head.chain]
		switch {
		case head.chain < 0 || head.chain >= chains:
			v.report("chain %d is none of the sixteen", head.chain)
		case head.seq > end.seq:
			v.report("chain %d row %d is missing: according to the chain's head it was the last", head.chain, head.seq)
		case head.seq < end.seq:
			v.report("chain %d row %d comes after the chain's head", head.chain, end.seq)
		case !bytes.Equal(head.hash, end.hash) || !bytes.Equal(head.digest, end.digest):
			v.report("chain %d head is not the chain's last row", head.chain)
		}
	}
	for chain := range int16(chains) {
		if !known[chain] {
			v.report("chain %d head is missing", chain)
		}
	}
	for chain := range ends {
		if !known[chain] && (chain < 0 || chain >= chains) {
			v.report("chain %d is none of the sixteen, and has no head", chain)
		}
	}
}

func (v *Verified) report(format string, args ...any) {
	v.Altered = append(v.Altered, fmt.Sprintf(format, args...))
}

// auditRow is a row of audit.
type auditRow struct {
	link
	at            time.Time
	actions       []string
	actor, target string
	event         string
}

func scanAuditRow(row pgx.Row) (r auditRow, err error) {
	err = row.Scan(&r.chain, &r.seq, &r.at, &r.actions, &r.actor, &r.target, &r.event, &r.hash)
	return r, err
}

// body returns the event as far as it can be read.
func (r auditRow) body() (b eventBody) {
	_ = json.Unmarshal([]byte(r.event), &b)
	return b
}

// isBeginning reports the first row of a chain whose earlier rows were removed.
func (r auditRow) isBeginning(before link) bool {
	return before.seq == 0 && r.seq > 1 && r.body().Trimmed
}

// digest returns the SHA-256 of the event as it was written.
func (r auditRow) digest() []byte {
	if sum, err := hex.DecodeString(r.body().Erased); err == nil && len(sum) == sha256.Size {
		return sum
	}
	sum := sha256.Sum256([]byte(r.event))
	return sum[:]
}

// compare returns what is wrong with a row that follows the given one.
func (r auditRow) compare(before link) (wrong []string) {
	if r.isBeginning(before) { // its hash is given
		return r.compareColumns()
	}
	if r.seq != before.seq+1 {
		wrong = append(wrong, "does not follow the row before it: rows are missing")
	}
	seq := binary.BigEndian.AppendUint64(nil, uint64(r.seq)) // #nosec G115 -- the bytes are the same
	sum := sha256.Sum256(slices.Concat(before.hash, seq, r.digest()))
	if !bytes.Equal(sum[:], r.hash) {
		wrong = append(wrong, "has a hash that does not fit its event and the row before it")
	}
	return append(wrong, r.compareColumns()...)
}

func (r auditRow) compareColumns() (wrong []string) {
	var b eventBody
	if err := json.Unmarshal([]byte(r.event), &b); err != nil {
		return append(wrong, "has an event that cannot be read")
	}
	actions := make([]string, len(b.Actions))
	for i, a := range b.Actions {
		actions[i] = string(a)
	}
	if !b.At.Equal(r.at) || !slices.Equal(actions, r.actions) || b.Actor != r.actor || b.Target != r.target || b.Chain != int(r.chain) {
		wrong = append(wrong, "has columns that differ from its event")
	}
	return wrong
}
