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

// Statements returns the statements that PostgreSQL received for the test's database while f ran, in order, without parameter values. It
// includes statements on Pool.
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

// Errors returns the errors that PostgreSQL logged for the test's database since the test's first use of it, such as "ERROR: division by
// zero".
//
// It skips the test when TEST_DATABASE_URL is set.
func Errors(t testing.TB) []string {
	t.Helper()
	m, l := harnessFor(t), leaseOf(t)
	var errs []string
	for _, e := range entries(t, m, l, l.logFrom) {
		if strings.HasPrefix(e.text, "canceling statement due to lock timeout") {
			continue // package postgres retries it, and it happens on a busy machine
		}
		if e.severity == "ERROR" || e.severity == "FATAL" || e.severity == "PANIC" {
			errs = append(errs, e.severity+": "+e.text)
		}
	}
	return errs
}

// entries reads the log of the test's database, from an offset to now. It first logs a mark: PostgreSQL logs statements in order, so
// everything before the mark is complete.
func entries(t testing.TB, m *harness, l *lease, from int64) []entry {
	t.Helper()
	if m.server == nil {
		t.Skipf("this test reads the server's log, which is not possible with %s", ServerVariable)
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

// readUntil reads the log from an offset to the mark, and waits for the mark.
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
			return "", fmt.Errorf("the database server's log %s does not contain the last statement", path)
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

// head matches the first line of an entry with pgserver.LogLinePrefix: time, [process], database (empty for PostgreSQL's own processes),
// severity, text.
var head = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \S+ \[(\d+)\] (\S*) ([A-Z]+\d?):  (.*)$`)

// parseLog splits the log into entries. Further lines of an entry start with a tab.
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

// statement returns the SQL of an entry. The entry is "statement: …" for the simple protocol and "execute <name>: …" for the extended one.
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
