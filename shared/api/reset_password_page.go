package api

import (
	"context"
	"html"
	"net/http"
	"strconv"
	"strings"

	"roster/shared/fault"
	"roster/shared/user"
	"roster/shared/web"
)

// changePasswordPath is where password managers look for the page that changes a
// password (W3C, A Well-Known URL for Changing Passwords).
const changePasswordPath = "/.well-known/change-password" // #nosec G101 -- a path

// ResetPasswordPage is GET and POST /reset_password: the page that the mailed
// link opens, for services without such a page. GET checks the token and does not
// use it, because mail scanners open links. POST does the same as POST
// /api/user/reset_password. It is GET /.well-known/change-password, too, which
// leads to the page that asks for a link.
func ResetPasswordPage(db user.ResetStore, p user.ResetPasswordParts, b Brand) http.Handler {
	return web.Respond(func(w http.ResponseWriter, r *http.Request) (int, error) {
		if r.URL.Path == changePasswordPath {
			w.Header().Set("Location", ".."+forgotPasswordPath) // relative, because the API may be at a path of its domain
			w.WriteHeader(http.StatusFound)
			return http.StatusFound, nil
		}
		answer := openReset
		if r.Method == http.MethodPost {
			answer = submitReset
		}
		page, err := web.CatchPanic(r, func(r *http.Request) (resetPage, error) { return answer(r, db, p) })
		page.minLength = p.Passwords.Policy.MinimumLength()
		if r.Method != http.MethodPost && isDeadLink(err) {
			page.token, err = "", nil // the page was found, and says so
		}
		return page.write(w, b, err), err
	})
}

// WaitForSecretsPage is web.WaitForSecrets with a page as the answer.
func WaitForSecretsPage(ready func(context.Context) (http.Handler, error)) http.Handler {
	return web.WaitForSecretsOr(ready, func(w http.ResponseWriter, _ *http.Request, err error) int {
		return resetPage{}.write(w, Brand{}, err)
	})
}

var errPasswordsDiffer = &fault.Error{
	Code: fault.Invalid, Message: "The two passwords are not the same.", Fields: fault.Fields{"repeat_password": "is not the same"},
}

// openReset checks the token of a link.
func openReset(r *http.Request, db user.ResetStore, p user.ResetPasswordParts) (resetPage, error) {
	page := resetPage{token: r.URL.Query().Get("token")}
	if page.token == "" {
		return page, nil
	}
	live, err := user.OpenReset(r.Context(), web.Anonymous(r), db, p, page.token)
	page.username = live.Username
	return page, err
}

// submitReset sets the password.
func submitReset(r *http.Request, db user.ResetStore, p user.ResetPasswordParts) (resetPage, error) {
	form, err := readForm(r)
	if err != nil {
		return resetPage{}, err
	}
	req, page := web.Anonymous(r), resetPage{token: form.Get("token")}
	live, err := user.OpenReset(r.Context(), req, db, p, page.token)
	if err != nil {
		return page, err
	}
	page.username = live.Username
	if form.Get("new_password") != form.Get("repeat_password") {
		return page, errPasswordsDiffer
	}
	err = live.SetPassword(r.Context(), req, db, p, form.Get("new_password"))
	page.done = err == nil
	return page, err
}

// resetPage holds what the page shows.
type resetPage struct {
	token     string
	username  string // only with a token that works
	done      bool
	minLength int // of a password, in characters
}

// write sends the page and returns its status.
func (p resetPage) write(w http.ResponseWriter, b Brand, err error) int {
	status, refusal := pageStatus(w, err)
	switch {
	case p.done:
		return b.write(w, status, page{title: doneTitle, body: doneHTML + b.wayBack()})
	case isDeadLink(err) || err == nil && p.token == "":
		return b.write(w, status, page{title: brokenLinkTitle, body: brokenLinkHTML + askForm("Send me a new link", ""), error: err != nil})
	case p.token == "":
		return b.write(w, status, page{title: formTitle, body: banner(refusal.Message, ""), error: true})
	}
	return b.write(w, status, page{title: formTitle, body: p.form(refusal), error: err != nil})
}

// isDeadLink reports whether the link itself does not work. Other errors are about
// the form or the service.
func isDeadLink(err error) bool { return err != nil && web.Refusal(err).Fields["token"] != "" }

// form returns the form. What is wrong stands beside its field, which has the
// focus.
func (p resetPage) form(refusal *fault.Error) string {
	top, first, second := "", fieldState{}, fieldState{}
	if refusal != nil {
		switch {
		case refusal.Fields["new_password"] != "":
			first.set("problem", "The new password "+refusal.Fields["new_password"]+".")
			top = banner("The password was not changed.", "new_password")
		case refusal.Fields["repeat_password"] != "":
			second.set("repeat_problem", refusal.Message)
			top = banner("The password was not changed.", "repeat_password")
		default:
			top = banner(refusal.Message, "")
		}
	}
	if second.wrong == "" {
		first.invalid += " autofocus"
	}
	account := ""
	if p.username != "" {
		account = strings.ReplaceAll(accountHTML, "{username}", html.EscapeString(p.username))
	}
	fill := strings.NewReplacer("{account}", account, "{minLength}", strconv.Itoa(p.minLength), "{token}", html.EscapeString(p.token),
		"{wrong}", first.wrong, "{problem}", first.problem, "{described}", first.described, "{invalid}", first.invalid,
		"{repeatWrong}", second.wrong, "{repeatProblem}", second.problem, "{repeatInvalid}", second.invalid)
	return top + fill.Replace(formHTML)
}

// fieldState holds what the HTML of a field says of a mistake in it.
type fieldState struct{ wrong, problem, described, invalid string }

func (s *fieldState) set(id, reason string) {
	s.wrong, s.described = " wrong", id+" "
	s.problem = strings.NewReplacer("{id}", id, "{reason}", html.EscapeString(reason)).Replace(problemHTML)
	s.invalid = ` aria-invalid="true"`
	if id == "repeat_problem" {
		s.invalid += ` aria-describedby="repeat_problem" autofocus`
	}
}
