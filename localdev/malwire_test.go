package main

import (
	"bytes"
	"fmt"
	"strings"
)

// framing is a request whose end is hard to find. What net/http itself refuses
// with 501 or 505 stays out: no code of ours, or of API Gateway's, sees it.
func (g *generator) framing(values map[string]string) malformed {
	m := malformed{kind: "framing", raw: g.call()}
	m.raw = m.fill(values)
	if m.body == "" {
		m.body = "{}"
	}
	n := len(m.body)
	length := pick(g,
		fmt.Sprintf("Content-Length: %d", n+1+g.IntN(100)), fmt.Sprintf("Content-Length: %d", g.IntN(n)), fmt.Sprintf("Content-Length: %d\r\nContent-Length: %d", n, n+1), fmt.Sprintf("Content-Length: +%d", n), fmt.Sprintf("Content-Length: 0x%x", n),
		fmt.Sprintf("Content-Length: %d, %d", n, n), "Content-Length: 9223372036854775808", "Content-Length: -0", "Content-Length:", "X-No: length",
		"Transfer-Encoding: chunked", fmt.Sprintf("Transfer-Encoding: chunked\r\nContent-Length: %d", n), "Transfer-Encoding: chunked\r\nTrailer: X-A",
	)
	body := g.breakBody(m.body) // for what follows may be read as a request
	if strings.HasPrefix(length, "Transfer") {
		body = g.chunks(body)
	}
	m.wire = fmt.Appendf(nil, "%s %s HTTP/1.1\r\n%s%s\r\n%s\r\n\r\n%s", m.method, m.target, pick(g, "Host: roster.localhost\r\n", "Host: roster.localhost\r\n", "", "Host: a\r\nHost: b\r\n", "Host: \xff\r\n"), strings.Join(append(m.headers, "X-Last: y"), "\r\n"), length, body)
	return m
}

// chunks writes a body in chunks that are nearly right.
func (g *generator) chunks(body string) string {
	size := fmt.Sprintf("%x", len(body))
	end := "0\r\n\r\n"
	return pick(g,
		size+"\r\n"+body+"\r\n"+end, size+"\n"+body+"\n"+end, size+" \r\n"+body+"\r\n"+end, size+";a=\x00\r\n"+body+"\r\n"+end, "-"+size+"\r\n"+body+"\r\n"+end, "0x"+size+"\r\n"+body+"\r\n"+end, size+"\r\n"+body+end, size+"\r\n"+body, size+"\r\n"+body+"\r\n0\r\nX-A: b\r\n\r\n",
		"ffffffffffffffff\r\n"+body, "fffffffffffffffff\r\n"+body, "\r\n"+body, "zz\r\n"+body, size+"0\r\n"+body+"\r\n"+end, body,
	)
}

// corrupt damages the bytes of a request anywhere but in its version.
func (g *generator) corrupt(values map[string]string) malformed {
	m := malformed{kind: "scribble", raw: g.call()}
	if m.body != "" {
		m.body = g.breakBody(m.body)
	}
	m.raw = m.fill(values)
	const version = " HTTP/1.1\r\n"
	head, tail, _ := bytes.Cut(m.bytes(), []byte(version))
	line, rest := string(head), string(tail)
	for range 1 + g.IntN(4) {
		if g.chance(30) {
			line = g.edit(line)
		} else {
			rest = g.edit(rest)
		}
	}
	m.wire = []byte(line + version + rest)
	if g.chance(10) { // the client is gone in the middle
		m.wire = m.wire[:g.IntN(len(m.wire))]
	}
	return m
}

func (g *generator) edit(s string) string {
	if s == "" {
		return s
	}
	at := g.IntN(len(s))
	switch to := min(at+1+g.IntN(8), len(s)); g.IntN(5) {
	case 0:
		return s[:at] + string([]byte{s[at] ^ 1<<g.IntN(8)}) + s[at+1:]
	case 1:
		return s[:at] + s[to:]
	case 2:
		return s[:to] + s[at:]
	case 3:
		return s[:at] + string([]byte{byte(g.IntN(256))}) + s[at:]
	}
	return s[:at] + pick(g, "\r\n", "\n", "\r", "\x00", " ", "\t", ":", "\xff", "%", "\r\n\r\n", "\u2028", "\x1b[31m") + s[at:]
}
