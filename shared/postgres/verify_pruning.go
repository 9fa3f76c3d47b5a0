package postgres

import (
	"slices"
	"strconv"
	"time"

	"roster/shared/audit"
)

// count counts a row that was erased, or the rows that are missing before the
// beginning of a trimmed chain.
func (v *Verified) count(row auditRow, before link) {
	if row.isBeginning(before) {
		v.Removed += int(row.seq) - 1
	} else if row.body().Erased != "" {
		v.Erased++
	}
}

// isSigned reports whether the row has a MAC of a key. Without keys no MAC is checked.
func (v *Verified) isSigned(row auditRow) bool {
	return len(v.keys) == 0 || slices.ContainsFunc(v.keys, row.body().hasMAC)
}

// lastPruning is what the latest event of EraseFromAudit or TrimAudit recorded. Of
// two at the same time it is the one that recorded more, because a run adds to
// what was erased and removed before. With the key only an event with a MAC counts,
// because somebody could have made up the others.
type lastPruning struct {
	at              time.Time
	erased, removed int
}

func (r auditRow) recordsPruning() bool {
	b := r.body()
	return b.Erased == "" && (slices.Contains(b.Actions, audit.ActionAuditErased) || slices.Contains(b.Actions, audit.ActionAuditTrimmed))
}

func (l *lastPruning) read(row auditRow) {
	b := row.body()
	erased, err := strconv.Atoi(b.Detail[detailErased])
	removed, err2 := strconv.Atoi(b.Detail[detailRemoved])
	if err != nil || err2 != nil { // comparePruning reports what it does not say
		return
	}
	if b.At.After(l.at) || b.At.Equal(l.at) && erased+removed > l.erased+l.removed {
		*l = lastPruning{b.At, erased, removed}
	}
}

// comparePruning reports rows that were erased or removed without a record.
func (v *Verified) comparePruning(l lastPruning) {
	if v.Erased != l.erased {
		v.report("%d rows are erased, and the log records %d", v.Erased, l.erased)
	}
	if v.Removed != l.removed {
		v.report("%d rows are removed at the beginning of chains, and the log records %d", v.Removed, l.removed)
	}
}
