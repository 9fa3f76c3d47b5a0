package mail

import "strings"

// content is the content of a mail. Both the plain text and the HTML are made from
// it, so they say the same.
type content struct {
	subject    string
	name       string   // in the greeting
	beforeLink []string // the paragraphs before the link
	action     string   // the label of the button
	link       string   // may be empty
	afterLink  []string // the paragraphs after the link
}

func (c content) message(to string) Message {
	c.name, c.link = oneLine(c.name), oneLine(c.link)
	return Message{To: to, Subject: c.subject, Text: c.text(), HTML: c.html()}
}

// maxHost is in bytes. It keeps the subject short.
const maxHost = 100

// atService says which service the account belongs to: the product, or without
// its name the host of the link, which people know, too. The name of this program
// would tell them nothing.
func atService(app, link string) string {
	if app = strings.TrimSpace(oneLine(app)); app != "" {
		return " at " + app
	}
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
