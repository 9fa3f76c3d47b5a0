package postgres_test

import (
	"errors"
	"net"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"roster/shared/fault"
	"roster/shared/postgres"
)

// fakeServer accepts every login and answers each statement with the next of
// its SQLSTATEs: "" is success, "-" ends the connection.
func fakeServer(t *testing.T, states ...string) (db *postgres.DB, received chan string) {
	t.Helper()
	received = make(chan string, 100)
	url := serve(t, func(c net.Conn) {
		backend := pgproto3.NewBackend(c, c)
		if m, err := backend.ReceiveStartupMessage(); err != nil || isCancel(m) {
			return
		}
		backend.Send(&pgproto3.AuthenticationOk{})
		for {
			backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
			if backend.Flush() != nil || !readStatement(backend, received) {
				return
			}
			switch state := states[min(len(received), len(states))-1]; state {
			case "":
				backend.Send(&pgproto3.ParseComplete{})
				backend.Send(&pgproto3.BindComplete{})
				backend.Send(&pgproto3.NoData{})
				backend.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
			case "-":
				return
			default:
				backend.Send(&pgproto3.ErrorResponse{Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: state, Message: "no"})
			}
		}
	})
	db, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db, received
}

// readStatement reads one statement and reports whether there was one.
func readStatement(backend *pgproto3.Backend, received chan<- string) bool {
	for {
		switch m, err := backend.Receive(); m := m.(type) {
		case *pgproto3.Parse:
			received <- m.Query
		case *pgproto3.Query:
			received <- m.String
			return true
		case *pgproto3.Sync:
			return true
		default:
			if err != nil {
				return false
			}
		}
	}
}

// A statement is run again only when the server says that it did nothing. F9:
// when the answer is lost, nobody knows whether the statement did something.
func TestWhatIsRetried(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		states []string
		sent   int
		good   bool
	}{
		"success":                      {[]string{""}, 1, true},
		"a conflict, then success":     {[]string{"40001", ""}, 2, true},
		"a deadlock, then success":     {[]string{"40P01", ""}, 2, true},
		"two conflicts, then success":  {[]string{"40001", "40P01", ""}, 3, true},
		"conflicts without end":        {[]string{"40001"}, 3, false},
		"a lock timeout, then success": {[]string{"55P03", ""}, 2, true},
		"two lock timeouts":            {[]string{"55P03"}, 2, false},
		"a statement that takes long":  {[]string{"57014"}, 1, false},
		"an unknown outcome":           {[]string{"40003"}, 1, false},
		"a shutdown":                   {[]string{"57P01", ""}, 1, false},
		"a crash":                      {[]string{"57P02", ""}, 1, false},
		"a pooler without a server":    {[]string{"08P01", ""}, 1, false},
		"read-only, then not":          {[]string{"25006", ""}, 2, true},
		"read-only":                    {[]string{"25006"}, 2, false},
		"idle for too long":            {[]string{"57P05", ""}, 2, true},
		"a lost answer":                {[]string{"-"}, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, received := fakeServer(t, c.states...)
			err := db.Exec(t.Context(), "select 1")
			if (err == nil) != c.good || (err != nil && !errors.Is(err, fault.Unavailable)) {
				t.Errorf("error %v", err)
			}
			if len(received) != c.sent {
				t.Errorf("sent %d times, want %d", len(received), c.sent)
			}
		})
	}
}

func isCancel(m pgproto3.FrontendMessage) bool {
	_, ok := m.(*pgproto3.CancelRequest)
	return ok
}

// serve listens until the test is over and returns the URL to connect to.
func serve(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				handle(c)
			}()
		}
	}()
	return "postgres://user:password@" + l.Addr().String() + "/db?sslmode=disable"
}
