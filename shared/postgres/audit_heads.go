package postgres

import (
	"context"
	"encoding/hex"
	"slices"

	"github.com/jackc/pgx/v5"

	"roster/shared/audit"
)

// AuditHeads returns the heads of all chains.
func (db *DB) AuditHeads(ctx context.Context) ([]audit.Head, error) {
	return collect(ctx, db, query{"read the heads of the audit log", sqlAuditHeads, nil}, func(row pgx.CollectableRow) (h audit.Head, err error) {
		var digest, hash []byte
		err = row.Scan(&h.Chain, &h.Seq, &digest, &hash)
		h.Hash = hex.EncodeToString(hash)
		return h, err
	})
}

// ReadAuditHeads is audit.ReadHeads, for programs.
func ReadAuditHeads(text string, keys [][]byte) ([]audit.Head, error) {
	return audit.ReadHeads(text, keys)
}

// compareCopies compares a row with the copies of heads that it was.
func (v *Verified) compareCopies(row auditRow, before link) {
	v.copies = slices.DeleteFunc(v.copies, func(h audit.Head) bool {
		switch {
		case h.Chain != int(row.chain):
			return false
		case h.Seq == row.seq:
			if h.Hash != hex.EncodeToString(row.hash) {
				v.report("chain %d row %d is not the one of the copy: the rows up to it were made anew", row.chain, row.seq)
			}
			return true
		}
		return h.Seq < row.seq && row.isBeginning(before) // it was removed, which the log records
	})
}

// missingCopies reports the copies that no row was.
func (v *Verified) missingCopies(ends map[int16]link) {
	for _, h := range v.copies {
		if h.Seq > 0 {
			v.report("chain %d row %d is missing: the copy has it, and the chain ends at %d", h.Chain, h.Seq, ends[int16(h.Chain)].seq) // #nosec G115 -- a number from 0 to 15
		}
	}
}

// checkMAC reports a row that has no MAC though earlier ones have, a wrong MAC,
// or the event of another row.
func (v *Verified) checkMAC(row auditRow) {
	body := row.body()
	switch {
	case len(v.keys) == 0 || body.Erased != "":
	case body.MAC == "":
		v.Unsigned++
		if v.signed[row.chain] {
			v.report("chain %d row %d has no MAC, and an earlier one has", row.chain, row.seq)
		}
	case !slices.ContainsFunc(v.keys, body.hasMAC):
		v.report("chain %d row %d has a MAC that is not of this key: it was made up, or its event was altered", row.chain, row.seq)
	case v.seen[body.ID]:
		v.report("chain %d row %d is a copy of another row", row.chain, row.seq)
	default:
		v.seen[body.ID], v.signed[row.chain] = true, true
	}
}
