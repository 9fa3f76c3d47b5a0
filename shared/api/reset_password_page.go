package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"roster/shared/fault"
	"roster/shared/user"
	"roster/shared/web"
)

// ResetPasswordPage is GET and POST /reset_password: the page that the mailed
// link opens, for services that have none of their own. It has no script. GET
// shows a form and consumes nothing, because mail scanners open links; POST
// does what POST /api/user/reset_password does.
func ResetPasswordPage(db user.ResetStore, p user.ResetPasswordParts) http.Handler {
	return web.Respond(func(w http.ResponseWriter, r *http.Request) (int, error) {
		w.Header().Set("Content-Security-Policy", pagePolicy)
		page, err := resetPage{token: r.URL.Query().Get("token")}, error(nil)
		if r.Method == http.MethodPost {
			page, err = web.CatchPanic(r, func(r *http.Request) (resetPage, error) { return submitReset(r, db, p) })
		}
		page.minLength = p.Passwords.Policy.MinimumLength()
		return page.write(w, err), err
	})
}

// WaitForSecretsPage is web.WaitForSecrets for the page that a mailed link opens.
func WaitForSecretsPage(ready func(context.Context) (http.Handler, error)) http.Handler {
	return web.WaitForSecretsOr(ready, func(w http.ResponseWriter, _ *http.Request, err error) int {
		w.Header().Set("Content-Security-Policy", pagePolicy)
		return resetPage{}.write(w, err)
	})
}

var errPasswordsDiffer = &fault.Error{Code: fault.Invalid, Message: "The two passwords are not the same.", Fields: fault.Fields{"repeat_password": "is not the same"}}

func submitReset(r *http.Request, db user.ResetStore, p user.ResetPasswordParts) (resetPage, error) {
	body, err := web.ReadBody(r, "application/x-www-form-urlencoded")
	if err != nil {
		return resetPage{}, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || !isJSONText(form) {
		return resetPage{}, web.Malformed("The form could not be read.")
	}
	page := resetPage{token: form.Get("token")}
	if form.Get("new_password") != form.Get("repeat_password") {
		return page, errPasswordsDiffer
	}
	in := user.PasswordReset{Token: page.token, NewPassword: form.Get("new_password")}
	err = user.ResetPassword(r.Context(), web.Anonymous(r), db, p, in)
	page.done = err == nil
	return page, err
}

// isText reports whether JSON could carry the values, too. A password that JSON
// cannot carry could be set here and never be given at a login.
func isJSONText(form url.Values) bool {
	for _, values := range form {
		for _, v := range values {
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				return false
			}
		}
	}
	return true
}

// resetPage is what the page shows.
type resetPage struct {
	token     string
	done      bool
	minLength int // of a password, in characters
}

// write sends the page and returns its status. html/template would turn off
// the linker's pruning of methods for a few places to fill; each is escaped.
func (p resetPage) write(w http.ResponseWriter, err error) int {
	status, problem := http.StatusOK, ""
	if err != nil {
		status, problem = web.SetErrorHeaders(w.Header(), err), messageFor(web.Refusal(err))
	}
	title, body := formTitle, formHTML
	switch {
	case p.done:
		title, body = doneTitle, doneHTML
	case p.brokenLink(err):
		title, body = brokenLinkTitle, brokenLinkHTML
	case p.token == "":
		body = messageHTML
	}
	heading := title
	if problem != "" {
		title = "Error: " + title // the first that a screen reader says of a page
		problem = `<p class="problem" id="problem" role="alert">` + html.EscapeString(problem) + `</p>`
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	fill := strings.NewReplacer("{title}", title, "{heading}", heading, "{problem}", problem,
		"{least}", strconv.Itoa(p.minLength), "{token}", html.EscapeString(p.token))
	_, _ = w.Write([]byte(fill.Replace(pageHead + body + pageFoot)))
	return status
}

// dead reports whether it is the link that does not work, and not the rest of
// the form or the service.
func (p resetPage) brokenLink(err error) bool {
	if err == nil {
		return p.token == ""
	}
	return web.Refusal(err).Fields["token"] != ""
}

// sentence is a refusal in words for a person.
func messageFor(e *fault.Error) string {
	if problem, bad := e.Fields["new_password"]; bad {
		return "The new password " + problem + "."
	}
	return e.Message
}

const pageStyle = `:root{color-scheme:light dark}` +
	`body{font:1.1rem/1.5 system-ui,sans-serif;max-width:27rem;margin:12vh auto;padding:0 1.2rem;color:#1c2430;background:#f6f7f9}` +
	`h1{font-size:1.5rem;line-height:1.25}label{display:block;margin-top:1.2rem;font-weight:600}` +
	`input{box-sizing:border-box;width:100%;margin-top:.35rem;font:inherit;padding:.55rem;color:inherit;background:#fff;border:1px solid #6b7686;border-radius:.3rem}` +
	`button{margin-top:1.6rem;font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.3rem;color:#fff;background:#1f4fd8}` +
	`:focus-visible{outline:3px solid #1f4fd8;outline-offset:2px}.hint{margin:.3rem 0 0;font-size:.95rem;color:#4a5565}` +
	`.problem{border-left:.3rem solid #9b1c1c;padding-left:.8rem;color:#9b1c1c}` +
	`@media(prefers-color-scheme:dark){body{color:#e8ebf0;background:#171b21}input{background:#0f1216}` +
	`:focus-visible{outline-color:#8fb0ff}.hint{color:#aab4c2}.problem{color:#ff9c9c;border-color:#ff9c9c}}`

// pagePolicy lets the page's own style in, by its hash, and its form out to
// this origin; nothing else.
var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
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

	formHTML = `{problem}
<form method="post" action="/reset_password">
<input type="hidden" name="token" value="{token}">
<label for="new_password">New password</label>
<input id="new_password" name="new_password" type="password" autocomplete="new-password" minlength="{least}" required autofocus aria-describedby="problem hint">
<p class="hint" id="hint">At least {least} characters. A few words in a row are easy to remember.</p>
<label for="repeat_password">New password, once more</label>
<input id="repeat_password" name="repeat_password" type="password" autocomplete="new-password" required>
<button>Change the password</button>
</form>
`
	doneHTML = `<p>You can log in with it now. Wherever you were logged in before, you have been logged out.</p>
`
	messageHTML = `{problem}
`
	brokenLinkHTML = `<p>It may have been used already, it may be more than 30 minutes old, or a part of it may be missing. Please ask for a new one.</p>
`
	pageFoot = `</main>
</body>
</html>
`
)
