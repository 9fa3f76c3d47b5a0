package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
)

// logRefusal logs an error of connecting, for the alarm DatabaseRefused, which
// counts these lines. Other errors are not its business. The text of the error is
// left out, because it names the host and the role. The request's own line has
// it.
func logRefusal(ctx context.Context, err error) {
	var connect *pgconn.ConnectError
	if !errors.As(err, &connect) {
		return
	}
	slog.WarnContext(ctx, "the database refused a connection", "reason", refusalReason(err))
}

// refusalReason returns the SQLSTATE code that the server answered, such as 53300
// (no room for another connection) or 28P01 (wrong password). For a server that
// did not get to answer it returns a word.
func refusalReason(err error) string {
	var pg *pgconn.PgError
	var certificate *tls.CertificateVerificationError
	var network net.Error
	switch {
	case errors.As(err, &pg):
		return pg.Code
	case errors.As(err, &certificate):
		return "certificate"
	case pgconn.Timeout(err) || errors.As(err, &network) && network.Timeout():
		return "timeout"
	}
	return "unreachable"
}
