package mail

import (
	"html"
	"strings"
	"time"
	"unicode/utf8"
)

// textWidth is the column at which plain text is broken, so that programs that
// do not wrap lines show it whole (RFC 3676 suggests 66 to 78).
const textWidth = 72

// letter is what a mail says, once; text and HTML are two ways to write it down,
// so they cannot tell different things.
type content struct {
	subject    string
	name       string   // who is greeted
	beforeLink []string // paragraphs in front of the link
	action     string   // the words on the button
	link       string   // may be empty
	afterLink  []string // paragraphs behind the link
}

func (l content) message(to string) Message {
	l.name, l.link = oneLine(l.name), oneLine(l.link)
	return Message{To: to, Subject: l.subject, Text: l.text(), HTML: l.html()}
}

func (l content) text() string {
	var b strings.Builder
	paragraph := func(s string) { b.WriteString(wrap(s) + "\n\n") }
	paragraph("Hello " + l.name + ",")
	for _, p := range l.beforeLink {
		paragraph(p)
	}
	if l.link != "" {
		b.WriteString(l.link + "\n\n") // never broken: half an address opens nothing
	}
	for _, p := range l.afterLink {
		paragraph(p)
	}
	b.WriteString(signature + "\n")
	return b.String()
}

const signature = "This mail was sent automatically; answers to it are not read."

// longestHost keeps a subject within bounds, in bytes.
const maxHost = 100

// at says where the account is, by the host of the link: the name that people
// know. The name of the program would tell them nothing.
func atHost(link string) string {
	_, rest, _ := strings.Cut(oneLine(link), "://")
	host, _, _ := strings.Cut(rest, "/")
	if host == "" || len(host) > maxHost {
		return ""
	}
	return " at " + host
}

func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if breaksLine(r) {
			return ' '
		}
		return r
	}, s)
}

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

func (l content) html() string {
	var b strings.Builder
	b.WriteString(htmlTop(l.subject))
	paragraph := func(s string) {
		b.WriteString(`<p style="margin:0 0 16px 0">` + html.EscapeString(s) + "</p>\n")
	}
	paragraph("Hello " + l.name + ",")
	for _, p := range l.beforeLink {
		paragraph(p)
	}
	if l.link != "" {
		b.WriteString(htmlLink(l.action, l.link))
	}
	for _, p := range l.afterLink {
		paragraph(p)
	}
	b.WriteString(`<p style="margin:24px 0 0 0;font-size:14px;color:#57606a">` + signature + "</p>\n")
	b.WriteString("</td></tr>\n</table>\n</body>\n</html>\n")
	return b.String()
}

// htmlTop opens the one table that holds the text at a readable width, also in
// programs that know little CSS. Nothing is loaded from anywhere.
func htmlTop(title string) string {
	return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>` + html.EscapeString(title) + `</title>
</head>
<body style="margin:0;padding:0;background-color:#ffffff">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:600px">
<tr><td style="padding:24px;font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:24px;color:#1f2328">
`
}

// htmlLink is a button and, below it, the address in clear for a program that
// opens no links. The colour sits on the table cell because Outlook ignores
// padding on a link.
func htmlLink(action, link string) string {
	href := html.EscapeString(link)
	return `<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 16px 0">
<tr><td bgcolor="#0b4f8a" style="padding:12px 20px;border-radius:6px"><a href="` + href +
		`" style="color:#ffffff;font-weight:bold;text-decoration:none">` + html.EscapeString(action) + `</a></td></tr>
</table>
<p style="margin:0 0 16px 0">Or open this address:<br><a href="` + href +
		`" style="color:#0b4f8a;word-break:break-all">` + href + `</a></p>
`
}

// span writes a lifetime as a person says it: "30 minutes", "1 hour", "7 days".
// It rounds down to whole minutes, so that no mail promises more than there is.
func lifetimeText(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day && d%day == 0:
		return plural(int64(d/day), "day")
	case d >= time.Hour && d%time.Hour == 0:
		return plural(int64(d/time.Hour), "hour")
	case d >= time.Minute:
		return plural(int64(d/time.Minute), "minute")
	default:
		return "less than a minute"
	}
}
