package breach_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"roster/shared/credential/breach"
)

// SHA-1 of "password" is 5BAA6 1E4C9B93F3F0682250B6CF8331B7EE68FD8.
const (
	stolen = "password"
	prefix = "5BAA6"
	rest   = "1E4C9B93F3F0682250B6CF8331B7EE68FD8"
	other  = "003D68EB55068C33ACE09247EE4C639306B"
)

// ranges is a service that answers in one way, for this test.
func ranges(t *testing.T, handler http.HandlerFunc) *breach.Ranges {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return at(t, server.URL+"/range/")
}

func at(t *testing.T, base string) *breach.Ranges {
	t.Helper()
	r, err := breach.New(base)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func answering(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }
}

func TestKnown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want bool
	}{
		"among others":    {other + ":3\r\n" + rest + ":10434004\r\n" + strings.Repeat("0", 35) + ":1\r\n", true},
		"last, no break":  {other + ":3\r\n" + rest + ":1", true},
		"lines of Unix":   {other + ":3\n" + rest + ":2\n", true},
		"lower case":      {strings.ToLower(rest) + ":2\r\n", true},
		"not there":       {other + ":3\r\n", false},
		"padding":         {other + ":3\r\n" + rest + ":0\r\n", false},
		"padding beside":  {rest + ":0\r\n" + rest + ":1\r\n", true},
		"nothing":         {"", false},
		"2,000 rows":      {strings.Repeat(other+":3\r\n", 2000) + rest + ":1\r\n", true},
		"2,000 of others": {strings.Repeat(other+":3\r\n", 2000), false},
	} {
		if got, err := ranges(t, answering(c.body)).Known(t.Context(), stolen); got != c.want || err != nil {
			t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
		}
	}
}

// What leaves the machine: five digits, and nothing that tells more.
func TestRequest(t *testing.T) {
	t.Parallel()
	asked := make(chan *http.Request, 2)
	r := ranges(t, func(_ http.ResponseWriter, r *http.Request) { asked <- r })
	for _, pw := range []string{stolen, "caf\u00e9 au lait", "cafe\u0301 au lait"} {
		if _, err := r.Known(t.Context(), pw); err != nil {
			t.Fatal(err)
		}
		got := <-asked
		want := "/range/96C0C"
		if pw == stolen {
			want = "/range/" + prefix
		}
		if got.Method != "GET" || got.RequestURI != want || got.Header.Get("Add-Padding") != "true" || got.Header.Get("Cookie")+got.Header.Get("Referer") != "" {
			t.Errorf("%q: %s %s %v, want %s", pw, got.Method, got.RequestURI, got.Header, want)
		}
	}
}

// Whatever the service does, it takes a second at most, and the error shows
// nothing of the password.
func TestFailures(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"slow to answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"slow within": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "%s:1\r\n", rest)
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprintf(w, "%s:1\r\n", rest)
		},
		"hangs up":         func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"500":              func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"404":              http.NotFound,
		"429":              func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) },
		"no content":       func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) },
		"leads elsewhere":  func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/other/"+prefix, http.StatusFound) },
		"HTML":             answering("<!DOCTYPE html>\n<title>Down</title>\n"),
		"JSON":             answering(`{"error":"` + rest + `:1"}`),
		"no count":         answering(rest + "\r\n"),
		"a count of words": answering(rest + ":many\r\n"),
		"a short row":      answering(rest[1:] + ":1\r\n"),
		"garbage behind":   answering(rest + ":1\r\n\x00\xff\r\n"),
		"one endless line": func(w http.ResponseWriter, r *http.Request) { endless(w, r, strings.Repeat("A", 4096)) },
		"endless rows":     func(w http.ResponseWriter, r *http.Request) { endless(w, r, strings.Repeat(other+":3\r\n", 100)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fails(t, ranges(t, handler))
		})
	}
}

func endless(w http.ResponseWriter, r *http.Request, part string) {
	for r.Context().Err() == nil {
		fmt.Fprint(w, part)
	}
}

func fails(t *testing.T, r *breach.Ranges) {
	t.Helper()
	start := time.Now()
	known, err := r.Known(t.Context(), stolen)
	if known || err == nil {
		t.Fatalf("%v, %v; want an error", known, err)
	}
	if took := time.Since(start); took > 5*time.Second { // a second, on a machine that does other things
		t.Errorf("it took %s", took)
	}
	for _, secret := range []string{stolen, prefix, rest} {
		if strings.Contains(strings.ToLower(err.Error()), strings.ToLower(secret)) {
			t.Errorf("the error shows %s: %v", secret, err)
		}
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	fails(t, at(t, "http://127.0.0.1:1/"))
}

func TestGivenUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if known, err := ranges(t, answering(rest+":1")).Known(ctx, stolen); known || err == nil {
		t.Errorf("%v, %v; want an error", known, err)
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"https://api.pwnedpasswords.com/range/", "https://10.0.0.1:8443/", "http://127.0.0.1:8080/range/", "http://[::1]:8080/", "http://localhost/"} {
		if _, err := breach.New(base); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
	for _, base := range []string{
		"", "api.pwnedpasswords.com/range/", "http://api.pwnedpasswords.com/range/", "https://api.pwnedpasswords.com/range", "https:///range/",
		"https://u:p@api.pwnedpasswords.com/range/", "https://a.example/range/?x=", "https://a.example/range/#x/", "ftp://127.0.0.1/", "file:///range/",
		"http://127.0.0.1.example/", "http://localhost.example/", "http://0.0.0.0/", "https://a b/", "https://a.example/\n",
	} {
		if r, err := breach.New(base); err == nil || r != nil {
			t.Errorf("%q is taken", base)
		}
	}
}
