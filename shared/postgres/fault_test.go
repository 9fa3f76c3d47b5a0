package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"roster/shared/fault"
	"roster/shared/postgres"
)

// The state of the server or of the network is an outage. A mistake in the
// statement is a bug. The codes are from PostgreSQL's documentation, appendix A.
func TestFault(t *testing.T) {
	t.Parallel()
	state := func(code string) error {
		return &pgconn.PgError{Severity: "ERROR", Code: code, Message: "from the server"}
	}
	outages := []error{
		context.Canceled, context.DeadlineExceeded, os.ErrDeadlineExceeded,
		&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, &net.DNSError{Err: "no such host"}, &net.OpError{Op: "read", Err: syscall.ECONNRESET},
		fmt.Errorf("read: %w", io.ErrUnexpectedEOF), errors.New("conn closed"), errors.New("closed pool"), errors.New("write: broken pipe"), errors.New("read: connection reset by peer"),
	}
	for _, code := range []string{
		"08000", "08001", "08003", "08006", "08P01", "25006", "25P03", "28000", "28P01", "3D000", "40001", "40P01", "40003",
		"53000", "53100", "53200", "53300", "55P03", "57000", "57014", "57P01", "57P02", "57P03", "57P04", "57P05", "58000", "58030", "XX000", "XX001", "XX002",
	} {
		outages = append(outages, state(code))
	}
	for _, cause := range outages {
		err := postgres.AsFault("do something", fmt.Errorf("wrapped: %w", cause))
		var e *fault.Error
		if !errors.As(err, &e) || e.Code != fault.Unavailable || e.RetryAfter <= 0 || !errors.Is(err, cause) {
			t.Errorf("%v: %v", cause, err)
		}
		if strings.Contains(e.Message, "wrapped") || !strings.Contains(err.Error(), "do something: wrapped") {
			t.Errorf("%v: answered %q, logged %q", cause, e.Message, err)
		}
	}
	bugs := []error{errors.New("something else"), pgx.ErrNoRows, io.EOF}
	for _, code := range []string{"22001", "22003", "22021", "22P02", "23502", "23503", "23505", "23514", "25001", "25P01", "25P02", "26000", "34000", "42501", "42601", "42703", "42804", "42P01", "42P18", "54000", "0A000", "P0001", ""} {
		bugs = append(bugs, state(code))
	}
	for _, cause := range bugs {
		err := postgres.AsFault("do something", cause)
		var e *fault.Error
		if errors.As(err, &e) || !errors.Is(err, cause) {
			t.Errorf("%v: %v", cause, err)
		}
	}
	if err := postgres.AsFault("do something", nil); err != nil {
		t.Errorf("for no error: %v", err)
	}
}

// A mistyped URL must not put its password into a log.
func TestBadURLShowsNoPassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://user:hunter2@host:99999999/db", "postgres://user:hunter/2@host/db", "postgres://user:hunter%zz2@host/db", "postgres://user:hunter 2@host/db",
		"postgres://user:hunter2@host/db?sslmode=perhaps", "postgres://user:hunter2@host/db?pool_max_conns=many", "user:hunter2@host/db", "user=x password='hunter2", "mysql://user:hunter2@host/db", "://hunter2",
	} {
		db, err := postgres.Open(t.Context(), url)
		if err == nil {
			db.Close()
			t.Errorf("%s is accepted", url)
			continue
		}
		known := slices.ContainsFunc([]string{"is not a PostgreSQL URL", "has a space or a line end in it", "must begin with postgres://"}, func(text string) bool {
			return strings.Contains(err.Error(), "DATABASE_URL "+text)
		})
		if strings.Contains(err.Error(), "hunter") || !known {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestOpenDoesNotConnect(t *testing.T) {
	t.Parallel()                                                                        // a function must start during an outage of the database
	db, err := postgres.Open(t.Context(), "postgres://user:password@192.0.2.1:5432/db") // RFC 5737: nothing answers there
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	if err := db.Ping(t.Context()); !errors.Is(err, fault.Unavailable) {
		t.Errorf("after Close: %v", err)
	}
}
