// Package mailbox is a page with the mails that were sent with the local SES. Developers see there what users get, and can
// follow the links:
//
//	mux.Handle("/_mail", mailbox.New(aws.Mails, ""))
//
// It refuses to be a mail program: it stores nothing, and a mail's HTML runs no scripts and sends no Referer to other sites.
package mailbox

import (
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strconv"

	"roster/localdev/awstest"
)

// Path is the URL path of the list. The HTML of a mail is below it, under the mail's number.
const Path = "/_mail"

// New returns the handler of Path and of all paths below. The list has the newest mail first. With smtpServer, mail goes there: then
// the list is empty and names that server.
func New(mails func() []awstest.Mail, smtpServer string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+Path, list(mails, smtpServer))
	mux.Handle("GET "+Path+"/{number}", showHTML(mails))
	return mux
}

func list(mails func() []awstest.Mail, smtpServer string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		var entries []entry
		for i, m := range mails() {
			entries = append(entries, entry{Number: i + 1, Mail: m, Body: linked(m.Text)})
		}
		slices.Reverse(entries)
		setHeaders(w, "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'")
		_ = page.Execute(w, struct {
			Path       string
			Mails      []entry
			SMTPServer string
		}{Path, entries, smtpServer})
	})
}

func setHeaders(w http.ResponseWriter, policy string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Referrer-Policy", "no-referrer")
}

type entry struct {
	Number int
	awstest.Mail
	Body template.HTML
}

var webAddress = regexp.MustCompile(`https?://[^\s<>"]+`)

// linked escapes a text and turns the web addresses in it into links.
func linked(text string) template.HTML {
	return template.HTML(webAddress.ReplaceAllStringFunc(template.HTMLEscapeString(text), func(u string) string {
		return `<a href="` + u + `">` + u + `</a>`
	}))
}

// showHTML shows the HTML of a mail as a mail program would, without scripts.
func showHTML(mails func() []awstest.Mail) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("number"))
		all := mails()
		if err != nil || n < 1 || n > len(all) {
			http.NotFound(w, r)
			return
		}
		setHeaders(w, "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation")
		_, _ = w.Write([]byte(all[n-1].HTML))
	})
}

var page = template.Must(template.New("mailbox").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mailbox</title>
<style>
body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1c2430}
article{border:1px solid #c9d0da;border-radius:.4rem;padding:1rem;margin:1rem 0}
h2{font-size:1.1rem;margin:0}dl{display:grid;grid-template-columns:4rem 1fr;margin:.5rem 0}dd{margin:0}
pre{white-space:pre-wrap;overflow-wrap:anywhere}iframe{width:100%;height:24rem;border:1px solid #c9d0da}
</style>
</head>
<body>
<h1>Mailbox</h1>
{{with .SMTPServer}}<p>MAIL_SERVER is set: mail goes to {{.}} and not here.</p>
{{else}}<p>The mails sent since localdev started, newest first. Reload the page to see new ones. No mail leaves this machine.</p>
{{end}}{{range .Mails}}<article>
<h2>{{.Subject}}</h2>
<dl><dt>From</dt><dd>{{.From}}</dd><dt>To</dt><dd>{{.To}}</dd></dl>
<pre>{{.Body}}</pre>
<details><summary>As HTML</summary><iframe src="{{$.Path}}/{{.Number}}" title="{{.Subject}}"></iframe></details>
</article>
{{else}}<p>No mail yet.</p>
{{end}}
</body>
</html>
`))
