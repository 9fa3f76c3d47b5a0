package mailbox

import (
	"crypto/sha256"
	"encoding/base64"
	"html/template"
)

const style = `:root{color-scheme:light dark;--paper:#f2f5f6;--card:#fff;--ink:#15212a;--soft:#51606b;--line:#d6dde1;--brand:#0b5f78;--on-brand:#fff;--link:#0b5f78;--tint:#e2eff3}
@media(prefers-color-scheme:dark){:root{--paper:#0f1519;--card:#172026;--ink:#e8eef1;--soft:#a5b3bc;--line:#2d3942;--brand:#6ecbe6;--on-brand:#04222c;--link:#83d4ec;--tint:#15323d}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);overflow-wrap:anywhere;display:grid;grid-template:auto 1fr/22rem minmax(0,1fr)}
header{grid-column:1/-1;padding:.75rem 1rem;background:var(--card);border-bottom:1px solid var(--line)}header a{color:inherit;font-weight:650;text-decoration:none}
header p,h1,h2,dl,dd,pre{margin:0}header p,dt,time,.soft{color:var(--soft);font-size:.875rem}a{color:var(--link)}
nav{background:var(--card);border-right:1px solid var(--line)}ol{margin:0;padding:0;list-style:none}li+li{border-top:1px solid var(--line)}
nav a{display:block;padding:.75rem 1rem;color:inherit;text-decoration:none;font-size:.875rem;border-left:3px solid transparent}nav a:hover{background:var(--paper)}nav b{display:block;font-size:1rem;font-weight:600}
nav [aria-current]{border-color:var(--link);background:var(--tint)}nav time{display:block}
main{padding:1.5rem;min-width:0}main>*+*{margin-top:1rem}h1{font-size:1.5rem;line-height:1.2}h2{font-size:1rem}
dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:.25rem 1rem}
.button{display:inline-block;padding:.5rem 1.1rem;font-weight:600;text-decoration:none;color:var(--on-brand);background:var(--brand);border-radius:.375rem}
.both{display:grid;gap:1rem}.both section{min-width:0}.both h2{margin-bottom:.5rem}
iframe,pre{display:block;width:100%;border:1px solid var(--line);border-radius:.625rem}iframe{height:46rem;background:#fff}pre{padding:1rem;background:var(--card);font:.875rem/1.5 ui-monospace,Menlo,Consolas,monospace;white-space:pre-wrap}
.back{display:none}:focus-visible{outline:3px solid var(--link);outline-offset:2px}nav a:focus-visible{outline-offset:-3px}
@media(min-width:80rem){.both{grid-template-columns:1fr 1fr}}
@media(max-width:48rem){body{display:block}nav{border:0}main{padding:1rem}.open nav{display:none}.back{display:inline-block}}`

// pagePolicy allows the page's own style, by its hash, and the mails in frames.
var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; frame-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
}()

var page = template.Must(template.New("mailbox").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{with .Open}}{{.Subject}} – {{end}}Mailbox</title>
<style>` + style + `</style>
</head>
<body{{if .Open}} class="open"{{end}}>
<header><a href="{{.Path}}">Mailbox</a>
{{with .SMTPServer}}<p>MAIL_SERVER is set: mail goes to {{.}} and not here.</p>
{{else}}<p>The last {{.Max}} mails, newest first. Reload the page to see new ones. No mail leaves this machine.</p>
{{end}}</header>
<nav aria-label="Mails, newest first">
{{if .Mails}}<ol>
{{range .Mails}}<li><a href="{{$.Path}}/{{.Number}}"{{if $.Open}}{{if eq .Number $.Open.Number}} aria-current="page"{{end}}{{end}}><b>{{.Subject}}</b> {{.To}} <time datetime="{{.Stamp}}">{{.Time}}</time></a></li>
{{end}}</ol>
{{end}}</nav>
<main>
{{with .Open}}<a class="back" href="{{$.Path}}">All mails</a>
<h1>{{.Subject}}</h1>
<dl><dt>From</dt><dd>{{.From}}</dd><dt>To</dt><dd>{{.To}}</dd><dt>Date</dt><dd><time datetime="{{.Stamp}}">{{.Time}}</time></dd></dl>
{{with .Link}}<p><a class="button" href="{{.}}">Open the mail's link</a></p>
{{end}}<div class="both">
<section><h2>HTML</h2><iframe src="{{$.Path}}/{{.Number}}/html" title="The mail as HTML"></iframe></section>
<section><h2>Text</h2><pre>{{.Linked}}</pre></section>
</div>
{{else}}<h1>Mailbox</h1>
<p class="soft">{{if .Mails}}Choose a mail to read it.{{else}}No mail yet. POST /api/user/forget_password sends one.{{end}}</p>
{{end}}</main>
</body>
</html>
`))
