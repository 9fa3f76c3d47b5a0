// Package mailbox is a page with the mails that were sent with the local SES.
// Developers see there what users get, and can follow the links:
//
//	box, err := mailbox.Open(filepath.Join(data, "mails.json"))
//	mux.Handle("/_mail", mailbox.New(box, ""))
//
// It refuses to be a mail program: it keeps the last mails only, and a mail's HTML
// runs no scripts and sends no Referer to other sites.
package mailbox

import (
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Path is the URL path of the list. Each mail is below it, under its number, and
// its HTML below that.
const Path = "/_mail"

// New returns the handler of Path and of all paths below. With smtpServer, mail
// goes there: then the page names that server.
func New(box *Box, smtpServer string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path, func(w http.ResponseWriter, _ *http.Request) {
		write(w, view{Mails: box.newestFirst(), SMTPServer: smtpServer})
	})
	mux.HandleFunc("GET "+Path+"/{number}", func(w http.ResponseWriter, r *http.Request) {
		all := box.newestFirst()
		if m := find(all, r); m != nil {
			write(w, view{Mails: all, SMTPServer: smtpServer, Open: m})
			return
		}
		http.NotFound(w, r)
	})
	mux.HandleFunc("GET "+Path+"/{number}/html", func(w http.ResponseWriter, r *http.Request) {
		m := find(box.newestFirst(), r)
		if m == nil {
			http.NotFound(w, r)
			return
		}
		setHeaders(w, mailPolicy)
		_, _ = w.Write([]byte(ledToTop(m.HTML)))
	})
	return mux
}

func find(all []kept, r *http.Request) *kept {
	n, err := strconv.Atoi(r.PathValue("number"))
	i := slices.IndexFunc(all, func(m kept) bool { return m.Number == n })
	if err != nil || i < 0 {
		return nil
	}
	return &all[i]
}

// mailPolicy shows the HTML of a mail as a mail program would, without scripts and
// in a frame of this page. Its links may open a page in the whole tab when
// somebody clicks them, and not otherwise.
const mailPolicy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'; " +
	"sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"

// ledToTop makes the links of a mail open in the whole tab: the pages that they
// lead to refuse to be shown in a frame.
func ledToTop(mail string) string {
	const base = `<base target="_top">`
	if before, after, found := strings.Cut(mail, "<head>"); found {
		return before + "<head>" + base + after
	}
	return base + mail
}

func setHeaders(w http.ResponseWriter, policy string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
}

// view is what the page shows: the list, and the mail that is open, if any.
type view struct {
	Mails      []kept
	Open       *kept
	SMTPServer string
}

// Max is how many mails the list keeps.
func (view) Max() int { return maxMails }

// Path is where the list is.
func (view) Path() string { return Path }

func write(w http.ResponseWriter, v view) {
	setHeaders(w, pagePolicy)
	if err := page.Execute(w, v); err != nil {
		fmt.Fprintln(w, "the page could not be made:", err)
	}
}

// Time is when the mail was sent, by the clock of this machine.
func (m kept) Time() string { return m.At.Local().Format("2 Jan 2006, 15:04:05") }

// Stamp is the same time for programs.
func (m kept) Stamp() string { return m.At.UTC().Format("2006-01-02T15:04:05Z") }

var webAddress = regexp.MustCompile(`https?://[^\s<>"]+`)

// Link is the first web address in the text, or "".
func (m kept) Link() string { return webAddress.FindString(m.Text) }

// Linked is the text with its web addresses as links, and all else escaped.
func (m kept) Linked() template.HTML {
	return template.HTML(webAddress.ReplaceAllStringFunc(template.HTMLEscapeString(m.Text), func(u string) string {
		return `<a href="` + u + `">` + u + `</a>`
	}))
}
