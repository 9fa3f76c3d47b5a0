// Package docspage serves the API's documentation: Swagger UI, the API's
// description as JSON, and the few files that the page loads. All of them are
// in the binary, so the page works offline and tells no other site who reads
// it.
//
// It refuses to load anything from another origin, to run a script that is not
// one of its files, to be framed, and to serve a file that is not on its list.
package docspage

import (
	_ "embed"
	"fmt"
	"net/http"

	"github.com/swaggest/swgui/v5/static"
)

var (
	//go:embed page/index.html
	indexHTML []byte
	//go:embed page/start.js
	startJS []byte
	//go:embed page/page.css
	pageCSS []byte
)

// How long a copy may be used. The page and the description are asked for anew
// each time, which costs a 304; the rest changes with a new Swagger UI only.
const (
	revalidate = "no-cache"
	hour       = "public, max-age=3600"
)

const (
	html       = "text/html; charset=utf-8"
	javascript = "text/javascript; charset=utf-8"
	css        = "text/css; charset=utf-8"
	png        = "image/png"
)

// Handler serves GET /, GET /openapi.json and GET /docs/{file}. It panics when
// the description is not YAML: it is part of the program, as a template is.
//
// It converts the description here and not for the first who asks, because
// Lambda lends a start a whole processor and gives a request, at this function's
// 128 MB, a fourteenth of one: 5 ms here would be 70 ms there.
func Handler(openapiYAML []byte) http.Handler {
	description, err := toJSON(openapiYAML)
	if err != nil {
		panic(fmt.Sprintf("docspage: the API's description is not good YAML: %v", err))
	}
	return site{
		"/":                          compressed(html, revalidate, indexHTML),
		"/openapi.json":              compressed("application/json", revalidate, description),
		"/docs/start.js":             compressed(javascript, hour, startJS),
		"/docs/page.css":             compressed(css, hour, pageCSS),
		"/docs/swagger-ui-bundle.js": gzipped(javascript, hour, asset("swagger-ui-bundle.js.gz")),
		"/docs/swagger-ui.css":       gzipped(css, hour, asset("swagger-ui.css.gz")),
		"/docs/favicon-16x16.png":    plain(png, hour, asset("favicon-16x16.png")),
		"/docs/favicon-32x32.png":    plain(png, hour, asset("favicon-32x32.png")),
	}
}

// asset reads one of Swagger UI's files, which are embedded too.
func asset(name string) []byte {
	b, err := static.FS.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("docspage: Swagger UI lacks a file: %v", err))
	}
	return b
}

// site is the list of what is served, by path. Which methods a path takes is
// for the gateway to say.
type site map[string]*resource

func (s site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setSecurityHeaders(w.Header(), r)
	found, ok := s[r.URL.Path]
	if !ok {
		notFound(w, r)
		return
	}
	found.ServeHTTP(w, r)
}

// policy is the page's Content-Security-Policy. Swagger UI needs no more: its
// icons are data URLs.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// protect sets what every answer carries (ASVS 3.4).
func setSecurityHeaders(h http.Header, r *http.Request) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	h.Set("X-Content-Type-Options", "nosniff")
	if id := r.Header.Get("X-Request-Id"); id != "" {
		h.Set("X-Request-Id", id)
	}
}
