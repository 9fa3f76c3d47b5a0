//go:build unix

package postgres

import (
	"errors"
	"net"
	"syscall"
)

// isStale reports whether the server has closed an idle connection or sent
// something on it. It looks at the socket without reading or waiting, which
// takes a microsecond. It does not notice a network that lost the connection
// silently.
func isStale(c net.Conn) bool {
	if wrapped, ok := c.(interface{ NetConn() net.Conn }); ok { // TLS
		c = wrapped.NetConn()
	}
	socket, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return true
	}
	// Control and not Read: pgx may have a reader waiting on the socket, and
	// raw.Read would wait for that reader.
	empty := false
	err = raw.Control(func(fd uintptr) {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		empty = errors.Is(err, syscall.EAGAIN)
	})
	return err != nil || !empty
}
