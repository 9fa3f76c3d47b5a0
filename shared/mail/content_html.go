package mail

import (
	"html"
	"strings"
)

func (c content) html() string {
	var b strings.Builder
	b.WriteString(htmlTop(c.subject))
	paragraph := func(s string) {
		b.WriteString(`<p style="margin:0 0 16px 0">` + html.EscapeString(s) + "</p>\n")
	}
	paragraph("Hello " + c.name + ",")
	for _, p := range c.beforeLink {
		paragraph(p)
	}
	if c.link != "" {
		b.WriteString(htmlLink(c.action, c.link))
	}
	for _, p := range c.afterLink {
		paragraph(p)
	}
	b.WriteString(`<p style="margin:24px 0 0 0;font-size:14px;color:#57606a">` + signature + "</p>\n")
	b.WriteString("</td></tr>\n</table>\n</body>\n</html>\n")
	return b.String()
}

// htmlTop begins the page, with a table that keeps the text at a readable width
// even in programs that know little CSS. The page loads nothing.
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

// htmlLink returns a button and, below it, the address as text, for programs that
// do not open links. The table cell has the colour, because Outlook ignores the
// padding of a link.
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
