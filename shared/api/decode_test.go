package api_test

import (
	"strings"
	"testing"
)

const (
	notAnObject = "The body must be one JSON object."
	notUTF8     = "The body must be UTF-8."
)

func malformed(msg string) string { return problem(400, "invalid", msg) }

const (
	str     = "must be a string"
	text    = "must be text without NUL or lone surrogates"
	unknown = "is not a field of this call"
	twice   = "is given more than once"
)

// badBodies are bodies of a login, with their answers. Every endpoint decodes in
// the same way, so one is enough: login, with the members "username" and
// "password".
var badBodies = map[string]string{
	// Not one object.
	" ": malformed(notAnObject), "null": malformed(notAnObject), "true": malformed(notAnObject), "1": malformed(notAnObject), `"a"`: malformed(notAnObject), "[]": malformed(notAnObject), `[{"username":"a","password":"b"}]`: malformed(notAnObject),
	"{": malformed(notAnObject), "}": malformed(notAnObject), `{"username"`: malformed(notAnObject), `{"username":`: malformed(notAnObject), `{"username":"a"`: malformed(notAnObject), `{"username":"a",}`: malformed(notAnObject), `{,}`: malformed(notAnObject),
	`{"username":"a" "password":"b"}`: malformed(notAnObject), `{username:"a"}`: malformed(notAnObject), `{'username':'a'}`: malformed(notAnObject), `{1:2}`: malformed(notAnObject), `{"username":a}`: malformed(notAnObject), `{"username":NaN}`: malformed(notAnObject), `{"username":01}`: malformed(notAnObject),
	`{"username":"a","password":"b"} {}`: malformed(notAnObject), `{"username":"a","password":"b"}x`: malformed(notAnObject), `{"username":"a","password":"b"}}`: malformed(notAnObject), `{}{}`: malformed(notAnObject), `{},{}`: malformed(notAnObject), `{}` + "\x00": malformed(notAnObject),
	"\ufeff{}": malformed(notAnObject), `{} // x`: malformed(notAnObject), `/* x */{}`: malformed(notAnObject), `{"username":"a` + "\n" + `"}`: malformed(notAnObject), `{"username":"\x41"}`: malformed(notAnObject), `{"username":"\u00"}`: malformed(notAnObject), `{"username":"` + "\x00" + `"}`: malformed(notAnObject),
	// Nesting, also deeper than encoding/json decodes.
	strings.Repeat(`{"username":`, 1300): malformed(notAnObject), strings.Repeat("[", 16000): malformed(notAnObject), `{"username":` + strings.Repeat("[", 8000) + strings.Repeat("]", 8000) + `,"password":"b"}`: invalid("username", str),
	// Bytes.
	`{"username":"` + "\xff" + `"}`: malformed(notUTF8), `{"username":"` + "\xed\xa0\x80" + `"}`: malformed(notUTF8), `{"username":"` + "\xc0\x80" + `"}`: malformed(notUTF8), "{\"\xff\":1}": malformed(notUTF8),
	// Members.
	`{"username":"a","password":"b","x":1}`:                                 invalid("x", unknown),
	`{"username":"a","password":"b","Username":"c"}`:                        invalid("Username", unknown),
	`{"USERNAME":"a","password":"b"}`:                                       invalid("USERNAME", unknown, "username", "is required"),
	`{"uſername":"a","password":"b"}`:                                       invalid("uſername", unknown, "username", "is required"),
	`{"username ":"a","password":"b"}`:                                      invalid("username ", unknown, "username", "is required"),
	`{"":"a","username":"a","password":"b"}`:                                invalid("", unknown),
	`{"__proto__":{},"username":"a","password":"b"}`:                        invalid("__proto__", unknown),
	`{"user.name":"a","username":"a","password":"b"}`:                       invalid("user.name", unknown),
	`{"username\u0000":"a","username":"a","password":"b"}`:                  invalid("username\u0000", unknown),
	`{"username":"a","username":"a","password":"b"}`:                        invalid("username", twice),
	`{"username":"a","password":"b","\u0075sername":"c"}`:                   invalid("username", twice),
	`{"username":"a","username":"b","password":"c","password":"d","x":1}`:   invalid("username", twice, "password", twice, "x", unknown),
	`{"` + strings.Repeat("x", 5000) + `":1,"username":"a","password":"b"}`: invalid(strings.Repeat("x", 40)+"…", unknown),
	// Types.
	`{"username":null,"password":null}`:                 invalid("username", str, "password", str),
	`{"username":1,"password":true}`:                    invalid("username", str, "password", str),
	`{"username":{},"password":[]}`:                     invalid("username", str, "password", str),
	`{"username":["ann"],"password":{"$ne":null}}`:      invalid("username", str, "password", str),
	`{"username":1e999,"password":-0.0}`:                invalid("username", str, "password", str),
	`{"username":{"username":"a"},"password":"b","x":}`: malformed(notAnObject),
	// Text.
	`{"username":"a\u0000","password":"\u0000"}`:                      invalid("username", text, "password", text),
	`{"username":"\ud800","password":"\udc00"}`:                       invalid("username", text, "password", text),
	`{"username":"\uDBFF\uD800","password":"\udc00\ud800"}`:           invalid("username", text, "password", text),
	`{"username":"\ud83ea","password":"\ud83e\u0041"}`:                invalid("username", text, "password", text),
	`{"username":"\ud800\ufffd","password":"` + "\ufffd" + `\ud800"}`: invalid("username", text, "password", text),
	`{"username":"\\ufffd\ud800","password":"b"}`:                     invalid("username", text),
	`{"username":"\\\ud800","password":"b"}`:                          invalid("username", text),
}

