package main

import (
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
)

// generator makes requests: good ones, good ones with something wrong, and
// nonsense. Nearly all go past the hashing of passwords, which takes its time.
type generator struct{ *rand.Rand }

func pick[T any](g *generator, of ...T) T { return of[g.IntN(len(of))] }

// chance is true n times of a hundred.
func (g *generator) chance(n int) bool { return g.IntN(100) < n }

func (g *generator) request() raw {
	r := g.call()
	if g.chance(15) {
		r.target = g.target()
	}
	if g.chance(8) {
		r.method = pick(g, "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "get", "BREW", "M-SEARCH", "A"+strings.Repeat("B", g.IntN(60)))
	}
	if g.chance(20) {
		r.headers = append(r.headers, g.header())
	}
	if g.chance(25) {
		r.body = g.damage(r.body)
	}
	return r
}

// call is a request that a client might send.
func (g *generator) call() raw {
	token := "Authorization: " + pick(g, "Bearer «access»", "Bearer «access»", "Bearer «access»", "bearer «access»", "Bearer «older»", "Bearer", "Basic eDp5", "Bearer «access»x", "«access»")
	switch g.IntN(15) {
	case 0:
		return jsonBody("POST", "/api/user/register", g.object(g.members("username", "first_name", "last_name", "email", "password")))
	case 1:
		return jsonBody("POST", "/api/user/login", g.object(g.members("username", "password")))
	case 2:
		return jsonBody("POST", "/api/user/forget_password", g.object(g.members("username", "email")))
	case 3:
		return jsonBody("POST", "/api/user/reset_password", g.object(g.members("token", "new_password")))
	case 4, 5:
		return raw{"GET", "/api/user/" + g.username(), []string{token}, ""}
	case 6, 7:
		return jsonBody("PUT", "/api/user/"+g.username(), g.object(g.changes()), token)
	case 8:
		return raw{"DELETE", "/api/user/" + g.username(), []string{token}, ""}
	case 9:
		form := "token=" + g.escaped(g.value("token")) + "&new_password=" + g.escaped(g.value("new_password")) + "&repeat_password=" + pick(g, "", "x", "password123")
		return raw{"POST", "/reset_password", []string{"Content-Type: application/x-www-form-urlencoded"}, form}
	case 10:
		return raw{"GET", pick(g, "/reset_password", "/reset_password", "/forgot_password", "/.well-known/change-password") + "?token=" + g.escaped(g.value("token")), nil, ""}
	case 11:
		return jsonBody("POST", "/api/user/refresh", g.object(g.members("refresh_token")))
	case 12:
		return raw{"GET", "/api/user/" + pick(g, "me", g.username(), g.username()+"/sessions", "me/sessions"), []string{token}, ""}
	case 13:
		if g.chance(10) { // it ends what the others need
			return jsonBody("POST", "/api/user/logout", g.object(g.members("scope")), token)
		}
		return jsonBody("POST", "/api/user/change_password", g.object(g.members("current_password", "new_password")), token)
	case 14:
		id := pick(g, "00000000-0000-4000-8000-000000000000", "me", g.segment())
		return raw{"DELETE", "/api/user/" + g.username() + "/sessions/" + id, []string{token}, ""}
	}
	return raw{"GET", pick(g, "/", "/openapi.json", "/docs/start.js", "/docs/"+g.segment(), "/healthz", "/nowhere"), nil, ""}
}

func (g *generator) username() string {
	if g.chance(25) {
		return g.segment()
	}
	return pick(g, "admin", "admin", "ann", "ANN", "bob", "carl", "nobody")
}

func (g *generator) escaped(v string) string {
	if strings.Contains(v, "«") {
		return v
	}
	return pick(g, url.QueryEscape, url.QueryEscape, url.PathEscape, strings.Clone)(strings.Map(noSpace, v))
}

// noSpace keeps a target in one piece.
func noSpace(r rune) rune {
	if r <= ' ' {
		return '%'
	}
	return r
}

func (g *generator) changes() []string {
	all := []string{"first_name", "last_name", "email", "username", "role", "active", "password", "current_password", "id"}
	g.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return g.members(all[:g.IntN(3)]...)
}

// members are an object's, now and then too few, too many or in disorder.
func (g *generator) members(names ...string) []string {
	var m []string
	for _, name := range names {
		if g.chance(4) {
			continue
		}
		m = append(m, strconv.Quote(name)+":"+g.json(name))
		if g.chance(3) {
			m = append(m, pick(g, strconv.Quote(name), strconv.Quote(strings.ToUpper(name)), `"extra"`, `""`, `"\u0000"`)+":"+g.json(name))
		}
	}
	return m
}

func (g *generator) object(members []string) string { return "{" + strings.Join(members, ",") + "}" }

func (g *generator) json(name string) string {
	if g.chance(12) {
		return pick(g, "null", "1", "-0", "1e999", "true", "false", "[]", "{}", `""`, `"\u0000"`, `"\ud800"`, `"\ufffd"`, strings.Repeat("[", 50)+strings.Repeat("]", 50), strings.Repeat("9", 400))
	}
	if name == "active" {
		return pick(g, "true", "true", "false", `"true"`)
	}
	return strconv.Quote(g.value(name))
}

// value is a member's. Passwords are mostly refused before they are hashed.
func (g *generator) value(name string) string {
	if g.chance(10) {
		return g.text()
	}
	switch name {
	case "username":
		return pick(g, "admin", "ann", "bob", "carl", "Ann", "dora", "no", "-x-", "register", "kelvin-\u212a", "ann.lee")
	case "password":
		if g.chance(85) {
			return "" // refused before it is hashed
		}
		return pick(g, "short", strings.Repeat("p", 300), "password123", adminPassword)
	case "new_password":
		return pick(g, "short", "", strings.Repeat("p", 300), "password123")
	case "current_password":
		return pick(g, "", "", "", "password123")
	case "email":
		return pick(g, "ann@example.com", "ANN@EXAMPLE.COM", "bob@example.com", "admin@roster.localhost", "x", "@", "a@b", "ann@exämple.com", "a@"+strings.Repeat("b.", 150)+"com")
	case "token":
		return pick(g, "«reset»", "«reset»", "«reset»x", "", strings.Repeat("A", 43))
	case "refresh_token":
		return pick(g, "«refresh»", "«refresh»", "«refresh»x", "«access»", "", strings.Repeat("A", 91))
	case "scope":
		return pick(g, "others", "others", "others", "this", "all", "OTHERS", "")
	case "role":
		return pick(g, "USER", "ADMIN", "user", "ROOT")
	}
	return pick(g, "Ann", "Åse", "李", "O'Hara", " ", strings.Repeat("n", 51))
}

var fragments = []string{
	"", "a", "%", "%25", "?", "%2f", "/", "..", ".", "//", "%00", "\u202e", "🙂", "é", "e\u0301", "' OR 1=1 --", `"; drop table users; --`, "<script>", "\\", "{", "}", "$1", "$default",
	"%s%n", "../../etc/passwd", "ſ", "\u212a", "\ufeff", "\u00ad", "admin", "ann", "null", ";", "+", "&", "=", "#",
}

func (g *generator) text() string {
	var b strings.Builder
	for range g.IntN(5) {
		b.WriteString(pick(g, fragments...))
	}
	if g.chance(5) {
		b.WriteString(strings.Repeat(pick(g, "x", "é", "🙂"), g.IntN(3000)))
	}
	return b.String()
}

// segment is one of a path, with whatever can stand in one on the wire.
func (g *generator) segment() string {
	var b strings.Builder
	for range 1 + g.IntN(3) {
		b.WriteString(pick(g, "a", "ann", "%", "%25", "%2525", "%2f", "%252f", "%3f", "?", "%00", "%0d%0a", "%ff", "%c3%a9", "..", ".", "%2e%2e", "/", ";", "+", "%20", "\\", "{username}", "$default", "\xff", "\xc3\xa9", "~", "'"))
	}
	if g.chance(4) {
		b.WriteString(strings.Repeat("a", g.IntN(12000)))
	}
	return b.String()
}

func (g *generator) target() string {
	return pick(g, "/", "//", "/api/user/", "/api/user/login/", "/api/user/login", "/docs/", "/reset_password", "/reset_password?token=", "/a/") + pick(g, g.segment(), "", "?", "?a=%zz&b=%", "?"+g.segment())
}

func (g *generator) header() string {
	return pick(g,
		"Content-Type: "+pick(g, "text/plain", "application/json; charset=utf-16", "application/json;charset=UTF-8", "application/x-www-form-urlencoded", "application/json, application/json", ";", "\xff", "multipart/form-data; boundary=x"),
		"Content-Encoding: "+pick(g, "gzip", "identity", ""),
		"Accept-Encoding: "+pick(g, "gzip", "br", "identity;q=0, *;q=0"),
		"Authorization: "+pick(g, "Bearer «access»", "Bearer \xff", "Bearer a.b.c", "Digest x", ""),
		"X-Request-Id: "+g.segmentless(), "X-Forwarded-For: 1.2.3.4, \xff", "Cookie: a=b; c=\xff", "Origin: null", "Expect: 100-continue",
		"If-None-Match: *", "Range: bytes=0-1", "X-Long: "+strings.Repeat("y", g.IntN(12000)), "X-HTTP-Method-Override: DELETE",
		strings.Repeat("X-Many: z\r\n", g.IntN(200))+"X-Last: z",
	)
}

func (g *generator) segmentless() string { return strings.Trim(g.segment(), "\r\n ") }

// damage damages a body.
func (g *generator) damage(body string) string {
	switch at := 0; g.IntN(7) {
	case 0:
		return g.text()
	case 1:
		return strings.Repeat("[", g.IntN(9000))
	case 2:
		return body + pick(g, "{}", "x", "\x00", " ", "\n\n", ",")
	case 3:
		return body + strings.Repeat(" ", g.IntN(20000))
	case 4:
		return pick(g, "\ufeff", "\xff", "\x00", " ", "[") + body
	default:
		if len(body) > 0 {
			at = g.IntN(len(body))
		}
		return body[:at] + pick(g, "", "\xff", "\x00", `"`, "\\", "{", "}", "\u2028", "\x1f") + body[min(at+g.IntN(3), len(body)):]
	}
}
