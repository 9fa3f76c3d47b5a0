package postgrestest

import (
	"context"
	"net/url"
)

// Role is the functions' role on our own server. It can log in, and has no other rights until they are granted.
const Role = "roster_functions"

// ensureRole creates the role if it does not exist. The caller holds prepareLock.
func (m *harness) ensureRole(ctx context.Context) error {
	var there bool
	if err := m.lockConn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", Role).Scan(&there); err != nil || there {
		return err
	}
	return m.exec(ctx, "CREATE ROLE "+Role+" LOGIN")
}

// withRole returns the URL with another role. The server's socket asks for no password.
func withRole(role, of string) string {
	u, err := url.Parse(of)
	if err != nil {
		panic(err) // machine.url made it
	}
	u.User = url.User(role)
	return u.String()
}
