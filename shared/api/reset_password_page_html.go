package api

import (
	"crypto/sha256"
	"encoding/base64"
)

const pageStyle = `:root{color-scheme:light dark}` +
	`body{font:1.1rem/1.5 system-ui,sans-serif;max-width:27rem;margin:12vh auto;padding:0 1.2rem;color:#1c2430;background:#f6f7f9}` +
	`h1{font-size:1.5rem;line-height:1.25}label{display:block;margin-top:1.2rem;font-weight:600}` +
	`input{box-sizing:border-box;width:100%;margin-top:.35rem;font:inherit;padding:.55rem;color:inherit;background:#fff;border:1px solid #6b7686;border-radius:.3rem}` +
	`button{margin-top:1.6rem;font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.3rem;color:#fff;background:#1f4fd8}` +
	`:focus-visible{outline:3px solid #1f4fd8;outline-offset:2px}.hint{margin:.3rem 0 0;font-size:.95rem;color:#4a5565}` +
	`.message{border-left:.3rem solid #9b1c1c;padding-left:.8rem;color:#9b1c1c}` +
	`@media(prefers-color-scheme:dark){body{color:#e8ebf0;background:#171b21}input{background:#0f1216}` +
	`:focus-visible{outline-color:#8fb0ff}.hint{color:#aab4c2}.message{color:#ff9c9c;border-color:#ff9c9c}}`

// pagePolicy is the page's Content-Security-Policy. It allows the page's own
// style, by its hash, and a form that is sent to this origin; nothing else.
var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
}()

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
<h1>{heading}</h1>
`
	formTitle       = "Choose a new password"
	doneTitle       = "Your password has been changed"
	brokenLinkTitle = "This link does not work"

	formHTML = `{message}
<form method="post" action="/reset_password">
<input type="hidden" name="token" value="{token}">
<label for="new_password">New password</label>
<input id="new_password" name="new_password" type="password" autocomplete="new-password" minlength="{minLength}" required autofocus aria-describedby="message hint">
<p class="hint" id="hint">At least {minLength} characters. A few words in a row are easy to remember.</p>
<label for="repeat_password">New password, once more</label>
<input id="repeat_password" name="repeat_password" type="password" autocomplete="new-password" required>
<button>Change the password</button>
</form>
`
	doneHTML = `<p>You can log in with it now. Wherever you were logged in before, you have been logged out.</p>
`
	messageHTML = `{message}
`
	brokenLinkHTML = `<p>It may have been used already, it may be more than 30 minutes old, or a part of it may be missing. Please ask for a new one.</p>
`
	pageFoot = `</main>
</body>
</html>
`
)
