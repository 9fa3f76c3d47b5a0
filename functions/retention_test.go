package functions_test

import (
	"strings"
	"testing"
	"time"

	"roster/localdev/postgrestest"
	"roster/shared/audit"
	"roster/shared/postgres"
)

// The functions' role may remove nothing from the audit log. The scheduled function
// does it with the owner's address, as the settings say, and not without them.
func TestTheScheduleKeepsTheAuditLogShort(t *testing.T) {
	t.Parallel()
	if postgrestest.FunctionsURL(t) == postgrestest.URL(t) {
		t.Skip("with TEST_DATABASE_URL there is no second role")
	}
	db, now := postgrestest.Open(t), time.Now()
	record := func(days int, action audit.Action, of string) {
		e := audit.Event{Actions: []audit.Action{action}, Actor: of, Target: of, At: now.AddDate(0, 0, -days)}
		if err := db.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	const gone, late = "0b5d1e1c-93a4-4a3c-9f52-6a1f0c9d7e21", "7d1f0a64-2b8c-4f7e-8a3d-1c2b3a4d5e6f"
	for range 400 {
		record(400, audit.ActionLoginFailed, "")
	}
	record(3, audit.ActionLogin, gone)
	record(2, audit.ActionDelete, gone)
	record(0, audit.ActionDelete, late)
	count := func(where string) (n int) {
		if err := postgrestest.Pool(t).QueryRow(t.Context(), "select count(*) from audit where "+where).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	const old, ofGone, ofLate = "at < now() - interval '365 days'", "event like '%" + gone + "%'", "event like '%" + late + "%'"
	owner := map[string]string{"MIGRATE_DATABASE_URL": postgrestest.URL(t)}
	newService(t, postgrestest.FunctionsURL(t), settings{secret: owner}).seed(scheduled)
	if count(old) != 400 || count(ofGone) != 2 {
		t.Errorf("without a retention: %d old events, %d of the deleted account", count(old), count(ofGone))
	}
	owner["AUDIT_ERASE_DELETED"] = "1"
	v := newService(t, postgrestest.FunctionsURL(t), settings{secret: owner, variables: map[string]string{"AUDIT_RETENTION": "365"}})
	for range 2 { // the second run has nothing to do
		v.seed(scheduled)
	}
	if count(old) > 16 || count(ofGone) != 0 || count(ofLate) != 1 || count("actions @> '{audit_trimmed}'") != 1 || count("actions @> '{audit_erased}'") != 1 {
		t.Errorf("%d old events, %d of the deleted account, %d of the one just deleted", count(old), count(ofGone), count(ofLate))
	}
	if n := strings.Count(v.log.String(), `"message":"audit log purged"`); n != 2 {
		t.Errorf("%d runs are in the log, want 2:\n%s", n, v.log)
	}
	if checked, err := db.VerifyAudit(t.Context(), postgres.Expected{}); err != nil || len(checked.Altered) > 0 {
		t.Errorf("%v, %v", checked.Altered, err)
	}
}
