package main

import (
	"html/template"
	"net/http"
	"regexp"
	"strconv"

	"roster/localdev/awstest"
)

// mailbox is GET /_mail: the mails that the local SES took since the start,
// the newest first. With an SMTP server it is empty, and says why.
func mailbox(mails func() []awstest.Mail, smtpServer string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var list []entry
		for i, m := range mails() {
			list = append([]entry{{Number: i + 1, Mail: m, Body: linked(m.Text)}}, list...)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'")
		w.Header().Set("Referrer-Policy", "no-referrer")
		_ = mailboxPage.Execute(w, struct {
			Mails      []entry
			SMTPServer string
		}{list, smtpServer})
	})
}

type entry struct {
	Number int
	awstest.Mail
	Body template.HTML
}

var web = regexp.MustCompile(`https?://[^\s<>"]+`)

// linked escapes a text and makes its addresses clickable.
func linked(text string) template.HTML {
	return template.HTML(web.ReplaceAllStringFunc(template.HTMLEscapeString(text), func(u string) string {
		return `<a href="` + u + `">` + u + `</a>`
	}))
}

// mailHTML is GET /_mail/{number}: the HTML of one mail, as a mail program
// would show it, without scripts.
func mailHTML(mails func() []awstest.Mail) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("number"))
		list := mails()
		if err != nil || n < 1 || n > len(list) {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation")
		w.Header().Set("Referrer-Policy", "no-referrer")
		_, _ = w.Write([]byte(list[n-1].HTML))
	})
}

var mailboxPage = template.Must(template.New("mailbox").Parse(`<!doctype html>
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
{{else}}<p>What SES was asked to send since localdev started, the newest first; reload to see more. Nothing leaves this machine.</p>
{{end}}{{range .Mails}}<article>
<h2>{{.Subject}}</h2>
<dl><dt>From</dt><dd>{{.From}}</dd><dt>To</dt><dd>{{.To}}</dd></dl>
<pre>{{.Body}}</pre>
<details><summary>As HTML</summary><iframe src="/_mail/{{.Number}}" title="{{.Subject}}"></iframe></details>
</article>
{{else}}<p>No mail yet.</p>
{{end}}
</body>
</html>
`))
