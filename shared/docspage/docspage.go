// Package docspage serves the API's documentation: Swagger UI, the description of
// the API as JSON, and the files that the page loads.
//
//	http.Handle("/", docspage.Handler(roster.OpenAPIJSON))
//
// All files are embedded in the binary, so the page works offline and no other
// site learns who reads it. The page refuses to load anything from another origin,
// to run any script but its own files, and to be framed. The handler refuses to
// serve a file that is not on its list.
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

// How long a copy may be used. The page and the description are revalidated each
// time, which is only a 304. The other files change only with a new Swagger UI.
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

// Handler serves GET /, GET /openapi.json and GET /docs/{file}. It takes the
// description as JSON, packed with gzip, so that a start need not convert and pack it.
func Handler(description []byte) http.Handler {
	return site{
		"/":                          compressed(html, revalidate, indexHTML),
		"/openapi.json":              gzipped("application/json", revalidate, description),
		"/docs/start.js":             compressed(javascript, hour, startJS),
		"/docs/page.css":             compressed(css, hour, pageCSS),
		"/docs/swagger-ui-bundle.js": gzipped(javascript, hour, asset("swagger-ui-bundle.js.gz")),
		"/docs/swagger-ui.css":       gzipped(css, hour, asset("swagger-ui.css.gz")),
		"/docs/favicon-16x16.png":    plain(png, hour, asset("favicon-16x16.png")),
		"/docs/favicon-32x32.png":    plain(png, hour, asset("favicon-32x32.png")),
	}
}

// asset returns one of Swagger UI's embedded files.
func asset(name string) []byte {
	b, err := static.FS.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("docspage: a file of Swagger UI is missing: %v", err))
	}
	return b
}

// site has the resources to serve, by path. It does not check the method; the
// gateway does.
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

// policy is the page's Content-Security-Policy. Swagger UI needs no more than
// this; its icons are data URLs.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// setSecurityHeaders sets the headers that every answer has (ASVS 3.4).
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
