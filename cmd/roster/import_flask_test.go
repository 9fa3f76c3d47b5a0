package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
)

// original returns the URL of a database as the Flask service has it, with these rows
// of the table "user".
func original(t *testing.T, rows string) (url string) {
	t.Helper()
	schema, err := os.ReadFile("flask/testdata/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	url = postgrestest.Empty(t)
	onOriginal(t, url, string(schema))
	if rows != "" {
		onOriginal(t, url, `insert into "user" (id, username, first_name, last_name, password_hash, email, role, created_at, updated_at, active) values `+rows)
	}
	return url
}

func onOriginal(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// Hashes of flaskPassword, which Werkzeug 3.1.9 made.
const (
	flaskPassword = "correct horse battery staple"
	pbkdf2Hash    = "pbkdf2:sha256:600000$YUGOOxFyPb0YXPQY$ac62ae580a846bea4bcd752def7883f596a3c6fc07cdecf4b74516721f2ef832"
	scryptHash    = "scrypt:32768:8:1$268icSRwEIzY6pZE$72c8e7dd8b611411b7f0122495f96cef0990ce40dd21759160f9b6b9177faa286f982e8b17fa5b2107597f9daab167f4d2f75d1ab74d4948442e8cad0a3c9821"
)

const flaskRows = `
	(3, 'Ann', 'Ann', 'Lee', '` + pbkdf2Hash + `', 'Ann@example.com', 'ADMIN', '2020-02-29 23:59:59', '2021-07-01 00:00:00', true),
	(4, 'ann', 'Ann', 'Other', '` + scryptHash + `', 'other@example.com', 'USER', '2020-03-01', '2020-03-01', true),
	(7, 'bob', 'Bob', 'Müller', '` + scryptHash + `', 'bob@example.com', null, '2020-03-02', '2020-03-02', true),
	(8, 'gone', 'Go', 'Ne', '` + scryptHash + `', 'gone@example.com', 'USER', '2020-03-02', '2020-03-02', null),
	(9, 'Jörg Müller', 'Jörg', 'Müller', '` + scryptHash + `', 'joerg@example.com', 'USER', '2020-03-03', '2020-03-03', true),
	(10, 'login', 'Lo', 'Gin', '` + scryptHash + `', 'login@example.com', 'USER', '2020-03-04', '2020-03-04', true)`

// accountsOf returns the accounts of the database, one in a line.
func accountsOf(t *testing.T) (lines []string) {
	t.Helper()
	rows, err := postgrestest.Pool(t).Query(t.Context(), `
		select format('%s %s %s %s %s %s %s %s', id, username, email, role, active, left(password_hash, 8), created_at at time zone 'UTC', password_changed_at is null)
		from users order by id`)
	if err != nil {
		t.Fatal(err)
	}
	lines, err = pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestImportFlask(t *testing.T) {
	t.Parallel()
	from, environ := original(t, flaskRows), map[string]string{"DATABASE_URL": postgrestest.URL(t)}
	file := filepath.Join(t.TempDir(), "renames.csv")
	r := command(t, environ, "import", "flask", "--from", from, "--propose", file)
	want := "rows read  6\ncreated    3\nrefused    3\n" +
		"row 4 (ann): username is that of the account with id 3 but for upper and lower case\n" +
		"row 9 (Jörg Müller): username must be 3 to 32 ASCII letters, digits, '.', '_' or '-', the first and last a letter or digit; a username could be joerg.mueller\n" +
		"row 10 (login): username is reserved; a username could be login1\n" +
		"This was a dry run, and nothing was written. --apply imports.\n" +
		"3 proposals are in " + file + ". Read them, change what you like, and give the file with --renames.\n"
	if diff := cmp.Diff(want, r.out); diff != "" || r.code != exitFailed || len(accountsOf(t)) > 0 {
		t.Errorf("dry run: %v, %s (-want +got):\n%s", accountsOf(t), r.err, diff)
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(text), "old,new,id,reason\nann,ann-4,4,is that of") ||
		!strings.Contains(string(text), "\nJörg Müller,joerg.mueller,9,") || !strings.Contains(string(text), "\nlogin,login1,10,") {
		t.Errorf("%s, %v", text, err)
	}

	arguments := []string{"import", "flask", "--from", from, "--renames", file, "--rename", "login=lo.gin", "--apply"}
	r = command(t, environ, arguments...)
	if r.code != exitOK || r.out != "rows read  6\ncreated    6\n" {
		t.Errorf("%+v", r)
	}
	accounts := []string{
		"3 ann Ann@example.com ADMIN t pbkdf2:s 2020-02-29 23:59:59 t",
		"4 ann-4 other@example.com USER t scrypt:3 2020-03-01 00:00:00 t",
		"7 bob bob@example.com USER t scrypt:3 2020-03-02 00:00:00 t",
		"8 gone gone@example.com USER f scrypt:3 2020-03-02 00:00:00 t",
		"9 joerg.mueller joerg@example.com USER t scrypt:3 2020-03-03 00:00:00 t",
		"10 lo.gin login@example.com USER t scrypt:3 2020-03-04 00:00:00 t",
	}
	if diff := cmp.Diff(accounts, accountsOf(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	r = command(t, environ, append(arguments, "--json")...)
	var report flaskReport
	if err := json.Unmarshal([]byte(r.out), &report); err != nil || report.Unchanged != 6 || report.Sessions != 0 || r.code != exitOK {
		t.Errorf("again: %+v, %v", r, err)
	}
	if diff := cmp.Diff(accounts, accountsOf(t)); diff != "" {
		t.Errorf("again (-want +got):\n%s", diff)
	}
}

// What is written in Roster already is in the way of a row, and is not changed.
func TestImportFlaskBesideAccountsOfRoster(t *testing.T) {
	t.Parallel()
	place := database(t) // with an admin, who has the id 1
	from := original(t, `(1, 'Bob', 'Bob', 'Lee', '`+scryptHash+`', 'bob@example.com', 'USER', now(), now(), true),
		(2, 'Admin', 'Ad', 'Min', '`+scryptHash+`', 'other@example.com', 'ADMIN', now(), now(), true)`)
	before := accountsOf(t)
	environ := maps.Clone(place.environ)
	environ["DATABASE_URL"] = postgrestest.URL(t)
	file := filepath.Join(t.TempDir(), "renames.csv")
	for _, policy := range []string{"skip", "update"} {
		r := command(t, environ, "import", "flask", "--from", from, "--apply", "--policy", policy, "--propose", file, "--tokens-until", inAnHour())
		if !strings.Contains(r.out, "row 1 (bob): id belongs to another account") || !strings.Contains(r.out, "row 2 (admin): username belongs to another account") || r.code != exitFailed {
			t.Errorf("%s: %+v", policy, r)
		}
		if !strings.Contains(r.out, "The old access tokens of 0 accounts") {
			t.Errorf("%s: sessions for accounts of Roster: %s", policy, r.out)
		}
		if diff := cmp.Diff(before, accountsOf(t)); diff != "" {
			t.Errorf("%s: changed (-want +got):\n%s", policy, diff)
		}
	}
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "\nAdmin,admin1,2,belongs to another account") {
		t.Errorf("%s, %v", text, err)
	}
}

// Two databases have two passwords, and neither is on the command line.
func TestImportFlaskFromTheVariable(t *testing.T) {
	t.Parallel()
	environ := map[string]string{"DATABASE_URL": postgrestest.URL(t), "FLASK_DATABASE_URL": original(t, flaskRows)}
	if r := command(t, environ, "import", "flask"); !strings.HasPrefix(r.out, "rows read  6\ncreated    3\n") {
		t.Errorf("%+v", r)
	}
	nobody := "postgres://u@127.0.0.1:1/d?sslmode=disable"
	command(t, environ, "import", "flask", "--from", nobody).fails(t, exitFailed, "the Flask service's database does not answer") // the flag wins
}

func inAnHour() string { return time.Now().Add(time.Hour).UTC().Format(time.RFC3339) }

func TestImportFlaskRefusesMistakes(t *testing.T) {
	t.Parallel()
	from, environ := original(t, flaskRows), map[string]string{"DATABASE_URL": postgrestest.URL(t)}
	bad := inFile(t, "old;new\nann;bea\n")
	for name, test := range map[string]struct {
		arguments []string
		code      int
		want      string
	}{
		"no URL":          {nil, exitUsage, "give --from"},
		"another system":  {[]string{"--from", "mysql://x/y"}, exitUsage, "the Flask service's database must be a URL"},
		"no table":        {[]string{"--from", postgrestest.Empty(t)}, exitFailed, "this is not the database of the Flask service"},
		"nobody's name":   {[]string{"--from", from, "--rename", "eve=eva"}, exitUsage, `no account of the Flask service has the username "eve"`},
		"half a rename":   {[]string{"--from", from, "--rename", "ann"}, exitUsage, "--rename must be old=new"},
		"a file of those": {[]string{"--from", from, "--renames", bad}, exitFailed, bad + ": a line must have"},
		"no such file":    {[]string{"--from", from, "--renames", bad + "x"}, exitFailed, bad + "x: open"},
		"a day":           {[]string{"--from", from, "--tokens-until", "2027-01-31"}, exitUsage, "--tokens-until must be a time such as"},
		"the past":        {[]string{"--from", from, "--tokens-until", "2020-01-31T00:00:00Z"}, exitUsage, "--tokens-until is over"},
		"far ahead":       {[]string{"--from", from, "--tokens-until", time.Now().AddDate(1, 0, 0).Format(time.RFC3339)}, exitUsage, "--tokens-until must be at most 90 days ahead"},
		"a bad policy":    {[]string{"--from", from, "--policy", "perhaps"}, exitUsage, "--policy"},
	} {
		t.Run(name, func(t *testing.T) {
			command(t, environ, append([]string{"import", "flask", "--apply"}, test.arguments...)...).fails(t, test.code, test.want)
		})
	}
	if n := countUsers(t); n > 0 {
		t.Errorf("%d accounts", n)
	}
}

const flaskSecret = "9a5e48f2c6b7d8e9f0a1b2c3d4e5f60718293a4b7f3c1d0b"

// flaskToken is an access token as Flask-JWT-Extended makes it.
func flaskToken(id int64, username, role string) string {
	now := time.Now().Unix()
	encode := base64.RawURLEncoding.EncodeToString
	content := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(fmt.Appendf(nil,
		`{"fresh":false,"iat":%d,"jti":"7f86a6d8-6575-439d-81aa-a2bf7ad091fd","type":"access","sub":{"id":%d,"username":%q,"role":%q},"nbf":%d,"exp":%d}`,
		now, id, username, role, now, now+900))
	mac := hmac.New(sha256.New, []byte(flaskSecret))
	mac.Write([]byte(content))
	return content + "." + encode(mac.Sum(nil))
}

// The day of a move, from the database of the Flask service to a client of it that
// goes on at the old path, with the token and the password that it has.
func TestMoveFromFlask(t *testing.T) {
	t.Parallel()
	values, _ := deployment(t, postgrestest.URL(t), map[string]string{
		"LEGACY_PATHS": "true", "LEGACY_JWT_SECRET_KEY": flaskSecret, "LEGACY_TOKENS_UNTIL": inAnHour(),
	})
	from := original(t, flaskRows)
	r := command(t, values, "import", "flask", "--from", from, "--apply")
	if !strings.Contains(r.out, "created    3\n") || !strings.Contains(r.out, "The old access tokens of 2 accounts stay good until") {
		t.Fatalf("%+v", r)
	}
	address := serve(t, values)
	get := func(path, token string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	ann, bo := flaskToken(3, "Ann", "ADMIN"), flaskToken(7, "bob", "USER")
	for _, c := range []struct {
		name, path, token string
		want              int
	}{
		{"the user", "/user/bob", bo, 200},
		{"the user, by Roster's path", "/api/user/me", bo, 200},
		{"another user", "/user/ann", bo, 403},
		{"an ADMIN", "/user/bob", ann, 200},
		{"a USER whose token says ADMIN", "/user/ann", flaskToken(7, "bob", "ADMIN"), 403},
		{"an inactive user", "/user/gone", flaskToken(8, "gone", "USER"), 401},
		{"a row that was refused", "/user/ann", flaskToken(4, "ann", "USER"), 401},
	} {
		if got := get(c.path, c.token); got != c.want {
			t.Errorf("%s is answered %d, want %d", c.name, got, c.want)
		}
	}
	for _, name := range []string{"Ann", "bob@example.com"} {
		token := login(t, address, name, flaskPassword)
		if got := get("/api/user/me", token); got != 200 {
			t.Errorf("%s, logged in, is answered %d", name, got)
		}
	}
	var unchanged, resets int
	if err := postgrestest.Pool(t).QueryRow(t.Context(), `select
		(select count(*) from users where last_login_at is not null and password_hash not like '$argon2id$%'), (select count(*) from resets)`,
	).Scan(&unchanged, &resets); err != nil || unchanged+resets > 0 {
		t.Errorf("%d hashes of Werkzeug after a login, %d resets, %v", unchanged, resets, err)
	}
	// A later run gives nobody a second session, and takes no login back.
	r = command(t, values, "import", "flask", "--from", from, "--apply")
	if !strings.Contains(r.out, "unchanged  3\n") || !strings.Contains(r.out, "The old access tokens of 0 accounts") {
		t.Errorf("again: %+v", r)
	}
	login(t, address, "bob", flaskPassword)
}

// Anybody may have registered any username at the service. A spreadsheet must not take
// one for a formula, and the file still names the account when it comes back.
func TestAProposalIsNoFormula(t *testing.T) {
	t.Parallel()
	const rest = `, 'F', 'L', '` + scryptHash + `', 'a%d@example.com', 'USER', now(), now(), true)`
	var rows []string
	names := []string{`=HYPERLINK("https://evil.example/","open")`, "+1", "-1", "@SUM(1)", "'=1", "'", "\t=1"}
	for i, name := range names {
		rows = append(rows, fmt.Sprintf(`(%d, '%s'`+rest, i+1, strings.ReplaceAll(name, "'", "''"), i+1))
	}
	from, environ := original(t, strings.Join(rows, ",")), map[string]string{"DATABASE_URL": postgrestest.URL(t)}
	file := filepath.Join(t.TempDir(), "renames.csv")
	command(t, environ, "import", "flask", "--from", from, "--propose", file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(lines) != len(names)+1 {
		t.Fatalf("%d lines, %v:\n%s", len(lines), err, text)
	}
	for _, cell := range slices.Concat(lines...) {
		if strings.ContainsAny(cell[:1], "=+-@\t\r") {
			t.Errorf("a spreadsheet takes %q for a formula", cell)
		}
	}
	if r := command(t, environ, "import", "flask", "--from", from, "--renames", file, "--apply"); r.code != exitOK || countUsers(t) != len(names) {
		t.Errorf("%d accounts, %+v", countUsers(t), r)
	}
}
