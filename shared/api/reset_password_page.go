package api

import (
	"context"
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
// link opens, for services without such a page. It has no script. GET shows a
// form and does not use the token, because mail scanners open links. POST does
// the same as POST /api/user/reset_password.
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

// WaitForSecretsPage is web.WaitForSecrets with a page as the answer.
func WaitForSecretsPage(ready func(context.Context) (http.Handler, error)) http.Handler {
	return web.WaitForSecretsOr(ready, func(w http.ResponseWriter, _ *http.Request, err error) int {
		w.Header().Set("Content-Security-Policy", pagePolicy)
		return resetPage{}.write(w, err)
	})
}

var errPasswordsDiffer = &fault.Error{
	Code: fault.Invalid, Message: "The two passwords are not the same.", Fields: fault.Fields{"repeat_password": "is not the same"},
}

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

// isJSONText reports whether JSON can represent the values, too. Otherwise this
// page could set a password that no client can send to POST /api/user/login.
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

// resetPage holds what the page shows.
type resetPage struct {
	token     string
	done      bool
	minLength int // of a password, in characters
}

// write sends the page and returns its status. It does not use html/template,
// which would turn off the linker's removal of unused methods. The page has only
// a few placeholders, and each value is escaped.
func (p resetPage) write(w http.ResponseWriter, err error) int {
	status, message := http.StatusOK, ""
	if err != nil {
		status, message = web.SetErrorHeaders(w.Header(), err), messageFor(web.Refusal(err))
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
	if message != "" {
		title = "Error: " + title // a screen reader says the title first
		message = `<p class="message" id="message" role="alert">` + html.EscapeString(message) + `</p>`
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	fill := strings.NewReplacer("{title}", title, "{heading}", heading, "{message}", message,
		"{minLength}", strconv.Itoa(p.minLength), "{token}", html.EscapeString(p.token))
	_, _ = w.Write([]byte(fill.Replace(pageHead + body + pageFoot))) // #nosec G705 -- message and token are escaped above, the rest is our own text
	return status
}

// brokenLink reports whether the link itself does not work. Otherwise the error
// is about the form or the service.
func (p resetPage) brokenLink(err error) bool {
	if err == nil {
		return p.token == ""
	}
	return web.Refusal(err).Fields["token"] != ""
}

// messageFor returns a sentence for the person who reads the page.
func messageFor(e *fault.Error) string {
	if reason, bad := e.Fields["new_password"]; bad {
		return "The new password " + reason + "."
	}
	return e.Message
}
