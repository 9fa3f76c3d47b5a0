package mail

import (
	"strings"
	"unicode/utf8"
)

// textWidth is the length of a line in the plain text, for programs that do not
// wrap lines (RFC 3676 suggests 66 to 78).
const textWidth = 72

func (c content) text() string {
	var b strings.Builder
	paragraph := func(s string) { b.WriteString(wrap(s) + "\n\n") }
	paragraph("Hello " + c.name + ",")
	for _, p := range c.beforeLink {
		paragraph(p)
	}
	if c.link != "" {
		b.WriteString(c.link + "\n\n") // on one line: a broken link does not work
	}
	for _, p := range c.afterLink {
		paragraph(p)
	}
	b.WriteString(signature + "\n")
	return b.String()
}

const signature = "This mail was sent automatically; answers to it are not read."

func wrap(s string) string {
	var b strings.Builder
	column := 0
	for word := range strings.FieldsSeq(s) {
		width := utf8.RuneCountInString(word)
		switch {
		case column == 0:
		case column+1+width > textWidth:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += width
	}
	return b.String()
}
