package convert_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/directory"
	"roster/shared/directory/convert"
)

var now = time.Date(2026, 1, 5, 9, 30, 0, 0, time.UTC)

// rules are those of the domain of accounts, as far as a username needs them: no
// domain imports another. cmd/roster tests the converters with the real ones.
type rules struct{ directory.Rules }

func (rules) Username(given string, isAdmin bool) (canonical, reason string) {
	name := strings.ToLower(given)
	good := len(name) >= 3 && len(name) <= 32 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == "" && strings.Trim(name, "._-") == name
	if !good || name == "admin" && !isAdmin {
		return "", "is not allowed"
	}
	return name, ""
}

func text(s string) convert.Opener {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }
}

func read(t *testing.T, format string, in convert.Input) []directory.Row {
	t.Helper()
	in.Rules, in.Now = rules{}, now
	source, err := convert.Source(format, in)
	if err != nil {
		t.Fatal(err)
	}
	var all [2][]directory.Row
	for i := range all { // it must be the same each time
		for row, err := range source {
			if err != nil {
				t.Fatal(err)
			}
			all[i] = append(all[i], row)
		}
	}
	if diff := cmp.Diff(all[0], all[1]); diff != "" {
		t.Errorf("the second reading differs:\n%s", diff)
	}
	return all[0]
}

// short is an account in one line.
func short(row directory.Row) string {
	r := row.Record
	at := func(t *time.Time) string {
		if t == nil {
			return "-"
		}
		return t.Format(time.RFC3339Nano)
	}
	hash := r.PasswordHash
	if len(hash) > 30 {
		hash = hash[:30] + "…"
	}
	return fmt.Sprintf("%d %s | %s | %s | %s | %s | %v | %q | %s %s %s %s | %s | %s | %v",
		row.Number, r.Username, r.FirstName, r.LastName, r.Email, r.Role, *r.Active, hash,
		at(r.CreatedAt), at(r.UpdatedAt), at(r.LastLoginAt), at(r.PasswordChangedAt), r.Metadata, r.AppMetadata, row.Problems)
}

func file(name string) convert.Opener { return convert.File(filepath.Join("testdata", name)) }

