package lambdahttp_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"roster/shared/aws/lambdahttp"
)

// echo reads all of a request and returns much of it in the answer.
func echo(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	for _, c := range r.Cookies() {
		http.SetCookie(w, c)
	}
	for name, values := range r.Header {
		w.Header()[name] = values
	}
	if _, _, err := net.SplitHostPort(r.RemoteAddr); err != nil && net.ParseIP(r.RemoteAddr) != nil {
		panic("RemoteAddr has no port: " + r.RemoteAddr)
	}
	if r.URL.Path == "/panic" {
		panic(r.URL.RawQuery)
	}
	if r.Method == http.MethodDelete {
		w.WriteHeader(http.StatusNoContent)
	}
	b, _ := io.ReadAll(r.Body)
	_, _ = w.Write(append(b, r.PathValue("p")...))
}

func FuzzWrap(f *testing.F) {
	f.Add("GET", "/u/100%", "a=b;c", "x-device-name", "a, b", "s=1", "192.0.2.1", "", "x", false)
	f.Add("POST", "//?#\x00", "%zz", "cookie", "\n", "=;", "not an address", "!", "", true)
	f.Add("HEAD", "", "", "", "", "", "", "", "", true)
	f.Add("g t", "/panic", "#", "Content-Length", "-1", "", "::1", "\xff", "\xff", false)
	f.Fuzz(func(t *testing.T, method, path, query, name, value, cookie, ip, body, param string, encoded bool) {
		e := get(path)
		e.RawQueryString, e.Body, e.IsBase64Encoded = query, body, encoded
		e.Headers[name] = value
		e.Cookies = []string{cookie}
		e.PathParameters = map[string]string{"p": param}
		e.RequestContext.HTTP.Method, e.RequestContext.HTTP.SourceIP = method, ip
		resp, err := lambdahttp.Wrap(http.HandlerFunc(echo))(context.Background(), e)
		if (err != nil) != (method == "") {
			t.Fatalf("method %q: error %v", method, err)
		}
		if err != nil {
			return
		}
		if resp.StatusCode < 100 || resp.StatusCode > 599 {
			t.Errorf("status %d", resp.StatusCode)
		}
		if _, err := base64.StdEncoding.DecodeString(resp.Body); resp.IsBase64Encoded && err != nil {
			t.Errorf("body: %v", err)
		}
		if _, err := json.Marshal(resp); err != nil {
			t.Errorf("the answer is not JSON: %v", err)
		}
	})
}

// FuzzPayload passes payloads as Lambda does, which need not be HTTP events.
func FuzzPayload(f *testing.F) {
	f.Add([]byte(`{}`))
	f.Add([]byte(`null`))
	f.Add([]byte(`{"version":"2.0","rawPath":"/x","requestContext":{"http":{"method":"GET"}}}`))
	f.Add([]byte(`{"requestContext":{"http":{"method":["GET"]}},"headers":{"a":1}}`))
	f.Add([]byte(`{"source":"aws.events","detail":{}}`))
	h := lambda.NewHandler(lambdahttp.Wrap(http.HandlerFunc(echo)))
	f.Fuzz(func(t *testing.T, payload []byte) {
		out, err := h.Invoke(context.Background(), payload)
		if err == nil && !json.Valid(out) {
			t.Errorf("the answer is not JSON: %q", out)
		}
	})
}
