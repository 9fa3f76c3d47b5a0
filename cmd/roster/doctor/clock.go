package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Access tokens are accepted to the second, and sessions and limits are counted by the
// functions' clock, which Lambda keeps right. So a clock that differs from both is
// most often that of this machine.
const (
	skewWarning = 2 * time.Second
	skewFailed  = 30 * time.Second
)

const fixClock = "let NTP set the clocks; on RDS and Lambda AWS does, so look at this machine first"

// judgeClock compares a clock with ours. Precision is what the answer leaves out, such
// as the fraction of a second in the header Date.
func judgeClock(check string, theirs, before, after time.Time, precision time.Duration) Finding {
	skew := time.Duration(0)
	if early := before.Sub(theirs.Add(precision)); early > 0 {
		skew = early
	}
	if late := theirs.Sub(after); late > 0 {
		skew = late
	}
	found := fmt.Sprintf("it differs by %s from the clock here", skew.Round(100*time.Millisecond))
	switch {
	case skew >= skewFailed:
		return failed(check, found, fixClock)
	case skew >= skewWarning:
		return warning(check, found, fixClock)
	}
	return ok(check, found)
}

func (s Subject) databaseClock(ctx context.Context, conn *pgx.Conn) Finding {
	const check = "database: clock"
	var theirs time.Time
	before := s.Now()
	if err := conn.QueryRow(ctx, `select clock_timestamp()`).Scan(&theirs); err != nil {
		return failed(check, reason(err), "")
	}
	return judgeClock(check, theirs, before, s.Now(), 0)
}
