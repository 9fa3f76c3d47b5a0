package main

import (
	"fmt"
	"strings"
)

// malformed is a request with something wrong in it.
type malformed struct {
	raw
	kind    string
	wire    []byte // all its bytes, where the damage is not in one of its parts
	refused bool   // no function may accept it
}

// malform makes a request that must change nothing. In a call that would change
// something, the body is always broken, beside the other damage.
func (g *generator) malform(values map[string]string) malformed {
	m := malformed{raw: g.call()}
	switch g.IntN(10) {
	case 0, 1:
		m.kind, m.raw, m.refused = "body", g.callWithBody(), true
	case 2:
		m.kind, m.target = "target", g.target()
	case 3:
		m.kind, m.method = "method", g.method()
	case 4:
		m.kind, m.headers = "header", append(m.headers, g.header())
	case 5:
		return g.badHeaderLine(values)
	case 6:
		return g.wrongToken(values)
	case 7:
		m.kind, m.raw, m.refused = "media type", g.callWithBody(), true
		m.headers = g.mediaType(m.headers)
	case 8:
		return g.framing(values)
	case 9:
		return g.corrupt(values)
	}
	if m.body != "" {
		m.body = g.breakBody(m.body)
	}
	m.raw = m.fill(values)
	return m
}

func (g *generator) callWithBody() raw {
	for {
		if r := g.call(); r.body != "" {
			return r
		}
	}
}

// breakBody damages a body so that it is no object of any call.
func (g *generator) breakBody(body string) string {
	at := g.IntN(len(body))
	rest := strings.TrimPrefix(body, "{")
	switch g.IntN(12) {
	case 0, 1:
		return body[:max(1, at)] // at most all but the closing brace, and not nothing, which logout takes
	case 2:
		return body + pick(g, "{}", "x", "\x00", ",", "]", "\"", body)
	case 3:
		return pick(g, "\ufeff", "\xff", "\x00", "[", "{", "x", ",") + body
	case 4:
		return body[:at] + pick(g, "\xff", "\x00", "\x1f", "\xed\xa0\x80", "\xc0\xaf") + body[at:]
	case 5:
		return pick(g, "null", "[]", "1", `"x"`, "true", "{", "[{}]", "{]", `{"a"}`, `{"a":}`, `{,}`, `{'a':1}`, "{a:1}", "\xff\xfe{\x00}\x00", "<a/>", "--", "%zz")
	case 6:
		return `{"first_name":` + pick(g, "null", "1", "-0", "1e999", "[]", "{}", "true", `"\ud800"`, `"\u0000"`, strings.Repeat("9", 400)) + "," + rest
	case 7:
		return `{"` + pick(g, "extra", "__proto__", "constructor", "Username", "PASSWORD", "uſername", "is_admin", "uuid", "id", "created_at", "", "\\u0000", "$ne", strings.Repeat("n", 300)) + `":1,` + rest
	case 8:
		return `{"username":"ann","username":"bob",` + rest
	case 9:
		deep := 1 + g.IntN(600)
		return `{"username":` + strings.Repeat(pick(g, "[", `{"a":`), deep) + strings.Repeat("]", g.IntN(deep))
	case 10:
		return "{" + strings.Repeat(fmt.Sprintf(`"m%d":%d,`, g.IntN(9), g.IntN(9)), 1+g.IntN(100)) + rest
	}
	if g.chance(90) {
		return body + "\n;"
	}
	return body + strings.Repeat(pick(g, " ", "\n", "x", "\x00"), 16<<10)
}

func (g *generator) method() string {
	return pick(g, "PATCH", "HEAD", "OPTIONS", "TRACE", "get", "Post", "BREW", "M-SEARCH", "PROPFIND", "PRI", "GE\xffT", "G{T", "", "GET\t", "\"GET\"", "DELETE;", strings.Repeat("M", 1+g.IntN(300)))
}

