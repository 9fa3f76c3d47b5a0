//go:build !unix

package postgres

import "net"

// isStale cannot look at the socket on this system. A connection that was idle
// for long is checked all the same.
func isStale(net.Conn) bool { return false }