func TestExportsOfOtherSystems(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		format string
		in     convert.Input
		want   []string
	}{
		"Django": {"django", convert.Input{Open: file("django.json")}, []string{
			`1 admin | admin | - | admin@example.com | ADMIN | true | "pbkdf2_sha256$870000$pbkdf2sal…" | 2020-01-02T03:04:05Z - 2024-05-06T07:08:09.123Z - |  | {"moved_from":{"id":"1","system":"django"}} | `,
			`2 zoe | Zoë | de la Cruz | zoe@example.com | USER | false | "" | 2021-01-02T01:04:05.5Z - - - |  | {"moved_from":{"id":"2","system":"django"}} | `,
		}},
		"Auth0": {"auth0", convert.Input{Open: file("auth0.ndjson"), Hashes: file("auth0_hashes.ndjson")}, []string{
			`1 test2 | test2 | - | test2@example.com | USER | true | "$2b$10$RVGf.eseT1TUzGUfi2S/SeQ…" | 2021-03-05T16:35:16.786Z 2021-03-05T16:35:16.786Z - 2021-03-05T16:35:16.775Z | {"colour": "blue"} | {"moved_from":{"id":"auth0|60425dc43519d90068f82973","system":"auth0"},"plan":"pro"} | `,
			`2 ann.lee-2 | Ann Marie | Lee | ann.lee@example.com | USER | false | "" | 2022-01-01T00:00:00Z - 2024-01-01T00:00:00Z - |  | {"moved_from":{"id":"google-oauth2|101","system":"auth0"}} | `,
			`3 ann.lee | Cher | - | test2@example.org | USER | true | "" | - - - - |  | {"moved_from":{"id":"auth0|2","system":"auth0"}} | `,
		}},
		"Cognito, CSV": {"cognito", convert.Input{Open: file("cognito.csv")}, []string{
			`1 johndoe | John | - | johndoe@example.com | USER | true | "" | - - - - |  | {"moved_from":{"id":"johndoe","system":"cognito"}} | `,
			`2 janeroe | Jane | Roe | janeroe@example.com | USER | true | "" | - - - - |  | {"moved_from":{"id":"0b5d1e1c-93a4-4a3c-9f52-6a1f0c9d7e21","system":"cognito"}} | `,
			`3 mary.major | Mary | Major | mary@example.com | USER | true | "" | - - - - |  | {"moved_from":{"id":"Mary.Major","system":"cognito"}} | `,
		}},
		"Cognito, list-users": {"cognito", convert.Input{Open: file("cognito.json")}, []string{
			`1 janeroe | Jane | Roe | janeroe@example.com | USER | false | "" | 2023-01-02T02:04:05.678Z 2023-01-02T02:04:05.678Z - - |  | {"moved_from":{"id":"0b5d1e1c-93a4-4a3c-9f52-6a1f0c9d7e21","system":"cognito"}} | `,
		}},
		"Supabase, CSV": {"supabase", convert.Input{Open: file("supabase.csv")}, []string{
			`1 ann | Ann | Lee | ann@example.com | USER | true | "$2a$10$NtBw05BqZ5qEQ0in4BGXNu6…" | 2023-01-01T09:59:59.5Z 2024-02-03T04:05:06.1Z 2024-02-03T04:05:06Z - | {"full_name": "Ann Lee", "theme": "dark"} | {"moved_from":{"id":"c488ebe8-9185-4bd0-8f0e-3a1f5d0c9b42","system":"supabase"},"provider":"email","providers":["email"]} | `,
			`2 ann-2 | ann-2 | - | ann@example.org | USER | false | "" | 2023-01-01T09:59:59Z 2023-01-01T09:59:59Z - - | {} | {"moved_from":{"id":"d488ebe8-9185-4bd0-8f0e-3a1f5d0c9b43","system":"supabase"}} | `,
			`3 gone | gone | - | gone@example.org | USER | true | "" | 2023-01-01T09:59:59Z 2023-01-01T09:59:59Z - - | {} | {"moved_from":{"id":"e488ebe8-9185-4bd0-8f0e-3a1f5d0c9b44","system":"supabase"}} | row was deleted there`,
			`4 user-ab5df9916a11 | user-ab5df9916a11 | - |  | USER | true | "" | 2023-01-01T09:59:59Z 2023-01-01T09:59:59Z - - | {} | {"moved_from":{"id":"f488ebe8-9185-4bd0-8f0e-3a1f5d0c9b45","system":"supabase"}} | row is an anonymous user`,
		}},
		"Supabase, JSON": {"supabase", convert.Input{Open: file("supabase.json")}, []string{
			`1 ann | Ann | Lee | ann@example.com | USER | true | "$2a$10$NtBw05BqZ5qEQ0in4BGXNu6…" | 2023-01-01T09:59:59.5Z 2023-01-01T09:59:59.5Z - - | {"first_name": "Ann", "last_name": "Lee"} | {"moved_from":{"id":"c488ebe8-9185-4bd0-8f0e-3a1f5d0c9b42","system":"supabase"},"provider":"email"} | `,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, row := range read(t, test.format, test.in) {
				got = append(got, short(row))
				if len(row.Record.UUID) != 36 {
					t.Errorf("the UUID is %q", row.Record.UUID)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The hashes are Keycloak's bytes in the text form that Roster verifies.
func TestKeycloakRealm(t *testing.T) {
	t.Parallel()
	const salt = "AAECAwQFBgcICQoLDA0ODw"
	want := map[string]string{
		"sha256.user": "$pbkdf2-sha256$i=27500,l=64$" + salt + "$Ca/W1uHPdOF53bPWSQyrHQQPdk6KOe20VTbaw0U+WWswH2gciKNBqwk+H7RPgAmCshFAhVRLSSar72bo1/g8dA",
		"sha512.user": "$pbkdf2-sha512$i=210000,l=64$" + salt + "$tfP6dFnMFLm84erFFC/hWDzb6fAjAPCAs0RvJLiu5xYHfelPBTAEADgLVRgJzZ8bKvvUpW2nUExEbADbiezuPg",
		"sha1.user":   "$pbkdf2$i=20000,l=64$" + salt + "$mDBWhAY1XkkOEOxzcRFoSuJ6yR1+rYw/2EZa18oj9xIBWs+fb95xkPVilQh7KMTqc3ZSpogK3Gij4qsOhkJ+/Q",
		"argon2.user": "$argon2id$v=19$m=7168,t=5,p=1$" + salt + "$8cZyfmGLYgTYc8avb2ZXWqFShr92bklhQdS/tplOl9k",
	}
	problems := map[string]string{
		"bad.user":             `row has a password that cannot be moved: its algorithm is "md4"`,
		"service-account-shop": "row is the service account of the client shop",
	}
	rows := read(t, "keycloak", convert.Input{Open: file("keycloak.json")})
	if len(rows) != len(want)+len(problems) {
		t.Errorf("%d rows", len(rows))
	}
	for i, row := range rows {
		r := row.Record
		if r.PasswordHash != want[r.Username] || row.Problems.String() != problems[r.Username] {
			t.Errorf("%s: %q, %q", r.Username, r.PasswordHash, row.Problems)
		}
		if wantUUID := fmt.Sprintf("c488ebe8-9185-4bd0-8f0e-3a1f5d0c9b4%d", 2+i); r.UUID != wantUUID || !r.CreatedAt.Equal(time.UnixMilli(1500000000123)) {
			t.Errorf("%s: %s, %v", r.Username, r.UUID, r.CreatedAt)
		}
		if *r.Active != (r.Username != "sha1.user") || r.Role != "USER" {
			t.Errorf("%s: %v, %s", r.Username, *r.Active, r.Role)
		}
		if hasPhone := strings.Contains(string(r.AppMetadata), `"attributes":{"phone":["+1 555"]}`); hasPhone != (r.Username == "argon2.user") {
			t.Errorf("%s: %s", r.Username, r.AppMetadata)
		}
	}
}

func TestUsernamesAreDerived(t *testing.T) {
	t.Parallel()
	user := func(pk int, username, email string) string {
		return fmt.Sprintf(`{"model":"accounts.User","pk":%d,"fields":{"username":%q,"email":%q,"first_name":"A","last_name":"B"}}`+"\n", pk, username, email)
	}
	long := strings.Repeat("x", 40)
	in := user(1, "bob", "x@example.com") + // as it is
		user(2, "Bob", "y@example.com") + // that of another in capitals
		user(3, "bob-2", "z@example.com") + // somebody's own, which the one before must not take
		user(4, "", "bob@example.com") + // from the address
		user(5, "Jörg Müller", "j@example.com") +
		user(6, "admin", "admin@example.com") + // reserved
		user(7, "!!", "??") + // nothing to derive from
		user(8, long, "l1@example.com") + user(9, long+"y", "l2@example.com") // cut, and the same then
	var got []string
	for _, row := range read(t, "django", convert.Input{Open: text(in)}) {
		got = append(got, row.Record.Username)
	}
	want := []string{"bob", "bob-3", "bob-2", "bob-4", "joerg.mueller", "admin1", "user-7902699be42c", long[:32], long[:30] + "-2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNamesAreFilledIn(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`"given_name":"Ann","family_name":"Lee","name":"Somebody Else"`: "Ann|Lee",
		`"name":"Ann Lee"`:                            "Ann|Lee",
		`"name":"  Ann   Marie van der Lee "`:         "Ann Marie van der|Lee",
		`"name":"Cher"`:                               "Cher|-",
		`"name":"ann@example.com","nickname":"ann"`:   "ann|-",
		`"given_name":"Ann","name":"Ann Lee"`:         "Ann|Lee",
		`"family_name":"Lee","name":"Ann Lee"`:        "Ann|Lee",
		`"family_name":"Lee"`:                         "Lee|-",
		`"given_name":"Ann"`:                          "Ann|-",
		`"given_name":" ","family_name":"","name":""`: "ann|-",
	} {
		rows := read(t, "auth0", convert.Input{Open: text(`{"user_id":"auth0|1","email":"ann@example.com",` + given + `}`)})
		if got := rows[0].Record.FirstName + "|" + rows[0].Record.LastName; got != want {
			t.Errorf("%s: %s, want %s", given, got, want)
		}
	}
}

// The file may be compressed, and may begin with a byte order mark.
func TestFilesAsTheyAreSent(t *testing.T) {
	t.Parallel()
	plain, err := os.ReadFile("testdata/cognito.csv")
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(plain); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"compressed": packed.Bytes(), "with a mark": append([]byte("\ufeff"), plain...)} {
		path := filepath.Join(t.TempDir(), "users")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if rows := read(t, "cognito", convert.Input{Open: convert.File(path)}); len(rows) != 3 {
			t.Errorf("%s: %d rows", name, len(rows))
		}
	}
}

// A file that is cut off, or of another system, ends with the reason and not with
// fewer accounts.
func TestBadFilesAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ format, text, want string }{
		{"django", ``, "the file is empty"},
		{"django", `[{"model":"auth.user","pk":1,"fields":{}}`, "the file ends in the middle"},
		{"django", `[{"model":"auth.user","pk":1,"fields":{}},{"mod`, "account 2 of the file"},
		{"django", `{"model":"auth.user","pk":1,"fields":{}}{"model`, "account 2 of the file"},
		{"keycloak", `{"realm":"shop","clients":[]}`, `no member "users"`},
		{"keycloak", `{"users":{}}`, "no list of accounts"},
		{"keycloak", `{"users":[{"id":"1"}`, "the file ends in the middle"},
		{"keycloak", `{"users":[]`, "the file ends in the middle"},
		{"cognito", "a,b\n1,2\n", `no column "cognito:username"`},
		{"cognito", "cognito:username,email\n1,2,3\n", "wrong number of fields"},
		{"supabase", "id,email\n1,2\n", `no column "encrypted_password"`},
		{"auth0", `not json`, "account 1 of the file"},
		{"auth0", `{"user_id":"a"} {"email":"x"}`, "account 2 of the file has no id"},
		{"keycloak", `[{"model":"auth.user"}]`, "account 1 of the file has no id, as an export of keycloak has"},
		{"supabase", `[{"email":"x"}]`, "account 1 of the file has no id"},
	} {
		source, err := convert.Source(test.format, convert.Input{Open: text(test.text), Rules: rules{}, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range source {
			err = e
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %q: %v, want %q", test.format, test.text, err, test.want)
		}
	}
	if _, err := convert.Source("ldap", convert.Input{}); err == nil || !strings.Contains(err.Error(), "auth0, cognito, django, keycloak, supabase") {
		t.Error(err)
	}
	if _, err := convert.Source("django", convert.Input{Hashes: text("")}); err == nil {
		t.Error("hashes beside an export of Django are accepted")
	}
	source, err := convert.Source("auth0", convert.Input{Open: text(`{"user_id":"auth0|1"}`), Hashes: text(`{"email":"x"}`), Rules: rules{}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range source {
		err = e
	}
	if err == nil || !strings.Contains(err.Error(), "of the hashes has no _id") {
		t.Error(err)
	}
}

// Whatever is in a file, it is read or refused.
func FuzzSource(f *testing.F) {
	for _, name := range []string{"auth0.ndjson", "cognito.csv", "cognito.json", "django.json", "keycloak.json", "supabase.csv", "supabase.json"} {
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		format, _, _ := strings.Cut(name, ".")
		f.Add(format, string(content))
	}
	f.Fuzz(func(t *testing.T, format, content string) {
		source, err := convert.Source(format, convert.Input{Open: text(content), Rules: rules{}, Now: now})
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for row, err := range source {
			if err != nil {
				return
			}
			if name := row.Record.Username; seen[name] || name == "" {
				t.Errorf("the username %q is given twice", name)
			}
			seen[row.Record.Username] = true
		}
	})
}
