package postgres

import (
	"context"
	"net/netip"

	"github.com/jackc/pgx/v5"

	"roster/shared/user"
)

// sessionIsAlive is the rule for a session s of a user u: neither of its ends
// has come, by the server's clock, and its version is the token_version of the
// account. Whatever ends all sessions of an account increments token_version.
// Deleting the rows is not enough, because it misses a session that begins at
// the same moment.
const sessionIsAlive = `s.user_id = u.id and s.version = u.token_version and s.idle_ends_at > now() and s.ends_at > now()`

const sqlSessions statement = `
select s.id, s.device_name, s.user_agent, s.address, s.last_address, s.method, s.created_at, s.last_used_at, s.idle_ends_at, s.ends_at
from sessions s join users u on ` + sessionIsAlive + `
where u.uuid = @user order by s.last_used_at desc, s.id`

// Sessions returns the sessions of an account that are alive, the last used
// first.
func (db *DB) Sessions(ctx context.Context, uuid string) ([]user.Session, error) {
	return collect(ctx, db, query{"list the sessions of a user", sqlSessions, named{{"user", uuid}}}, scanSession)
}

func scanSession(row pgx.CollectableRow) (s user.Session, err error) {
	var address, lastAddress string
	err = row.Scan(&s.ID, &s.DeviceName, &s.UserAgent, &address, &lastAddress, &s.Method, &s.CreatedAt, &s.LastUsedAt, &s.IdleEndsAt, &s.EndsAt)
	s.Address, s.LastAddress = parsedAddress(address), parsedAddress(lastAddress)
	return s, err
}

// parsedAddress is the reverse of request.AddressText.
func parsedAddress(text string) netip.Addr {
	a, _ := netip.ParseAddr(text) // zero for ""
	return a
}
