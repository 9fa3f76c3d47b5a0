package docspage_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"roster"
	"roster/shared/api/apitest"
	"roster/shared/aws/lambdahttp"
	"roster/shared/docspage"
)

var documentation = docspage.Handler(roster.OpenAPIJSON)

// get asks the documentation for a path; headers are names and values in turn.
func get(t *testing.T, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	apitest.Handler(t, documentation).ServeHTTP(w, req)
	return w
}

var served = map[string]struct{ contentType, cache string }{
	"/":                          {"text/html; charset=utf-8", "no-cache"},
	"/openapi.json":              {"application/json", "no-cache"},
	"/docs/start.js":             {"text/javascript; charset=utf-8", "public, max-age=3600"},
	"/docs/page.css":             {"text/css; charset=utf-8", "public, max-age=3600"},
	"/docs/swagger-ui-bundle.js": {"text/javascript; charset=utf-8", "public, max-age=3600"},
	"/docs/swagger-ui.css":       {"text/css; charset=utf-8", "public, max-age=3600"},
	"/docs/favicon-16x16.png":    {"image/png", "public, max-age=3600"},
	"/docs/favicon-32x32.png":    {"image/png", "public, max-age=3600"},
}

func TestHandlerServesItsFiles(t *testing.T) {
	t.Parallel()
	for path, want := range served {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			w := get(t, path)
			h := w.Header()
			if w.Code != http.StatusOK || w.Body.Len() == 0 {
				t.Fatalf("status %d, %d bytes", w.Code, w.Body.Len())
			}
			if got := h.Get("Content-Type"); got != want.contentType {
				t.Errorf("Content-Type %q, want %q", got, want.contentType)
			}
			if got := h.Get("Cache-Control"); got != want.cache {
				t.Errorf("Cache-Control %q, want %q", got, want.cache)
			}
			if got := h.Get("Content-Encoding"); got != "" {
				t.Errorf("Content-Encoding %q for a client that accepts none", got)
			}
		})
	}
}

func TestHandlerCompressesForClientsThatAcceptGzip(t *testing.T) {
	t.Parallel()
	for path := range served {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			plain, packed := get(t, path), get(t, path, "Accept-Encoding", "gzip")
			coding, vary := "gzip", "Accept-Encoding"
			if strings.HasSuffix(path, ".png") {
				coding, vary = "", "" // it is compressed already
			}
			for name, want := range map[string]string{"Content-Encoding": coding, "Vary": vary} {
				if got := packed.Header().Get(name); got != want {
					t.Errorf("%s %q, want %q", name, got, want)
				}
			}
			if same := packed.Header().Get("ETag") == plain.Header().Get("ETag"); same != (coding == "") {
				t.Errorf("the packed file has the ETag of the plain file: %v", same)
			}
			if !bytes.Equal(decoded(t, packed), plain.Body.Bytes()) {
				t.Error("not the same content")
			}
		})
	}
}

func TestHandlerReadsAcceptEncoding(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"gzip":                    "gzip",
		"br, GZIP;q=0.5":          "gzip",
		"deflate, gzip ; q = 0.1": "gzip",
		"gzip;q=0":                "",
		"gzip; q=0.000, br":       "",
		"br":                      "",
		"xgzip":                   "",
		"":                        "",
	} {
		if got := get(t, "/docs/page.css", "Accept-Encoding", accept).Header().Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q: Content-Encoding %q, want %q", accept, got, want)
		}
	}
}

