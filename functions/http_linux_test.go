package functions_test

import (
	"crypto/tls"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"roster/localdev/postgrestest"
)

// The binaries are built without HTTP/2 (docs/decisions/0022). So they must not
// offer it to a server that would choose it. For the test, AWS gets TLS in front,
// with both protocols. Go takes the certificate from SSL_CERT_FILE on Linux only.
func TestFunctionsSpeakHTTP1(t *testing.T) {
	t.Parallel()
	v := newService(t, postgrestest.URL(t), settings{})
	var mu sync.Mutex
	var offers [][]string
	var protocols []string
	front := httptest.NewUnstartedServer(forward(t, v.aws.URL, func(r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		protocols = append(protocols, r.Proto)
	}))
	front.EnableHTTP2 = true
	front.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		mu.Lock()
		defer mu.Unlock()
		offers = append(offers, hello.SupportedProtos)
		return nil, nil
	}}
	front.StartTLS()
	t.Cleanup(front.Close)
	root := filepath.Join(t.TempDir(), "root.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw})
	if err := os.WriteFile(root, block, 0o600); err != nil {
		t.Fatal(err)
	}
	v.functions["forget_password"] = v.start(*readTemplate(t).Function("forget_password"),
		map[string]string{"AWS_ENDPOINT_URL": front.URL, "SSL_CERT_FILE": root})

	v.call("POST", "/api/user/register", "", account, 201)
	before := len(v.aws.Mails())
	for range 2 {
		v.call("POST", "/api/user/forget_password", "", `{"username":"user1","email":"user1@example.com"}`, 200)
	}
	if n := len(v.aws.Mails()) - before; n != 2 {
		t.Errorf("%d mails were sent, want 2", n)
	}
	mu.Lock()
	defer mu.Unlock()
	if want := slices.Repeat([]string{"HTTP/1.1"}, 5); !slices.Equal(protocols, want) { // three secrets and two mails
		t.Errorf("requests over %q, want %q", protocols, want)
	}
	// How many connections there are depends on when one is free again.
	if len(offers) == 0 || slices.Contains(slices.Concat(offers...), "h2") {
		t.Errorf("the handshakes offered %q, want connections without h2", offers)
	}
}

// forward sends requests on to a server, as they came, and shows each of them.
func forward(t *testing.T, server string, show func(*http.Request)) http.Handler {
	t.Helper()
	target, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		show(r)
		proxy.ServeHTTP(w, r)
	})
}
