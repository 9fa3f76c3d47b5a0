package postgres_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/audit"
	"roster/shared/directory"
	"roster/shared/fault"
	"roster/shared/user"
)

// A row of a file must not leave a database in which nobody can register any more, or
// the sessions of an account cannot be ended: these numbers are counted up.
func TestNoRowUsesUpWhatIsCounted(t *testing.T) {
	t.Parallel()
	const highest = 1 << 62
	db := openOwner(t)
	r, err := importLines(t, db, directory.Options{},
		line("ann", `"token_version":9223372036854775807`), line("ben", `"reset_version":9223372036854775807`), line("cat", `"id":9223372036854775807`),
		line("dan", fmt.Sprintf(`"token_version":%d,"reset_version":%d,"id":%d`, highest, highest, highest)),
	)
	const reason = "must be at most 4611686018427387904"
	want := []directory.Refusal{
		{Row: 1, Username: "ann", Fields: fault.Fields{"token_version": reason}},
		{Row: 2, Username: "ben", Fields: fault.Fields{"reset_version": reason}},
		{Row: 3, Username: "cat", Fields: fault.Fields{"id": reason}},
	}
	if diff := cmp.Diff(want, r.Refusals); diff != "" || err != nil || r.Created != 1 {
		t.Errorf("%v, %d created, refusals (-want +got):\n%s", err, r.Created, diff)
	}
	if _, err := db.EndAllSessions(t.Context(), audit.Event{Actions: []audit.Action{audit.ActionAllSessionsEnded}, At: now}); err != nil {
		t.Errorf("end all sessions: %v", err)
	}
	if _, _, err := db.CreateUser(t.Context(), user.NewAccount{User: account("eve")}, event); err != nil {
		t.Errorf("register: %v", err)
	}
}

// JSON has no time before the year 0 or after 9999, and an account with one could not
// be answered, nor any page of a list that it is on.
func TestNoRowHasATimeThatNoAnswerCanHave(t *testing.T) {
	t.Parallel()
	db := openOwner(t)
	var lines []string
	for i, at := range []string{"9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+01:00", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-01-01T00:00:00Z"} {
		for n, member := range []string{"created_at", "updated_at", "last_login_at", "password_changed_at"} {
			lines = append(lines, line(fmt.Sprintf("ann%d%d", i, n), fmt.Sprintf("%q:%q", member, at)))
		}
	}
	lines = append(lines, line("ben", `"created_at":"1970-01-01T00:00:00Z","last_login_at":"9998-12-31T23:59:59Z"`))
	r, err := importLines(t, db, directory.Options{}, lines...)
	if err != nil || r.Created != 1 || r.Refused != len(lines)-1 {
		t.Errorf("%d created, %d refused, %v", r.Created, r.Refused, err)
	}
	for _, refusal := range r.Refusals {
		for member, reason := range refusal.Fields {
			if !strings.HasSuffix(member, "_at") || reason != "must be a time from 1970 to 9998" {
				t.Errorf("%s: %s %s", refusal.Username, member, reason)
			}
		}
	}
	for _, u := range dump(t, "select username from users") {
		var row struct{ Username string }
		if err := json.Unmarshal([]byte(u), &row); err != nil {
			t.Fatal(err)
		}
		found := find(t, db, row.Username)
		for _, at := range []*time.Time{&found.CreatedAt, &found.UpdatedAt, found.LastLoginAt, found.PasswordChangedAt} {
			if _, err := json.Marshal(at); err != nil {
				t.Errorf("%s cannot be answered: %v", row.Username, err)
			}
		}
	}
}

// A file must not leave a log to which nothing can be added: no login would succeed
// any more.
func TestNoLineUsesUpTheAuditLog(t *testing.T) {
	t.Parallel()
	db := openOwner(t)
	hash := strings.Repeat("ab", 32)
	var lines []string
	for chain := range 16 {
		lines = append(lines, fmt.Sprintf(`{"type":"audit_head","chain":%d,"seq":9223372036854775807,"digest":%q,"hash":%q}`, chain, hash, hash))
	}
	lines = append(lines,
		fmt.Sprintf(`{"type":"audit_head","chain":1,"seq":-5,"digest":%q,"hash":%q}`, hash, hash),
		fmt.Sprintf(`{"type":"audit_head","chain":1,"seq":7,"digest":%q,"hash":"ab"}`, hash),
		fmt.Sprintf(`{"type":"audit","chain":1,"seq":1,"at":"9999-12-31T23:59:59-01:00","event":"{}","hash":%q}`, hash),
		fmt.Sprintf(`{"type":"audit","chain":1,"seq":1,"at":"2026-01-01T00:00:00Z","event":"{}","hash":%q,"actor":"x"}`, hash),
	)
	r, err := importLines(t, db, directory.Options{}, lines...)
	if err != nil || r.Refused != len(lines) || r.AuditLines != 0 {
		t.Errorf("%d of %d refused, %d lines, %v", r.Refused, len(lines), r.AuditLines, err)
	}
	create(t, db, account("ann"))
	if heads := dump(t, "select chain from audit_heads where seq < 0 or seq > 1000"); len(heads) > 0 {
		t.Errorf("heads out of bounds: %v", heads)
	}
}
