package flask_test

import (
	_ "embed"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"roster/cmd/roster/flask"
	"roster/localdev/postgrestest"
	"roster/shared/directory"
)

//go:embed testdata/schema.sql
var schema string

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

// original returns the URL of a database of the Flask service with these rows.
func original(t *testing.T, statements ...string) string {
	t.Helper()
	url := postgrestest.Empty(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, sql := range append([]string{schema}, statements...) {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	return url
}

func open(t *testing.T, url string, renames map[string]string) *flask.Database {
	t.Helper()
	db, err := flask.Open(url, renames)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func read(t *testing.T, db *flask.Database) (rows []directory.Row) {
	t.Helper()
	for row, err := range db.Accounts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

const insert = `insert into "user" (id, username, first_name, last_name, password_hash, email, role, created_at, updated_at, active) values `

func ptr[T any](v T) *T { return &v }

func TestAccountsOfTheFlaskService(t *testing.T) {
	t.Parallel()
	db := open(t, original(t, insert+`
		(7, 'Ann', 'Ann', 'Lee', 'pbkdf2:sha256:260000$salt$00', 'Ann@example.com', 'ADMIN', '2020-02-29 23:59:59.123456', '2021-07-01 00:00:00', true),
		(3, 'bo', 'Bo', 'Müller', 'scrypt:32768:8:1$s$00', 'bo@example.com', null, null, 'infinity', null)`), nil)
	created, updated := time.Date(2020, 2, 29, 23, 59, 59, 123456000, time.UTC), time.Date(2021, 7, 1, 0, 0, 0, 0, time.UTC)
	want := []directory.Row{
		{Number: 3, Record: directory.Record{
			ID: ptr(int64(3)), Username: "bo", FirstName: "Bo", LastName: "Müller", Email: "bo@example.com", Role: "USER", Active: ptr(false),
			PasswordHash: "scrypt:32768:8:1$s$00",
		}, Problems: map[string]string{}},
		{Number: 7, Record: directory.Record{
			ID: ptr(int64(7)), Username: "Ann", FirstName: "Ann", LastName: "Lee", Email: "Ann@example.com", Role: "ADMIN", Active: ptr(true),
			PasswordHash: "pbkdf2:sha256:260000$salt$00", CreatedAt: &created, UpdatedAt: &updated,
		}, Problems: map[string]string{}},
	}
	first := read(t, db)
	uuids := map[string]bool{}
	for i := range first {
		uuids[first[i].Record.UUID] = true
	}
	if diff := cmp.Diff(first, read(t, db)); diff != "" {
		t.Errorf("read twice:\n%s", diff)
	}
	for i := range first {
		first[i].Record.UUID = ""
	}
	if diff := cmp.Diff(want, first); diff != "" || len(uuids) != 2 {
		t.Errorf("%v (-want +got):\n%s", uuids, diff)
	}
	if n, err := db.Count(t.Context()); n != 2 || err != nil {
		t.Error(n, err)
	}
	for range db.Accounts(t.Context()) { // a reader may stop
		break
	}
}

// The Flask service told User1 and user1 apart; Roster does not.
func TestTwinsAreFound(t *testing.T) {
	t.Parallel()
	url := original(t, insert+`
		(1, 'User1', 'a', 'b', 'x', 'one@example.com', 'USER', now(), now(), true),
		(2, 'user1', 'a', 'b', 'x', 'ONE@example.com', 'USER', now(), now(), true),
		(3, ' USER1 ', 'a', 'b', 'x', 'three@example.com', 'USER', now(), now(), true),
		(4, '', 'a', 'b', 'x', '', 'USER', now(), now(), true)`)
	problems := func(renames map[string]string) (all []string) {
		for _, row := range read(t, open(t, url, renames)) {
			all = append(all, row.Record.Username+": "+row.Problems.String())
		}
		return all
	}
	const name, address = "username is that of the account with id 1 but for upper and lower case", "email is that of the account with id 1 but for upper and lower case"
	want := []string{"User1: ", "user1: " + address + ", " + name, " USER1 : " + name, ": "}
	if diff := cmp.Diff(want, problems(nil)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	want = []string{"User1: ", "user1-2: " + address, "user1-3: ", ": "}
	if diff := cmp.Diff(want, problems(map[string]string{"user1": "user1-2", " USER1 ": "user1-3"})); diff != "" {
		t.Errorf("renamed (-want +got):\n%s", diff)
	}
	want = []string{"first: ", "user1: " + address, " USER1 : username is that of the account with id 2 but for upper and lower case", ": "}
	if diff := cmp.Diff(want, problems(map[string]string{"User1": "first"})); diff != "" {
		t.Errorf("the first is renamed (-want +got):\n%s", diff)
	}
	db := open(t, url, map[string]string{"User1": "x", "nobody": "y"})
	if unknown, err := db.Unknown(t.Context()); err != nil || !cmp.Equal(unknown, []string{"nobody"}) {
		t.Error(unknown, err)
	}
	if names, err := db.Usernames(t.Context(), []int64{3, 2, 99}); err != nil || !cmp.Equal(names, map[int64]string{2: "user1", 3: " USER1 "}) {
		t.Error(names, err)
	}
	if taken, err := db.Taken(t.Context(), []string{"user1", "user2"}); err != nil || !cmp.Equal(taken, map[string]bool{"user1": true}) {
		t.Error(taken, err)
	}
}

// More accounts than one page has.
func TestAllPagesAreRead(t *testing.T) {
	t.Parallel()
	db := open(t, original(t, `insert into "user" select n * 3, 'user' || n, 'a', 'b', 'x', n || '@example.com', 'USER', now(), now(), true from generate_series(1, 10001) n`), nil)
	rows := read(t, db)
	if len(rows) != 10001 {
		t.Fatal(len(rows))
	}
	for i, row := range rows {
		if row.Number != (i+1)*3 {
			t.Fatalf("row %d has the id %d", i, row.Number)
		}
	}
}

func TestAnotherDatabaseIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ url, want string }{
		"no table":       {postgrestest.Empty(t), `this is not the database of the Flask service`},
		"Roster's own":   {postgrestest.URL(t), `this is not the database of the Flask service`},
		"no server":      {"postgresql+psycopg2://roster:hidden-word@127.0.0.1:1/original", "connect to the Flask service's database"},
		"another system": {"mysql://root:hidden-word@127.0.0.1/original", "postgresql://"},
		"no URL":         {"postgresql://a:hidden-word@[::1/x", "cannot be read"},
	} {
		db, err := flask.Open(test.url, nil)
		if err == nil {
			_, err = db.Count(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hidden-word") {
			t.Errorf("%s: %v", name, err)
		}
		if db != nil {
			for _, e := range db.Accounts(t.Context()) {
				err = e
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
