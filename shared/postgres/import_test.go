package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
	"roster/shared/directory"
	"roster/shared/fault"
	"roster/shared/postgres"
	"roster/shared/user"
)

// hashes accepts what begins like a hash.
type hashes struct{}

func (hashes) CheckHash(stored string) string {
	if strings.HasPrefix(stored, "bad") {
		return "is of no known form"
	}
	return ""
}

var importParts = directory.ImportParts{Rules: user.Rules{}, Hashes: hashes{}, NewUUID: user.NewUUID}

// openOwner opens the test's database as the owner of the tables.
func openOwner(t testing.TB) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(context.Background(), postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// importLines imports lines of JSON.
func importLines(t testing.TB, db *postgres.DB, o directory.Options, lines ...string) (directory.Report, error) {
	t.Helper()
	if o.Now.IsZero() {
		o.Now = now
	}
	return directory.Import(t.Context(), db, importParts, directory.Lines(strings.NewReader(strings.Join(lines, "\n")), 0), o)
}

// line returns an account with more members, such as "active":false.
func line(name string, more ...string) string {
	members := append([]string{fmt.Sprintf(`"username":%q,"first_name":"First","last_name":"Last"`, name)}, more...)
	if !strings.Contains(strings.Join(more, ","), `"email"`) {
		members = append(members, fmt.Sprintf(`"email":"%s@example.com"`, name))
	}
	return "{" + strings.Join(members, ",") + "}"
}

// counts returns a report's counts, as created, updated, unchanged, skipped, refused.
func counts(r directory.Report) [5]int {
	return [5]int{r.Created, r.Updated, r.Unchanged, r.Skipped, r.Refused}
}

// dump returns all rows of a table as text, in the order of its columns.
func dump(t testing.TB, what string) []string {
	t.Helper()
	rows, err := postgrestest.Pool(t).Query(t.Context(), "select row_to_json(r)::text from ("+what+") as r")
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestImportKeepsEverything(t *testing.T) {
	t.Parallel()
	const id, uuid = 4711, "0b5d1e1c-93a4-4a3c-9f52-6a1f0c9d7e21"
	full := fmt.Sprintf(`{"id":%d,"uuid":%q,"username":"ANN","first_name":" Änn ","last_name":"O'Brien","email":"Ann@Exämple.com","email_status":"bounced","role":"ADMIN",`+
		`"active":false,"password_hash":"scrypt:32768:8:1$x$y","token_version":7,"reset_version":9,"created_at":"2020-01-02T03:04:05.123456789Z","updated_at":"2021-01-02T03:04:05+01:00",`+
		`"last_login_at":"2022-01-02T03:04:05Z","password_changed_at":"2019-01-02T03:04:05Z","metadata":{"a": 1.50},"app_metadata":{"b": []}}`, id, uuid)
	r, err := importLines(t, openOwner(t), directory.Options{}, full, line("ben"))
	if err != nil || counts(r) != [5]int{2, 0, 0, 0, 0} {
		t.Fatalf("%+v, %v", r, err)
	}
	want := []string{
		`{"id":4711,"uuid":"0b5d1e1c-93a4-4a3c-9f52-6a1f0c9d7e21","username":"ann","first_name":"Änn","last_name":"O'Brien","email":"Ann@xn--exmple-cua.com",` +
			`"password_hash":"scrypt:32768:8:1$x$y","role":"ADMIN","active":false,"token_version":7,"reset_version":9,"created_at":"2020-01-02T03:04:05.123456+00:00",` +
			`"updated_at":"2021-01-02T02:04:05+00:00","last_login_at":"2022-01-02T03:04:05+00:00","password_changed_at":"2019-01-02T03:04:05+00:00",` +
			`"email_status":"bounced","metadata":"{\"a\":1.50}","app_metadata":"{\"b\":[]}"}`,
	}
	if diff := cmp.Diff(want, dump(t, "select * from users where id = 4711")); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	ben := dump(t, "select id, password_hash, role, active, token_version, reset_version, created_at, updated_at, last_login_at, password_changed_at, email_status, metadata, app_metadata from users where username = 'ben'")
	want = []string{`{"id":4712,"password_hash":"","role":"USER","active":true,"token_version":1,"reset_version":1,"created_at":"2026-01-05T09:30:00.123456+00:00",` +
		`"updated_at":"2026-01-05T09:30:00.123456+00:00","last_login_at":null,"password_changed_at":null,"email_status":"ok","metadata":"{}","app_metadata":"{}"}`}
	if diff := cmp.Diff(want, ben); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

// Every refused row is reported with every bad member, and stops no other.
func TestImportRefusesRows(t *testing.T) {
	t.Parallel()
	db := openOwner(t)
	create(t, db, account("ann"))
	r, err := importLines(t, db, directory.Options{},
		line("ben"),
		`{"username":"Jürgen Müller","first_name":"","last_name":"Last","email":"nobody"}`,
		line("cat", `"email":"ANN@example.com"`),
		line("dan", `"password_hash":"bad"`, `"role":"BOSS"`, `"email_status":"gone"`, `"id":0`, `"uuid":"x"`, `"token_version":0`, `"metadata":{"a":1,"a":2}`),
		line("ann", `"uuid":"0b5d1e1c-93a4-4a3c-9f52-6a1f0c9d7e21"`),
		`not json`,
		line("BEN", `"email":"ben2@example.com"`),
		line("admin"),
		line("eve", `"id":1`),
		line("fay"),
	)
	want := []directory.Refusal{
		{Row: 2, Username: "Jürgen Müller", Proposed: "juergen.mueller", Fields: fault.Fields{
			"username": "must be 3 to 32 ASCII letters, digits, '.', '_' or '-', the first and last a letter or digit", "first_name": "is required", "email": "must be an e-mail address",
		}},
		{Row: 3, Username: "cat", Fields: fault.Fields{"email": "belongs to another account"}},
		{Row: 4, Username: "dan", Fields: fault.Fields{
			"password_hash": "is of no known form", "role": "must be USER or ADMIN", "email_status": "must be ok, soft_bounce, bounced, complained or suppressed",
			"id": "must be a whole number from 1", "uuid": "must be a UUID in lower case, and not the one of zeros", "token_version": "must be a whole number from 1",
			"metadata": "must not have a name twice in one object",
		}},
		{Row: 5, Username: "ann", Fields: fault.Fields{"username": "belongs to another account", "email": "belongs to another account"}},
		{Row: 6, Fields: fault.Fields{"row": "is not one JSON object in one line"}},
		{Row: 7, Username: "ben", Fields: fault.Fields{"row": "is about the same account as an earlier row"}},
		{Row: 8, Username: "admin", Proposed: "admin1", Fields: fault.Fields{"username": "is reserved"}},
		{Row: 9, Username: "eve", Fields: fault.Fields{"id": "belongs to another account"}},
	}
	if diff := cmp.Diff(want, r.Refusals); diff != "" || err != nil {
		t.Errorf("%v, refusals (-want +got):\n%s", err, diff)
	}
	if counts(r) != [5]int{2, 0, 0, 0, 8} || r.Rows != 10 {
		t.Errorf("%+v", r)
	}
}

func TestImportPolicies(t *testing.T) {
	t.Parallel()
	db := openOwner(t)
	first := []string{line("ann"), line("ben"), line("cat")}
	if r, err := importLines(t, db, directory.Options{}, first...); err != nil || r.Created != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
	changed := []string{line("ann"), line("ben", `"last_name":"New"`), line("dan")}
	changed[1] = strings.Replace(changed[1], `"last_name":"Last",`, "", 1)
	lastName := func() string { return find(t, db, "ben").LastName }

	r, err := importLines(t, db, directory.Options{Policy: directory.PolicyFail}, changed...)
	if err == nil || !strings.Contains(err.Error(), "Row 2 stops the import. (username belongs to an account that differs from the row)") || r.Created != 0 || lastName() != "Last" {
		t.Errorf("fail: %+v, %v", r, err)
	}
	if r, err = importLines(t, db, directory.Options{}, changed...); err != nil || counts(r) != [5]int{1, 0, 1, 1, 0} || lastName() != "Last" {
		t.Errorf("skip: %+v, %v", r, err)
	}
	if r, err = importLines(t, db, directory.Options{Policy: directory.PolicyUpdate}, changed...); err != nil || counts(r) != [5]int{0, 1, 2, 0, 0} || lastName() != "New" {
		t.Errorf("update: %+v, %v", r, err)
	}
	if r, err = importLines(t, db, directory.Options{Policy: directory.PolicyFail}, changed...); err != nil || counts(r) != [5]int{0, 0, 3, 0, 0} {
		t.Errorf("fail, without a difference: %+v, %v", r, err)
	}
}

// A row that breaks the rules ends no import. A row that another account is in the way
// of ends one whose policy is fail, and only that.
func TestPolicyFailEndsAtAConflict(t *testing.T) {
	t.Parallel()
	db := openOwner(t)
	rows := []string{line("ann"), line("ben", `"role":"KING"`), line("cat", `"email":"ANN@example.com"`), line("dan")}
	r, err := importLines(t, db, directory.Options{Policy: directory.PolicyFail}, rows...)
	if err == nil || !strings.Contains(err.Error(), "Row 3 stops the import. (email belongs to another account)") || counts(r) != [5]int{1, 0, 0, 0, 1} {
		t.Errorf("fail: %+v, %v", r, err)
	}
	for _, policy := range []directory.Policy{directory.PolicyUpdate, directory.PolicySkip} {
		if r, err = importLines(t, db, directory.Options{Policy: policy}, rows...); err != nil || r.Refused != 2 {
			t.Errorf("%s: %+v, %v", policy, r, err)
		}
	}
	if find(t, db, "dan").Username != "dan" {
		t.Error("the row after the refused ones was not imported")
	}
}

// everything is all that an import may change, with the version of each row.
const everything = `select xmin::text, u.* from users u order by id`

func TestImportTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	db := openOwner(t)
	var lines []string
	for i := range 1200 {
		more := []string{fmt.Sprintf(`"password_hash":"hash %d"`, i), `"metadata":{"n": 1}`}
		if i < 700 {
			more = append(more, fmt.Sprintf(`"id":%d`, 10_000+i))
		}
		lines = append(lines, line(fmt.Sprintf("user%d", i), more...))
	}
	state := func() []string {
		return append(append(dump(t, everything), dump(t, "select xmin::text, a.* from audit a order by chain, seq")...),
			dump(t, "select last_value from pg_sequences where sequencename = 'users_id_seq'")...)
	}
	if r, err := importLines(t, db, directory.Options{}, lines...); err != nil || r.Created != 1200 {
		t.Fatalf("%+v, %v", r, err)
	}
	before := state()
	for _, policy := range []directory.Policy{directory.PolicySkip, directory.PolicyUpdate, directory.PolicyFail} {
		r, err := importLines(t, db, directory.Options{Policy: policy, Now: now.Add(time.Hour)}, lines...)
		if err != nil || counts(r) != [5]int{0, 0, 1200, 0, 0} {
			t.Errorf("%s: %+v, %v", policy, r, err)
		}
		if diff := cmp.Diff(before, state()); diff != "" {
			t.Errorf("%s: changed (-before +after):\n%s", policy, diff)
		}
	}
}

// A run that ends in the middle is repeated, and nobody sees that in the database.
func TestImportGoesOnAfterItWasStopped(t *testing.T) {
	t.Parallel()
	db := openOwner(t)
	var lines []string
	for i := range 2300 {
		lines = append(lines, line(fmt.Sprintf("user%d", i), fmt.Sprintf(`"uuid":"00000000-0000-4000-8000-%012d"`, i), `"created_at":"2020-01-01T00:00:00Z"`))
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := directory.Options{Now: now, Progress: func(directory.Report) { cancel() }}
	r, err := directory.Import(ctx, db, importParts, directory.Lines(strings.NewReader(strings.Join(lines, "\n")), 0), o)
	if err == nil || r.Created != 500 {
		t.Fatalf("stopped: %+v, %v", r, err)
	}
	if r, err = importLines(t, db, directory.Options{}, lines...); err != nil || counts(r) != [5]int{1800, 0, 500, 0, 0} {
		t.Errorf("again: %+v, %v", r, err)
	}
	const columns = "select uuid, username, email, created_at, updated_at, token_version from users order by username"
	whole := dump(t, columns)
	if _, err := postgrestest.Pool(t).Exec(t.Context(), "delete from users"); err != nil {
		t.Fatal(err)
	}
	if r, err = importLines(t, db, directory.Options{}, lines...); err != nil || r.Created != 2300 {
		t.Fatalf("at once: %+v, %v", r, err)
	}
	if diff := cmp.Diff(whole, dump(t, columns)); diff != "" {
		t.Errorf("in two runs (-) and in one (+):\n%s", diff)
	}
}

// A function has fifteen minutes. It stops in time and says where to go on.
func TestImportStopsWhenAsked(t *testing.T) {
	t.Parallel()
	db := openOwner(t)
	var lines []string
	for i := range 1100 {
		lines = append(lines, line(fmt.Sprintf("user%d", i)))
	}
	o := directory.Options{Now: now, Stop: func() bool { return true }}
	text := strings.Join(lines, "\n\n")
	var got []int
	next := 0
	for range 3 {
		r, err := directory.Import(t.Context(), db, importParts, directory.Lines(strings.NewReader(text), next), o)
		if err != nil {
			t.Fatal(err)
		}
		next = r.Next
		got = append(got, r.Created, r.Next)
	}
	if want := []int{500, 1001, 500, 2001, 100, 0}; !cmp.Equal(got, want) {
		t.Errorf("created and next %v, want %v", got, want)
	}
}

func TestImportDryRunWritesNothing(t *testing.T) {
	t.Parallel()
	db := openOwner(t)
	ann := create(t, db, account("ann"))
	state := func() []string {
		return append(dump(t, everything), dump(t, "select * from audit order by chain, seq")...)
	}
	before := state()
	lines := []string{
		line("ann", fmt.Sprintf(`"role":"ADMIN","id":%d`, ann.ID)), line("ben"), line("cat", `"email":"BEN@example.com"`), line("dan", `"id":9`), line("eve", `"id":9`),
		line("Ben", `"email":"b@example.com"`), line("fay", `"uuid":"0b5d1e1c-93a4-4a3c-9f52-6a1f0c9d7e21"`), line("gus", `"uuid":"0b5d1e1c-93a4-4a3c-9f52-6a1f0c9d7e21"`),
	}
	dry, err := importLines(t, db, directory.Options{Policy: directory.PolicyUpdate, DryRun: true}, lines...)
	if err != nil || counts(dry) != [5]int{3, 1, 0, 0, 4} || !dry.DryRun {
		t.Errorf("%+v, %v", dry, err)
	}
	if diff := cmp.Diff(before, state()); diff != "" {
		t.Errorf("a dry run has written (-before +after):\n%s", diff)
	}
	real, err := importLines(t, db, directory.Options{Policy: directory.PolicyUpdate}, lines...)
	if err != nil || counts(real) != counts(dry) {
		t.Errorf("a dry run says %v, and the import %v, %v", counts(dry), counts(real), err)
	}
}

func details(t testing.TB) (all []string) {
	t.Helper()
	for _, text := range dump(t, "select actions, target, event::json -> 'detail' as detail from audit where 'import' = any (actions) order by (event::json -> 'detail')::text desc") {
		var e struct {
			Target *string
			Detail map[string]string
		}
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprint(e.Target != nil, e.Detail))
	}
	return all
}

// The log has who was imported when: each batch, each ADMIN and each account that
// was there before.
func TestImportIsInTheAuditLog(t *testing.T) {
	t.Parallel()
	db := openOwner(t)
	create(t, db, account("ann"))
	if _, err := importLines(t, db, directory.Options{Policy: directory.PolicyUpdate}, line("ann", `"active":false`), line("ben", `"role":"ADMIN"`), line("cat")); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"false map[created:2 ids:2-3 policy:update rows:1-3 updated:1]", "true map[change:created as ADMIN rows:1-3]", "true map[active:false change:updated rows:1-3]",
	}
	if diff := cmp.Diff(want, details(t)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}
