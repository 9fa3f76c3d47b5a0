package postgrestest

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Statements returns the statements that PostgreSQL received for the test's database while f ran, in the order of their
// arrival, without the values of their parameters. What runs on Pool counts, too.
//
// It skips the test when TEST_DATABASE_URL is set.
func Statements(t testing.TB, f func()) []string {
	t.Helper()
	m, l := harnessFor(t), leaseOf(t)
	from, err := m.logSize()
	if err != nil {
		t.Fatal(err)
	}
	f()
	var statements []string
	for _, e := range entries(t, m, l, from) {
		if s, ok := e.statement(); ok {
			statements = append(statements, s)
		}
	}
	return statements
}

// Errors returns what PostgreSQL has complained of for the test's database since the test began to use it, such as
// "ERROR: division by zero".
//
// It skips the test when TEST_DATABASE_URL is set.
func Errors(t testing.TB) []string {
	t.Helper()
	m, l := harnessFor(t), leaseOf(t)
	var errs []string
	for _, e := range entries(t, m, l, l.logFrom) {
		if strings.HasPrefix(e.text, "canceling statement due to lock timeout") {
			continue // package postgres tries it again, and a busy machine is no fault
		}
		if e.severity == "ERROR" || e.severity == "FATAL" || e.severity == "PANIC" {
			errs = append(errs, e.severity+": "+e.text)
		}
	}
	return errs
}

// entries reads the log of the test's database, from a place to now. A mark of our own is the present: PostgreSQL logs a statement
// before it runs it, so all that was answered before stands above the mark.
func entries(t testing.TB, m *harness, l *lease, from int64) []entry {
	t.Helper()
	if m.server == nil {
		t.Skipf("the log of the server of %s is out of reach", ServerVariable)
	}
	ctx, cancel := withTimeout()
	defer cancel()
	mark := "mark " + rand.Text()
	if _, err := l.conn.Exec(ctx, "DO $$ BEGIN RAISE LOG '"+mark+"'; END $$"); err != nil {
		t.Fatal(err)
	}
	log, err := readUntil(m.server.LogPath(), from, mark)
	if err != nil {
		t.Fatal(err)
	}
	ourselves := fmt.Sprint(l.conn.PgConn().PID())
	var found []entry
	for _, e := range parseLog(log) {
		if e.database == l.name && e.process != ourselves {
			found = append(found, e)
		}
	}
	return found
}

// readUntil reads the log from a place to the line with the mark, and waits for that.
func readUntil(path string, from int64, mark string) (string, error) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); ; <-tick.C {
		log, err := readFrom(path, from)
		if err != nil {
			return "", fmt.Errorf("reading the database server's log: %w", err)
		}
		if before, _, ok := bytes.Cut(log, []byte(mark)); ok {
			return string(before), nil
		}
		if time.Now().After(deadline) {
			return "", fmt.Errorf("the database server's log %s does not show the last statement", path)
		}
	}
}

func readFrom(path string, from int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return nil, err
	}
	return io.ReadAll(f)
}

// entry is one entry of the log.
type entry struct {
	process, database, severity, text string
}

// head is the first line of an entry, as pgserver.LogLinePrefix makes it: time, [process], database (none for PostgreSQL's own
// processes), severity, text.
var head = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \S+ \[(\d+)\] (\S*) ([A-Z]+\d?):  (.*)$`)

// parseLog takes the log apart. PostgreSQL begins the further lines of an entry with a tab.
func parseLog(log string) []entry {
	var all []entry
	for line := range strings.SplitSeq(log, "\n") {
		if m := head.FindStringSubmatch(line); m != nil {
			all = append(all, entry{process: m[1], database: m[2], severity: m[3], text: m[4]})
		} else if more, ok := strings.CutPrefix(line, "\t"); ok && len(all) > 0 {
			all[len(all)-1].text += "\n" + more
		}
	}
	return all
}

// statement returns the statement that an entry reports. It is "statement: …" in the simple protocol and "execute <name>: …" in
// the extended one.
func (e entry) statement() (string, bool) {
	if e.severity != "LOG" {
		return "", false
	}
	if s, ok := strings.CutPrefix(e.text, "statement: "); ok {
		return s, true
	}
	if rest, ok := strings.CutPrefix(e.text, "execute "); ok {
		_, s, ok := strings.Cut(rest, ": ")
		return s, ok
	}
	return "", false
}

func (m *harness) logSize() (int64, error) {
	if m.server == nil {
		return 0, nil
	}
	fi, err := os.Stat(m.server.LogPath())
	if err != nil {
		return 0, fmt.Errorf("looking at the database server's log: %w", err)
	}
	return fi.Size(), nil
}

func (m *harness) logHint() string {
	if m.server == nil {
		return ""
	}
	return ", logged in " + m.server.LogPath()
}
