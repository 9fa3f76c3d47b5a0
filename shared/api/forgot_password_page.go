package api

import (
	"context"
	"net/http"
	"strings"

	"roster/shared/fault"
	"roster/shared/user"
	"roster/shared/web"
)

const forgotPasswordPath = "/forgot_password"

const (
	askTitle   = "Reset your password"
	askedTitle = "Look into your mailbox"

	askHTML = `<form method="post" action="forgot_password">
<div class="field{wrong}">
<label for="account">Username or e-mail address</label>
{problem}<input id="account" name="account" autocomplete="username" required spellcheck="false" autocapitalize="none"{invalid}>
</div>
<button>{button}</button>
</form>
`
	askIntroHTML = `<p>We mail a link to the address of your account. The mail also says your username.</p>
`
	askedHTML = `<p>If there is such an account, a mail with a link is on its way to its address. The link works once, for 30 minutes.</p>
<p>No mail? Look into the spam folder, or <a href="forgot_password">try another name or address</a>.</p>
`
)

// ForgotPasswordPage is GET and POST /forgot_password: a form that asks for a
// reset link with a username or an e-mail address. POST does the same as POST
// /api/user/forget_password, and its answer is the same whatever exists.
func ForgotPasswordPage(db user.ForgetPasswordStore, p user.ForgetPasswordParts, b Brand) http.Handler {
	return web.Respond(func(w http.ResponseWriter, r *http.Request) (int, error) {
		if r.Method != http.MethodPost {
			return b.write(w, http.StatusOK, page{title: askTitle, body: askIntroHTML + askForm("Send me a link", "")}), nil
		}
		_, err := web.CatchPanic(r, func(r *http.Request) (struct{}, error) { return struct{}{}, submitForgotten(r, db, p) })
		return writeAsked(w, b, err), err
	})
}

// WithForgotPasswordPage serves the page beside POST /api/user/forget_password:
// one function has the rights for both.
func WithForgotPasswordPage(forgetPassword, page http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == forgotPasswordPath {
			page.ServeHTTP(w, r)
			return
		}
		forgetPassword.ServeHTTP(w, r)
	})
}

// WaitForSecretsForgotPassword is web.WaitForSecrets with a page as the answer
// where a page was asked for.
func WaitForSecretsForgotPassword(ready func(context.Context) (http.Handler, error)) http.Handler {
	return web.WaitForSecretsOr(ready, func(w http.ResponseWriter, r *http.Request, err error) int {
		if r.URL.Path == forgotPasswordPath {
			return writeAsked(w, Brand{}, err)
		}
		return web.WriteError(w, r, err)
	})
}

func submitForgotten(r *http.Request, db user.ForgetPasswordStore, p user.ForgetPasswordParts) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	in, ok := user.ResetRequestFor(form.Get("account"))
	if !ok {
		return fault.Fields{"account": "is required"}.Err()
	}
	_, err = user.ForgetPassword(r.Context(), web.Anonymous(r), db, p, in)
	return err
}

func writeAsked(w http.ResponseWriter, b Brand, err error) int {
	status, refusal := pageStatus(w, err)
	switch {
	case refusal == nil:
		return b.write(w, status, page{title: askedTitle, body: askedHTML + b.wayBack()})
	case refusal.Fields["account"] != "":
		return b.write(w, status, page{title: askTitle, body: askForm("Send me a link", "Type your username or your e-mail address."), error: true})
	}
	return b.write(w, status, page{title: askTitle, body: banner(refusal.Message, "") + askForm("Send me a link", ""), error: true})
}

// askForm returns the form, with what is wrong beside its field.
func askForm(button, reason string) string {
	state := fieldState{invalid: " autofocus"}
	if reason != "" {
		state.set("problem", reason)
		state.invalid += ` aria-describedby="problem" autofocus`
	}
	return strings.NewReplacer("{button}", button, "{wrong}", state.wrong, "{problem}", state.problem, "{invalid}", state.invalid).Replace(askHTML)
}
