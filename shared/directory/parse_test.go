package directory_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/directory"
	"roster/shared/fault"
)

const whole = `{"type":"user","id":7,"uuid":"0b5d1e1c-93a4-4a3c-9f52-6a1f0c9d7e21","username":"ann","first_name":"\u00c4nn \ud83e\udd93","last_name":"Lee",` +
	`"email":"ann@example.com","email_status":"bounced","role":"ADMIN","active":false,"password_hash":"$argon2id$x","token_version":3,"reset_version":4,` +
	`"created_at":"2024-01-02T03:04:05.123456789Z","updated_at":"2024-02-02T03:04:05+02:00","last_login_at":null,"password_changed_at":"2024-03-02T03:04:05Z",` +
	`"metadata" : { "a": [1, {"b":"}\"]"}] },"app_metadata":{}}`

func TestParseReadsEveryMember(t *testing.T) {
	t.Parallel()
	at := func(text string) *time.Time {
		v, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		return &v
	}
	want := directory.Record{
		Type: "user", ID: new(int64(7)), UUID: "0b5d1e1c-93a4-4a3c-9f52-6a1f0c9d7e21", Username: "ann", FirstName: "Änn 🦓", LastName: "Lee",
		Email: "ann@example.com", EmailStatus: "bounced", Role: "ADMIN", Active: new(false), PasswordHash: "$argon2id$x",
		TokenVersion: new(int64(3)), ResetVersion: new(int64(4)),
		CreatedAt: at("2024-01-02T03:04:05.123456789Z"), UpdatedAt: at("2024-02-02T01:04:05Z"), PasswordChangedAt: at("2024-03-02T03:04:05Z"),
		Metadata: []byte(`{ "a": [1, {"b":"}\"]"}] }`), AppMetadata: []byte(`{}`),
	}
	got := directory.Parse(1, []byte(" \t"+whole+"\r\n"))
	if diff := cmp.Diff(want, got.Record); diff != "" || len(got.Problems) > 0 || got.Number != 1 || got.Log != nil {
		t.Errorf("%v, record (-want +got):\n%s", got.Problems, diff)
	}
}

func TestParseNamesEveryBadMember(t *testing.T) {
	t.Parallel()
	const ann = `"username":"ann","first_name":"Ann","last_name":"Lee","email":"ann@example.com"`
	for line, want := range map[string]fault.Fields{
		`{`:                                 {"row": "is not one JSON object in one line"},
		`{` + ann + `} {}`:                  {"row": "is not one JSON object in one line"},
		"{" + ann + `,"role":"` + "\xff\"}": {"row": "is not UTF-8; convert the file, such as with iconv"},
		`[]`:                                {"row": "is not a JSON object"},
		`"ann"`:                             {"row": "is not a JSON object"},
		`{}`:                                {"username": "is required", "first_name": "is required", "last_name": "is required", "email": "is required"},
		`{` + ann + `,"Role":"USER"}`:       {"Role": "is not a member of a record"},
		`{` + ann + `,"role":"USER","role":"ADMIN"}`:             {"role": "is given more than once"},
		`{` + ann + `,"role":1,"active":"yes","id":1.5}`:         {"role": "must be a string", "active": "must be true or false", "id": "must be a whole number"},
		`{` + ann + `,"created_at":"yesterday","updated_at":17}`: {"created_at": "must be a time such as 2026-01-31T09:30:00Z (RFC 3339)", "updated_at": "must be a time such as 2026-01-31T09:30:00Z (RFC 3339)"},
		`{` + ann + `,"metadata":[],"app_metadata":"{}"}`:        {"metadata": "must be a JSON object", "app_metadata": "must be a JSON object"},
		`{` + ann + `,"password_hash":"a\u0000b","role":"\ud800"}`: {
			"password_hash": "must be text without NUL or lone surrogates", "role": "must be text without NUL or lone surrogates",
		},
		`{` + ann + `,"id":99999999999999999999}`: {"id": "must be a whole number"},
		`{"type":"group"}`:                        {"type": "must be user, audit or audit_head"},
		`{"type":"audit","chain":16,"seq":1}`:     {"chain": "must be a number from 0 to 15", "row": "is not a whole entry of an audit log: seq, at, event and hash are required"},
	} {
		if diff := cmp.Diff(want, directory.Parse(3, []byte(line)).Problems); diff != "" {
			t.Errorf("%s (-want +got):\n%s", line, diff)
		}
	}
}

// What is not known is named, but not without end.
func TestParseNamesFewUnknownMembers(t *testing.T) {
	t.Parallel()
	line := `{"username":"ann","first_name":"Ann","last_name":"Lee","email":"ann@example.com","` + strings.Repeat("x", 100) + `":1`
	for range 100 {
		line += `,"y` + strings.Repeat("z", len(line)%97) + `":1`
	}
	row := directory.Parse(1, []byte(line+"}"))
	if n := len(row.Problems); n < 5 || n > 15 {
		t.Errorf("%d problems", n)
	}
	if row.Problems[strings.Repeat("x", 40)+"…"] == "" {
		t.Errorf("no short name in %v", row.Problems)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte(`{"a":{"b":[{}]},"c":"\\\"","d":-1.5e3}`))
	f.Add([]byte(`{ }`))
	f.Fuzz(func(t *testing.T, line []byte) {
		directory.Parse(1, line) // it must not panic
	})
}
