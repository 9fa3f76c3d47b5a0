package api

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"roster/shared/fault"
	"roster/shared/web"
)

// Brand is what the pages say of the product that they belong to.
type Brand struct {
	Name      string // APP_NAME; may be empty
	ReturnURL string // RETURN_URL; may be empty
}

// page is a page with one form or one message. Its texts are our own HTML: what
// comes from elsewhere is escaped before it gets here.
type page struct {
	title string
	body  string
	error bool // what was asked for was not done
}

// write sends a page and returns its status. It does not use html/template, which
// would turn off the linker's removal of unused methods.
func (b Brand) write(w http.ResponseWriter, status int, p page) int {
	title, brand := p.title, ""
	if p.error {
		title = "Error: " + title // a screen reader says the title first
	}
	if name := html.EscapeString(b.Name); name != "" {
		title += " – " + name
		brand = `<p class="brand">` + name + "</p>\n"
	}
	w.Header().Set("Content-Security-Policy", pagePolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	fill := strings.NewReplacer("{title}", title, "{brand}", brand, "{heading}", p.title)
	_, _ = w.Write([]byte(fill.Replace(pageHead) + p.body + pageFoot)) // #nosec G705 -- all of it is escaped, or our own text
	return status
}

// wayBack returns the link to the product's own app, or "" if there is none.
func (b Brand) wayBack() string {
	if b.ReturnURL == "" {
		return ""
	}
	name := b.Name
	if u, err := url.Parse(b.ReturnURL); name == "" && err == nil {
		name = u.Host
	}
	return `<p><a class="button" href="` + html.EscapeString(b.ReturnURL) + `">Back to ` + html.EscapeString(name) + "</a></p>\n"
}

// banner returns a message at the top of a page. With the name of a field it is a
// link to that field.
func banner(message, field string) string {
	message = html.EscapeString(message)
	if field != "" {
		message = `<a href="#` + field + `">` + message + `</a>`
	}
	return `<p class="message" id="message" role="alert">` + message + "</p>\n"
}

// readForm reads the body of a form.
func readForm(r *http.Request) (url.Values, error) {
	body, err := web.ReadBody(r, "application/x-www-form-urlencoded")
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || !isJSONText(form) {
		return nil, web.Malformed("The form could not be read.")
	}
	return form, nil
}

// isJSONText reports whether JSON can represent the values, too. Otherwise a page
// could set a password that no client can send to POST /api/user/login.
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

// pageStatus sets the headers of an error and returns its status, and the refusal
// to show. Without an error the status is 200.
func pageStatus(w http.ResponseWriter, err error) (int, *fault.Error) {
	if err == nil {
		return http.StatusOK, nil
	}
	return web.SetErrorHeaders(w.Header(), err), web.Refusal(err)
}
