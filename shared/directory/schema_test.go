package directory_test

import (
	"bytes"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"roster/shared/directory"
	"roster/shared/user"
)

const schemaFile = "../../docs/import.schema.json"

func readSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("mem:///import.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("mem:///import.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

type anyHash struct{}

func (anyHash) CheckHash(string) string { return "" }

// with returns a line of an account that has more members, or others.
func with(members string) string {
	line := `{"username":"ann","first_name":"Ann","last_name":"Lee","email":"ann@example.com"`
	if members != "" {
		line += "," + members
	}
	return line + "}"
}

// The published schema and the code agree on each line: what one accepts the other
// accepts.
func TestTheSchemaAgreesWithTheCode(t *testing.T) {
	t.Parallel()
	schema, sum := readSchema(t), strings.Repeat("0a", 32)
	replace := func(from, to string) string { return strings.Replace(with(""), from, to, 1) }
	for line, want := range map[string]bool{
		whole:    true,
		with(""): true,
		with(`"id":null,"uuid":null,"active":null,"role":null,"created_at":null,"metadata":null,"token_version":null,"password_hash":null`): true,
		with(`"type":"user","role":"ADMIN","email_status":"suppressed","active":false`):                                                     true,
		with(`"metadata":{"a":[1,2,{"b":null}]},"app_metadata":{}`):                                                                         true,
		replace(`"ann"`, `"User1"`):                               true,
		replace(`ann@example.com`, `Änn@example.com`):             false,
		replace(`ann@example.com`, `ann+x@sub.example.museum`):    true,
		replace(`ann@example.com`, `ann@example`):                 false,
		replace(`ann@example.com`, `ann`):                         false,
		replace(`"ann"`, `"an"`):                                  false,
		replace(`"ann"`, `"`+strings.Repeat("a", 33)+`"`):         false,
		replace(`"ann"`, `"änn"`):                                 false,
		replace(`"ann"`, `"ann_"`):                                false,
		replace(`"Ann"`, `""`):                                    false,
		replace(`"Ann"`, `"   "`):                                 false,
		replace(`"Ann"`, `"`+strings.Repeat("ä", 51)+`"`):         false,
		replace(`"Ann"`, `"`+strings.Repeat("ä", 50)+`"`):         true,
		replace(`"Ann"`, `7`):                                     false,
		`{"username":"ann","first_name":"Ann","last_name":"Lee"}`: false,
		`[]`:                                        false,
		with(`"Role":"USER"`):                       false,
		with(`"role":"BOSS"`):                       false,
		with(`"email_status":"gone"`):               false,
		with(`"active":"yes"`):                      false,
		with(`"id":0`):                              false,
		with(`"id":1.5`):                            false,
		with(`"id":"7"`):                            false,
		with(`"id":4611686018427387904`):            true,
		with(`"id":4611686018427387905`):            false,
		with(`"id":9223372036854775808`):            false,
		with(`"token_version":4611686018427387905`): false,
		with(`"created_at":"1970-01-01T00:00:00+01:00","updated_at":"9998-12-31T23:59:59-01:00"`):                      true,
		with(`"created_at":"1969-12-31T23:59:59-01:00"`):                                                               false,
		with(`"last_login_at":"9999-01-01T00:00:00+01:00"`):                                                            false,
		with(`"password_changed_at":"0001-01-01T00:00:00Z"`):                                                           false,
		with(`"updated_at":"9989-01-01T00:00:00Z","created_at":"2099-01-01T00:00:00Z"`):                                true,
		with(`"token_version":0`):                                                                                      false,
		with(`"uuid":"00000000-0000-0000-0000-000000000000"`):                                                          false,
		with(`"uuid":"0B5D1E1C-93A4-4A3C-9F52-6A1F0C9D7E21"`):                                                          false,
		with(`"created_at":"2024-01-02"`):                                                                              false,
		with(`"created_at":"2024-01-02T03:04:05"`):                                                                     false,
		with(`"created_at":"2024-01-02T03:04:05.123+02:00"`):                                                           true,
		with(`"created_at":"2024-02-30T03:04:05Z"`):                                                                    false,
		with(`"created_at":1700000000`):                                                                                false,
		with(`"metadata":[]`):                                                                                          false,
		with(`"metadata":"{}"`):                                                                                        false,
		with(`"type":"group"`):                                                                                         false,
		`{"type":"audit_head","chain":3,"seq":0,"hash":""}`:                                                            true,
		`{"type":"audit_head","chain":3,"seq":0}`:                                                                      true,
		`{"type":"audit_head","chain":16,"seq":0}`:                                                                     false,
		`{"type":"audit_head","chain":3,"seq":0,"hash":"` + sum + `"}`:                                                 false,
		`{"type":"audit_head","chain":3,"seq":1}`:                                                                      false,
		`{"type":"audit_head","chain":3,"seq":1,"hash":"` + sum + `","digest":"` + sum + `"}`:                          true,
		`{"type":"audit_head","chain":3,"seq":-1,"hash":"` + sum + `","digest":"` + sum + `"}`:                         false,
		`{"type":"audit_head","chain":3,"seq":4611686018427387905,"hash":"` + sum + `","digest":"` + sum + `"}`:        false,
		`{"type":"audit_head","chain":3,"seq":1,"hash":"` + sum + `","digest":"00"}`:                                   false,
		`{"type":"audit","chain":0,"seq":1,"hash":"00","at":"2024-01-02T03:04:05Z","event":"{}"}`:                      false,
		`{"type":"audit","chain":0,"seq":1,"hash":"` + sum + `","at":"9999-01-02T03:04:05Z","event":"{}"}`:             false,
		`{"type":"audit","chain":0,"seq":1,"hash":"` + sum + `","at":"2024-01-02T03:04:05Z","event":"{}","actor":"x"}`: false,
		`{"type":"audit","chain":0,"seq":1,"hash":"` + sum + `","at":"2024-01-02T03:04:05Z","event":"{}"}`:             true,
		`{"type":"audit","chain":0,"seq":0,"hash":"` + sum + `","at":"2024-01-02T03:04:05Z","event":"{}"}`:             false,
		`{"type":"audit","chain":0,"seq":1,"hash":"` + sum + `","event":"{}"}`:                                         false,
		`{"type":"audit","chain":0,"seq":1,"hash":"` + sum + `","at":"2024-01-02T03:04:05Z","event":"{}","x":1}`:       false,
	} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			t.Fatal(line, err)
		}
		row := directory.Parse(1, []byte(line))
		bad := row.Problems
		if row.Log == nil {
			_, bad = directory.Check(row, user.Rules{}, anyHash{})
		}
		refusal := schema.Validate(value)
		if code, schema := len(bad) == 0, refusal == nil; code != want || schema != want {
			t.Errorf("%s\nwant %t; the code says %t (%v), the schema %t (%v)", line, want, code, bad, schema, refusal)
		}
	}
}

// Each member of a record is described, and no other.
func TestTheSchemaHasEachMember(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	definitions := doc.(map[string]any)["$defs"].(map[string]any)
	for name, of := range map[string]reflect.Type{"user": reflect.TypeFor[directory.Record](), "audit": reflect.TypeFor[directory.LogLine]()} {
		var members, described []string
		for field := range of.Fields() {
			members = append(members, strings.TrimSuffix(field.Tag.Get("json"), ",omitempty"))
		}
		for member := range definitions[name].(map[string]any)["properties"].(map[string]any) {
			described = append(described, member)
		}
		slices.Sort(members)
		slices.Sort(described)
		if !slices.Equal(members, described) {
			t.Errorf("%s: members %q, described %q", name, members, described)
		}
	}
}
