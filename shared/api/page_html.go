package api

import (
	"crypto/sha256"
	"encoding/base64"
)

const pageStyle = `:root{color-scheme:light dark;--paper:#f2f5f6;--card:#fff;--ink:#15212a;--soft:#51606b;--line:#d6dde1;--edge:#73818b;` +
	`--brand:#0b5f78;--on-brand:#fff;--link:#0b5f78;--bad:#ab231b;--bad-tint:#fcebea}` +
	`@media(prefers-color-scheme:dark){:root{--paper:#0f1519;--card:#172026;--ink:#e8eef1;--soft:#a5b3bc;--line:#2d3942;--edge:#788892;` +
	`--brand:#6ecbe6;--on-brand:#04222c;--link:#83d4ec;--bad:#ff9f97;--bad-tint:#361a19}}` +
	`*{box-sizing:border-box}body{margin:0;min-height:100vh;padding:1.5rem 1rem;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);overflow-wrap:break-word}` +
	`main{max-width:27rem;margin:clamp(0rem,8vh,6rem) auto 0;padding:2rem;background:var(--card);border:1px solid var(--line);border-top:4px solid var(--brand);border-radius:.375rem .375rem .625rem .625rem}` +
	`.brand{margin:0 0 1.5rem;font-weight:650}h1{margin:0 0 1.5rem;font-size:1.75rem;line-height:1.2}a{color:var(--link)}` +
	`form>*+.field,form>button{margin-top:1.5rem}label{display:block;font-weight:600}` +
	`.hint,.error{margin:.25rem 0 0;font-size:.875rem;color:var(--soft)}.error{color:var(--bad);font-weight:600}.wrong{padding-left:1rem;border-left:4px solid var(--bad)}` +
	`input{width:100%;min-height:2.75rem;margin-top:.5rem;padding:.4rem .75rem;font:inherit;color:inherit;background:var(--card);border:1px solid var(--edge);border-radius:.375rem}` +
	`.wrong input{border:2px solid var(--bad)}.inset{position:relative}.inset input{padding-right:5.5rem}` +
	`button,.button{display:inline-flex;align-items:center;justify-content:center;width:100%;min-height:2.75rem;padding:.4rem 1.1rem;font:inherit;font-weight:600;text-decoration:none;` +
	`color:var(--on-brand);background:var(--brand);border:1px solid transparent;border-radius:.375rem;cursor:pointer}` +
	`.inset button{position:absolute;right:.3rem;bottom:.3rem;width:auto;min-height:2.15rem;padding:0 .75rem;font-size:.875rem;color:var(--ink);background:var(--card)}` +
	`.message{margin:0 0 1.5rem;padding:.75rem 1rem;border-left:4px solid;border-radius:.375rem;color:var(--bad);background:var(--bad-tint)}.message a{color:inherit;font-weight:600}` +
	`.unseen{position:absolute;width:1px;height:1px;min-height:0;margin:0;padding:0;border:0;overflow:hidden;clip-path:inset(50%)}` +
	`.after{margin:1.5rem 0 0;padding-top:1rem;border-top:1px solid var(--line);font-size:.875rem;color:var(--soft)}` +
	`:focus-visible{outline:3px solid var(--link);outline-offset:2px}[hidden]{display:none}` +
	`@media(max-width:30rem){body{padding:0;background:var(--card)}main{margin:0;padding:1.5rem 1rem;border-width:4px 0 0;border-radius:0}h1{font-size:1.5rem}}`

// pageScript shows and hides the passwords of a form. Everything works without it. Before the
// form is sent the password is hidden again, or browsers would keep it as text.
const pageScript = `for(const b of document.querySelectorAll("[data-shows]")){const all=b.dataset.shows.split(",").map(id=>document.getElementById(id));` +
	`const turn=s=>{for(const i of all)i.type=s?"text":"password";b.setAttribute("aria-pressed",s);b.textContent=s?"Hide":"Show"};` +
	`b.hidden=false;b.addEventListener("click",()=>turn(all[0].type==="password"));b.form.addEventListener("submit",()=>turn(false))}`

// pagePolicy is the pages' Content-Security-Policy. It allows their own style and
// script, by hash, and forms that are sent to this origin; nothing else.
var pagePolicy = "default-src 'none'; style-src " + hashSource(pageStyle) + "; script-src " + hashSource(pageScript) +
	"; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

func hashSource(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

const (
	pageHead = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>` + pageStyle + `</style>
</head>
<body>
<main>
{brand}<h1>{heading}</h1>
`
	pageFoot = `</main>
<script>` + pageScript + `</script>
</body>
</html>
`
)
