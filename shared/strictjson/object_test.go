package strictjson_test

import (
	"encoding/json"
	"strings"
	"testing"

	"roster/shared/strictjson"
)

func TestObjectKeepsEverythingButSpace(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{}`:        `{}`,
		" \n{ }\t ": `{}`,
		`{ "a" : 12345678901234567890123456789 , "b":1.10, "c":1E+400, "d":-0 }`: `{"a":12345678901234567890123456789,"b":1.10,"c":1E+400,"d":-0}`,
		`{"a": {"a": {"a": null}}, "b": [ {"a":true}, {"a":"x  y"} ]}`:           `{"a":{"a":{"a":null}},"b":[{"a":true},{"a":"x  y"}]}`,
		`{"<&>":"\u003c\ud83e\udd93 ` + "\u2028" + `"}`:                          `{"<&>":"\u003c\ud83e\udd93 ` + "\u2028" + `"}`,
		`{"":"","A":1,"a":2}`: `{"":"","A":1,"a":2}`,
		`{"a":` + strings.Repeat("[", 19) + strings.Repeat("]", 19) + `}`: `{"a":` + strings.Repeat("[", 19) + strings.Repeat("]", 19) + `}`,
	} {
		got, err := strictjson.Object([]byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s: %s, %v, want %s", in, got, err, want)
		}
	}
}

func TestObjectRefusesWhatTwoReadersMayReadDifferently(t *testing.T) {
	t.Parallel()
	const notObject = "must be a JSON object"
	for in, want := range map[string]string{
		``: notObject, `null`: notObject, `[]`: notObject, `"{}"`: notObject, `1`: notObject, `{`: notObject, `{}x`: notObject, `{}{}`: notObject,
		`{"a":1,}`: notObject, `{"a":01}`: notObject, `{"a":NaN}`: notObject, `{a:1}`: notObject, `{"a":[1,]}`: notObject, `{"a":[}`: notObject, `{"a":[1`: notObject, "{\"a\":\"\n\"}": notObject,
		`{"a":1,"a":1}`:              "must not have a name twice in one object",
		`{"b":[{"a":1,"\u0061":2}]}`: "must not have a name twice in one object",
		`{"a":"\u0000"}`:             "must not have NUL",
		`{"\u0000":1}`:               "must not have NUL",
		"{\"a\":\"\xff\"}":           "must be UTF-8", "{\"\xed\xa0\x80\":1}": "must be UTF-8",
		`{"a":["\ud800"]}`: "must not have lone surrogates",
		`{"\udc00":1}`:     "must not have lone surrogates",
		`{"a":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}`: "must have at most 20 objects and arrays in each other",
		strings.Repeat(`{"a":`, 5000):                                     "must have at most 20 objects and arrays in each other",
	} {
		if got, err := strictjson.Object([]byte(in)); err == nil || err.Error() != want {
			t.Errorf("%.80s: %s, %v, want %q", in, got, err, want)
		}
	}
}

// What is accepted is one valid object, and compacting it once more changes nothing.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":[1,{"b":"\ud83e\udd93"}]}`, `{"a":1,"a":2}`, `[`, "{\"a\":\"\xff\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		once, err := strictjson.Object(raw)
		if err != nil {
			return
		}
		var m map[string]json.RawMessage
		if err := json.Unmarshal(once, &m); err != nil {
			t.Fatalf("%q is accepted, and is no object: %v", raw, err)
		}
		if twice, err := strictjson.Object(once); err != nil || string(twice) != string(once) {
			t.Fatalf("%q becomes %q, and that %q, %v", raw, once, twice, err)
		}
	})
}
