package postgrestest

import (
	"context"
	"net/url"
)

// Role is the functions' role on a server of our own. It may log in and no more, until something is granted to it.
const Role = "roster_functions"

// ensureRole is called with prepareLock held.
func (m *harness) ensureRole(ctx context.Context) error {
	var there bool
	if err := m.lockConn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", Role).Scan(&there); err != nil || there {
		return err
	}
	return m.exec(ctx, "CREATE ROLE "+Role+" LOGIN")
}

// withRole is the URL for another role. The server's socket lets in whoever can reach it.
func withRole(role, of string) string {
	u, err := url.Parse(of)
	if err != nil {
		panic(err) // machine.url made it
	}
	u.User = url.User(role)
	return u.String()
}
