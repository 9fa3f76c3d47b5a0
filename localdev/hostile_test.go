package main

import (
	"strings"
	"testing"

	"roster/localdev/postgrestest"
)

func TestHostileInputIsHarmless(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 20000) + strings.Repeat("]", 20000)
	cases := []struct {
		name string
		raw
		want int
	}{
		{"3 MB of JSON", jsonBody("POST", "/api/user/login", `{"username":"`+strings.Repeat("x", 3<<20)+`"}`), 413},
		{"3 MB of <", jsonBody("POST", "/api/user/login", strings.Repeat("<", 3<<20)), 413},
		{"3 MB of control characters", jsonBody("POST", "/api/user/login", strings.Repeat("\x01", 3<<20)), 413},
		{"3 MB that are no text", jsonBody("POST", "/api/user/login", strings.Repeat("\xff", 3<<20)), 413},
		{"5 MB that are no text", jsonBody("POST", "/api/user/login", strings.Repeat("\xff", 5<<20)), 413},
		{"9 MB", jsonBody("POST", "/api/user/login", strings.Repeat("x", 9<<20)), 413},
		{"11 MB", jsonBody("POST", "/api/user/login", strings.Repeat("x", 11<<20)), 413},
		{"3 MB where no body is wanted", jsonBody("GET", "/healthz", strings.Repeat("x", 3<<20)), 200},
		{"3 MB to nowhere", jsonBody("POST", "/nowhere", strings.Repeat("x", 3<<20)), 404},
		{"3 MB form", raw{"POST", "/reset_password", []string{"Content-Type: application/x-www-form-urlencoded"}, strings.Repeat("x", 3<<20)}, 413},
		{"20000 arrays", jsonBody("POST", "/api/user/login", deep), 413},
		{"8000 arrays", jsonBody("POST", "/api/user/login", strings.Repeat("[", 8000)+strings.Repeat("]", 8000)), 400},
		{"8000 arrays in a member", jsonBody("POST", "/api/user/login", `{"username":`+strings.Repeat("[", 8000)+strings.Repeat("]", 8000)+`}`), 400},
		{"16000 open arrays in a member", jsonBody("POST", "/api/user/login", `{"username":`+strings.Repeat("[", 16000)), 400},
		{"4000 objects", jsonBody("POST", "/api/user/login", strings.Repeat(`{"a":`, 3000)+strings.Repeat("}", 1000)), 400},
		{"2000 members", jsonBody("POST", "/api/user/login", "{"+strings.Repeat(`"a":1,`, 2000)+`"b":1}`), 400},
		{"a number of 10000 digits", jsonBody("POST", "/api/user/login", `{"username":`+strings.Repeat("9", 10000)+`}`), 400},
		{"NUL in JSON", jsonBody("POST", "/api/user/login", "{\"username\":\"a\x00b\",\"password\":\"x\"}"), 400},
		{"NUL escaped", jsonBody("POST", "/api/user/register", `{"username":"a\u0000b","first_name":"\u0000","last_name":"\u0000","email":"a\u0000@example.com","password":"\u0000password"}`), 400},
		{"a BOM", jsonBody("POST", "/api/user/login", "\ufeff{}"), 400},
		{"UTF-16", jsonBody("POST", "/api/user/login", "{\x00}\x00"), 400},
		{"NUL in a name", raw{method: "GET", target: "/api/user/%00"}, 401},
		{"NUL in a form", raw{"POST", "/reset_password", []string{"Content-Type: application/x-www-form-urlencoded"}, "token=%00&new_password=%00password%00&repeat_password=%00password%00"}, 400},
		{"bad UTF-8 in a form", raw{"POST", "/reset_password", []string{"Content-Type: application/x-www-form-urlencoded"}, "token=%ff&new_password=%ffpassword&repeat_password=%ffpassword"}, 400},
		{"a form with %", raw{"POST", "/reset_password", []string{"Content-Type: application/x-www-form-urlencoded"}, "token=%&new_password=%zz"}, 400},
		{"a lone %", raw{method: "GET", target: "/api/user/%"}, 400},
		{"a lone % behind", raw{method: "GET", target: "/api/user/a%"}, 400},
		{"an escaped %", raw{method: "GET", target: "/api/user/%25"}, 400},
		{"a twice escaped %", raw{method: "GET", target: "/api/user/%2525"}, 401},
		{"an escaped slash", raw{method: "GET", target: "/api/user/a%2fb"}, 404},
		{"a twice escaped slash", raw{method: "GET", target: "/api/user/a%252fb"}, 404},
		{"an escaped ?", raw{method: "GET", target: "/api/user/a%3fb"}, 401},
		{"dots", raw{method: "GET", target: "/api/user/.."}, 401},
		{"dots further in", raw{method: "GET", target: "/api/user/../user/../../etc/passwd"}, 404},
		{"escaped dots", raw{method: "GET", target: "/docs/%2e%2e%2ftemplate.yaml"}, 404},
		{"dots for a file", raw{method: "GET", target: "/docs/.."}, 404},
		{"two slashes", raw{method: "GET", target: "//"}, 404},
		{"two slashes in front", raw{method: "GET", target: "//healthz"}, 404},
		{"two slashes within", raw{method: "GET", target: "/api//user/x"}, 404},
		{"a host in the target", raw{method: "GET", target: "http://elsewhere.test/healthz"}, 421},
		{"this host in the target", raw{method: "GET", target: "http://localhost/healthz"}, 200},
		{"a backslash", raw{method: "GET", target: `/api/user/\..\x`}, 401},
		{"no slash", raw{method: "GET", target: "healthz"}, 400},
		{"a star", raw{method: "GET", target: "*"}, 400},
		{"overlong UTF-8", raw{method: "GET", target: "/api/user/%c0%af"}, 401},
		{"bytes that are no UTF-8", raw{method: "GET", target: "/api/user/%ff%fe"}, 401},
		{"the same, not escaped", raw{method: "GET", target: "/api/user/\xff\xfe"}, 401},
		{"a line feed", raw{method: "GET", target: "/api/user/%0d%0aX-Evil:%201"}, 401},
		{"a route's own words", raw{method: "GET", target: "/api/user/{username}"}, 401},
		{"the default route by name", raw{method: "GET", target: "/$default"}, 404},
		{"a long segment", raw{method: "GET", target: "/api/user/" + strings.Repeat("a", 8000)}, 401},
		{"a segment too long", raw{method: "GET", target: "/api/user/" + strings.Repeat("a", 11000)}, 431},
		{"a long token", raw{method: "GET", target: "/reset_password?token=" + strings.Repeat("a", 8000)}, 200},
		{"a token of nothing", raw{method: "GET", target: "/reset_password?token=%00%ff%"}, 200},
		{"2000 segments", raw{method: "GET", target: strings.Repeat("/a", 2000)}, 404},
		{"a long header", raw{"GET", "/healthz", []string{"X-Long: " + strings.Repeat("a", 20000)}, ""}, 431},
		{"2 MB of headers", raw{"GET", "/healthz", []string{"X-Long: " + strings.Repeat("a", 2<<20)}, ""}, 431},
		{"a thousand headers", raw{"GET", "/healthz", []string{strings.Repeat("X-Many: a\r\n", 1000) + "X-Last: b"}, ""}, 200},
		{"bytes in a header", raw{"GET", "/healthz", []string{"X-Bytes: \xff\xfe\x80"}, ""}, 200},
		{"bytes in a token", raw{"GET", "/api/user/x", []string{"Authorization: Bearer \xff.\xff.\xff"}, ""}, 401},
		{"a long token to read", raw{"GET", "/api/user/x", []string{"Authorization: Bearer " + strings.Repeat("a.", 4000)}, ""}, 401},
		{"two tokens", raw{"GET", "/api/user/x", []string{"Authorization: Bearer a.b.c", "Authorization: Bearer a.b.c"}, ""}, 401},
		{"somebody else's request id", raw{"GET", "/nowhere", []string{"X-Request-Id: <script>", "X-Amzn-Trace-Id: Root=evil"}, ""}, 404},
		{"a method that nobody knows", raw{method: "FOO", target: "/healthz"}, 405},
		{"a method in small letters", raw{method: "get", target: "/healthz"}, 405},
		{"a long method", raw{method: strings.Repeat("M", 5000), target: "/healthz"}, 405},
		{"a method of signs", raw{method: "!#$%&'*+-.^_`|~", target: "/healthz"}, 405},
		{"HEAD", raw{method: "HEAD", target: "/"}, 200},
		{"OPTIONS", raw{method: "OPTIONS", target: "/api/user/login"}, 405},
		{"OPTIONS *", raw{method: "OPTIONS", target: "*"}, 200},
		{"TRACE", raw{method: "TRACE", target: "/"}, 405},
		{"CONNECT", raw{method: "CONNECT", target: "elsewhere.test:443"}, 421},
		{"an empty method", raw{method: "", target: "/"}, 400},
		{"half a chunk", raw{"POST", "/api/user/login", []string{"Content-Type: application/json", "Transfer-Encoding: chunked"}, "zz\r\n"}, 400},
		{"two lengths", raw{"POST", "/api/user/login", []string{"Content-Type: application/json", "Content-Length: 5"}, "{}"}, 400},
		{"a length below 0", raw{"POST", "/api/user/login", []string{"Content-Length: -1"}, ""}, 400},
		{"Expect", jsonBody("POST", "/api/user/login", "{}", "Expect: 100-continue"), 400},
		{"Upgrade", raw{"GET", "/healthz", []string{"Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQAAP__"}, ""}, 200},
	}
	for _, way := range modes {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			s := newTestServer(t, way, nil)
			for _, c := range cases {
				got := s.send(t, c.method, c.bytes())
				if got.status != c.want {
					t.Errorf("%s: %v\nwant %d, got %v", c.name, c.raw, c.want, got)
				}
			}
			if errs := postgrestest.Errors(t); len(errs) > 0 {
				t.Errorf("PostgreSQL complains: %q", errs)
			}
		})
	}
}