func TestDecoderRefusesWhatIsNotDescribed(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for body, want := range badBodies {
		s.send("POST", "/api/user/login", body).wants(t, body, 400, want)
	}
}

// The decoder must not be stricter than JSON.
func TestDecoderAcceptsEveryFormOfJSON(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	for _, body := range []string{
		`{"username":"ann","password":"` + right + `"}`,
		" \t\r\n{ \"password\" : \"" + right + "\" ,\n\"username\"\t:\r\"ann\" } \n",
		`{"\u0075sername":"\u0061nn","password":"zebra\u0020kite moon"}`,
	} {
		if a := s.send("POST", "/api/user/login", body); a.status != 200 {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	for name, password := range map[string]string{
		"a pair": `\ud83e\udd93\uD83E\uDD93 zebra`, "a replacement character": `\ufffd\uFFFD zebra`, "its bytes": "\ufffd zebra kite", "escapes": `\"\\\/\b\f\n\r\t\\ud800 zebra`, "a line separator": "\u2028 zebra kite",
	} {
		a := s.send("PUT", "/api/user/ann", `{"password":"`+password+`","current_password":"`+right+`"}`, bearer(t, s.find("ann")))
		if a.status != 200 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
			continue
		}
		if a := s.send("POST", "/api/user/login", `{"username":"ann","password":"`+password+`"}`); a.status != 200 {
			t.Errorf("%s, at the login: %d %s", name, a.status, a.body)
		}
		s.send("PUT", "/api/user/ann", `{"password":"`+right+`","current_password":"`+password+`"}`, bearer(t, s.find("ann")))
	}
}

func TestBodyOver16KiBIsRefused(t *testing.T) {
	t.Parallel()
	s := newService(t)
	body := func(size int) string {
		frame := `{"username":"nobody","password":""}`
		return strings.Replace(frame, `""`, `"`+strings.Repeat("x", size-len(frame))+`"`, 1)
	}
	tooLarge := problem(413, "too_large", "The body must have at most 16 KiB.")
	s.send("POST", "/api/user/login", body(16<<10)).wants(t, "16 KiB", 401, problem(401, "unauthenticated", badCredentials))
	s.send("POST", "/api/user/login", body(16<<10+1)).wants(t, "16 KiB and a byte", 413, tooLarge)
	s.send("POST", "/api/user/login", strings.Repeat(" ", 1<<20)).wants(t, "1 MiB of nothing", 413, tooLarge)
	for _, path := range []string{"register", "forget_password", "reset_password"} {
		s.send("POST", "/api/user/"+path, body(1<<20)).wants(t, path, 413, tooLarge)
	}
	s.send("PUT", "/api/user/ann", body(1<<20), bearer(t, s.account("ann"))).wants(t, "PUT", 413, problem(413, "too_large", "The body must have at most 32 KiB."))
}

func TestOnlyUTF8JSONIsAccepted(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	unsupported := problem(415, "unsupported_media_type", "Send the header Content-Type: application/json, and the body in UTF-8 without compression.")
	body := `{"username":"ann","password":"` + right + `"}`
	for _, header := range []string{
		"Content-Type: ", "Content-Type: text/plain", "Content-Type: text/json", "Content-Type: application/jsonp", "Content-Type: application/json, text/plain", "Content-Type: application/problem+json", "Content-Type: application/x-www-form-urlencoded", "Content-Type: multipart/form-data; boundary=x",
		"Content-Type: application/json; charset=utf-16", "Content-Type: application/json; charset=iso-8859-1", "Content-Type: application/json; charset", "Content-Type: application/json;;", "Content-Type: */*", "Content-Type: json",
		"Content-Encoding: gzip", "Content-Encoding: identity, gzip", "Content-Encoding: br",
		"Content-Type: application/json; charset=utf8mb4", "Content-Type: application/json; charset=utf_8",
	} {
		s.send("POST", "/api/user/login", body, header).wants(t, header, 415, unsupported)
	}
	for _, header := range []string{
		"Content-Type: application/json", "Content-Type: Application/JSON", "Content-Type: application/json; charset=utf-8", "Content-Type: application/json;charset=UTF-8", `Content-Type: application/json; charset="utf-8"`, "Content-Type: application/json; version=1",
		"Content-Type: application/json; charset=utf8", "Content-Type: application/json; charset=UTF8", "Content-Encoding: identity", "Content-Encoding: Identity",
	} {
		if a := send(t, routes(s.db, s.box, false), "POST", "/api/user/login", body, header); a.status != 200 {
			t.Errorf("%s: %d %s", header, a.status, a.body)
		}
	}
	s.send("POST", "/api/user/login", "").wants(t, "no body and no type", 415, unsupported)
}