func decoded(t *testing.T, w *httptest.ResponseRecorder) []byte {
	t.Helper()
	if w.Header().Get("Content-Encoding") == "" {
		return w.Body.Bytes()
	}
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestHandlerAnswers304WhenTheETagMatches(t *testing.T) {
	t.Parallel()
	for path := range served {
		for _, accept := range []string{"", "gzip"} {
			tag := get(t, path, "Accept-Encoding", accept).Header().Get("ETag")
			w := get(t, path, "Accept-Encoding", accept, "If-None-Match", tag)
			if w.Code != http.StatusNotModified || w.Body.Len() > 0 || w.Header().Get("ETag") != tag {
				t.Errorf("%s, Accept-Encoding %q: status %d, %d bytes, ETag %s", path, accept, w.Code, w.Body.Len(), w.Header().Get("ETag"))
			}
		}
	}
}

func TestHandlerReadsIfNoneMatch(t *testing.T) {
	t.Parallel()
	tag := get(t, "/").Header().Get("ETag")
	for held, want := range map[string]int{
		tag: http.StatusNotModified, "W/" + tag: http.StatusNotModified, `"other", ` + tag: http.StatusNotModified, "*": http.StatusNotModified,
		`"other"`: http.StatusOK, "": http.StatusOK, strings.Trim(tag, `"`): http.StatusOK,
	} {
		if w := get(t, "/", "If-None-Match", held); w.Code != want {
			t.Errorf("If-None-Match %q: %d, want %d", held, w.Code, want)
		}
	}
}

// Lambda returns text, so a compressed file must be encoded and decoded again.
func TestHandlerWorksAsALambdaFunction(t *testing.T) {
	t.Parallel()
	event := events.APIGatewayV2HTTPRequest{RawPath: "/docs/swagger-ui.css", Headers: map[string]string{"accept-encoding": "gzip, deflate, br"}}
	event.RequestContext.HTTP.Method = http.MethodGet
	event.RequestContext.RequestID = "id-of-the-gateway"
	answer, err := lambdahttp.Wrap(documentation)(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	for name, value := range answer.Headers {
		w.Header().Set(name, value)
	}
	body, err := base64.StdEncoding.DecodeString(answer.Body)
	if err != nil || !answer.IsBase64Encoded {
		t.Fatalf("base64: %v, %v", answer.IsBase64Encoded, err)
	}
	w.Body.Write(body)
	if want := get(t, "/docs/swagger-ui.css").Body.Bytes(); answer.StatusCode != http.StatusOK || !bytes.Equal(decoded(t, w), want) {
		t.Errorf("status %d, and the file is not the same", answer.StatusCode)
	}
	if got := w.Header().Get("X-Request-Id"); got != "id-of-the-gateway" {
		t.Errorf("X-Request-Id %q", got)
	}
}

func TestHandlerServesNothingElse(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"/docs/", "/docs/swagger-ui.css.gz", "/docs/oauth2-redirect.html", "/docs/embed.go", "/docs/index.html",
		"/docs/..%2fopenapi.json", "/docs/%2e%2e", "/docs/start.js%00", "/index.html", "/openapi.yaml",
	} {
		w := get(t, path)
		if w.Code != http.StatusNotFound || w.Header().Get("ETag") != "" {
			t.Errorf("%s: status %d, ETag %q", path, w.Code, w.Header().Get("ETag"))
		}
	}
}

func TestHandlerLeavesTheBodyOutForHEAD(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	documentation.ServeHTTP(w, httptest.NewRequest(http.MethodHead, "/", nil))
	if w.Code != http.StatusOK || w.Body.Len() != 0 || w.Header().Get("Content-Length") == "0" {
		t.Errorf("status %d, %d bytes, Content-Length %s", w.Code, w.Body.Len(), w.Header().Get("Content-Length"))
	}
}

func TestDescriptionListsTheFiles(t *testing.T) {
	t.Parallel()
	var doc struct {
		Paths map[string]struct {
			Get struct {
				Parameters []struct {
					Schema struct{ Enum []string }
				}
			}
		}
	}
	if err := yaml.Unmarshal(roster.OpenAPI, &doc); err != nil {
		t.Fatal(err)
	}
	files := doc.Paths["/docs/{file}"].Get.Parameters[0].Schema.Enum
	for _, file := range files {
		if _, ok := served["/docs/"+file]; !ok {
			t.Errorf("openapi.yaml has /docs/%s, which is not served", file)
		}
	}
	if want := len(served) - 2; len(files) != want {
		t.Errorf("openapi.yaml has %d files, %d are served", len(files), want)
	}
}

func TestJSONDescriptionEqualsTheYAML(t *testing.T) {
	t.Parallel()
	body := get(t, "/openapi.json").Body.Bytes()
	var got, fromYAML, want any
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(roster.OpenAPI, &fromYAML); err != nil {
		t.Fatal(err)
	}
	plain, err := json.Marshal(fromYAML)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(plain, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("openapi.json (-yaml +json):\n%s", diff)
	}
}

// The page's policy forbids inline scripts and styles, and other origins.
func TestPageHasNothingInline(t *testing.T) {
	t.Parallel()
	page := get(t, "/").Body.String()
	for _, bad := range []string{`<style`, `style=`, `\son\w+=`, `<script>`, `javascript:`, `//`} {
		if regexp.MustCompile(bad).MatchString(page) {
			t.Errorf("the page has %s:\n%s", bad, page)
		}
	}
}
