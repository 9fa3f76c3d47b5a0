package directory

import (
	"context"
	"time"
)

// LegacyAccount is an account as the other service has it. The account with that id in
// Roster counts as the imported one only if its username and its password hash are the
// same, because an administrator whom Roster has made may have the same id and the same
// name.
type LegacyAccount struct {
	ID           int64
	Username     string // canonical
	PasswordHash string
}

// LegacySessions begins the sessions of access tokens that another service issued.
type LegacySessions interface {
	// OpenLegacySessions begins a session, which ends at the given time, for each
	// account that was imported, and returns how many began. It begins none for an
	// account that has been used since: one with a login, a session or a logout.
	OpenLegacySessions(ctx context.Context, accounts []LegacyAccount, now, until time.Time) (int, error)
}

const legacyBatch = 500

// OpenLegacySessions begins a session for each account of the source that was imported
// and not used since. The access tokens of the other service belong to these sessions,
// so whatever ends sessions ends these tokens, too. It may be run again: an account that
// has such a session gets no second one.
func OpenLegacySessions(ctx context.Context, db LegacySessions, rows Source, now, until time.Time) (opened int, err error) {
	batch := make([]LegacyAccount, 0, legacyBatch)
	flush := func() error {
		n, err := db.OpenLegacySessions(ctx, batch, now, until)
		opened, batch = opened+n, batch[:0]
		return err
	}
	for row, err := range rows {
		if err != nil {
			return opened, err
		}
		r := row.Record
		if r.ID == nil || r.PasswordHash == "" || len(row.Problems) > 0 {
			continue
		}
		batch = append(batch, LegacyAccount{ID: *r.ID, Username: r.Username, PasswordHash: r.PasswordHash})
		if len(batch) == legacyBatch {
			if err := flush(); err != nil {
				return opened, err
			}
		}
	}
	if len(batch) == 0 {
		return opened, nil
	}
	return opened, flush()
}