func (g *generator) badHeaderLine(values map[string]string) malformed {
	m := malformed{kind: "header line", raw: g.call()}
	if m.body != "" {
		m.body = g.breakBody(m.body)
	}
	m.headers = append(m.headers, g.headerLine())
	m.raw = m.fill(values)
	m.wire = m.keepAliveBytes() // but it may promise a body that does not come
	return m
}

// headerLine is one that is none, or one that has no business there.
func (g *generator) headerLine() string {
	return pick(g,
		"no colon", ": no name", "X Y: space in the name", "X-A : space before the colon", " folded: line", "\tfolded", "X-\x00: y", "X-A: \x00", "X-A: \x7f\x01", "X-A: a\rb", "X-\xff: y", "Ü: y",
		"Host: elsewhere.test", "Host:", "Content-Length: 1", "Content-Length: -1", "Content-Length: 1e3", "Content-Length: 99999999999999999999", "Content-Length: ,", "Connection: \xff", "Connection: close, upgrade",
		"Authorization: Bearer "+g.text(), "Authorization: Bearer \x00", "Cookie: "+strings.Repeat("a=b; ", g.IntN(500)), "Accept-Encoding: gzip;q=nan, \xff", "If-None-Match: \"\xff", "Range: bytes=-", "Forwarded: for=\"\x0b\"",
		strings.Repeat(fmt.Sprintf("X-%d: y\r\n", g.IntN(1000)), g.IntN(40))+"X",
	)
}

// mediaType replaces the body's by another.
func (g *generator) mediaType(headers []string) []string {
	var kept []string
	for _, h := range headers {
		if !strings.HasPrefix(h, "Content-Type") {
			kept = append(kept, h)
		}
	}
	return append(kept, pick(g, "X-No: media type", "Content-Type:", "Content-Type: text/plain", "Content-Type: application/jsonx", "Content-Type: application/json; charset=utf-16",
		"Content-Type: application/json; charset=\xff", "Content-Type: multipart/form-data; boundary=", "Content-Type: application/json\r\nContent-Encoding: gzip", "Content-Type: a/b; c=\"", "Content-Type: ;;;",
		"Content-Type: application/x-www-form-urlencoded; charset=x", "Content-Type: "+strings.Repeat("a/", 200)))
}

// wrongToken is well-formed but for its token, which is nearly a good one.
func (g *generator) wrongToken(values map[string]string) malformed {
	m := malformed{kind: "token", refused: true}
	if g.chance(30) && values["reset"] != "" {
		m.raw = jsonBody("POST", "/api/user/reset_password", `{"token":"`+g.mutated(values["reset"])+`","new_password":"password1234"}`)
		return m
	}
	if g.chance(30) && values["refresh"] != "" {
		m.raw = jsonBody("POST", "/api/user/refresh", `{"refresh_token":"`+g.mutated(values["refresh"])+`"}`)
		return m
	}
	header := "Authorization: Bearer " + g.mutated(values["access"])
	m.raw = pick(g, raw{"GET", "/api/user/admin", []string{header}, ""}, raw{"DELETE", "/api/user/ann", []string{header}, ""}, jsonBody("PUT", "/api/user/ann", `{"first_name":"Eve"}`, header))
	return m
}

const tokenLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// mutated changes a token by little, within what a header and a JSON string can
// hold.
func (g *generator) mutated(token string) string {
	if token == "" {
		return "x"
	}
	at, letter := g.IntN(len(token)), tokenLetters[g.IntN(len(tokenLetters)):][:1]
	for _, changed := range []string{
		pick(g, token[:at]+letter+token[at+1:], token[:at]+token[at+1:], token[:at]+letter+token[at:], token[:at], token[at+1:], token+letter, token+"=", token+"."+token, token[:at]+"."+token[at:], strings.ToLower(token), token[at:]+token[:at]),
		token + "x",
	} {
		if changed != token {
			return changed
		}
	}
	return "x"
}
