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
	pwned       = "password"
	prefix      = "5BAA6"
	suffix      = "1E4C9B93F3F0682250B6CF8331B7EE68FD8"
	otherSuffix = "003D68EB55068C33ACE09247EE4C639306B"
)

// clientOf returns a client of a service that answers with the handler.
func clientOf(t *testing.T, handler http.HandlerFunc) *breach.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return newClient(t, server.URL+"/range/")
}

func newClient(t *testing.T, base string) *breach.Client {
	t.Helper()
	r, err := breach.New(base)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// answer returns a handler that always answers with this body.
func answer(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }
}

func TestKnownFindsThePasswordInTheRange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want bool
	}{
		"among others":     {otherSuffix + ":3\r\n" + suffix + ":10434004\r\n" + strings.Repeat("0", 35) + ":1\r\n", true},
		"last, no newline": {otherSuffix + ":3\r\n" + suffix + ":1", true},
		"lines of Unix":    {otherSuffix + ":3\n" + suffix + ":2\n", true},
		"lower case":       {strings.ToLower(suffix) + ":2\r\n", true},
		"not there":        {otherSuffix + ":3\r\n", false},
		"padding":          {otherSuffix + ":3\r\n" + suffix + ":0\r\n", false},
		"padding beside":   {suffix + ":0\r\n" + suffix + ":1\r\n", true},
		"nothing":          {"", false},
		"2,000 rows":       {strings.Repeat(otherSuffix+":3\r\n", 2000) + suffix + ":1\r\n", true},
		"2,000 of others":  {strings.Repeat(otherSuffix+":3\r\n", 2000), false},
	} {
		if got, err := clientOf(t, answer(c.body)).Known(t.Context(), pwned); got != c.want || err != nil {
			t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
		}
	}
}

func TestOnlyFiveDigitsOfTheHashAreSent(t *testing.T) {
	t.Parallel()
	asked := make(chan *http.Request, 2)
	r := clientOf(t, func(_ http.ResponseWriter, r *http.Request) { asked <- r })
	for _, pw := range []string{pwned, "caf\u00e9 au lait", "cafe\u0301 au lait"} {
		if _, err := r.Known(t.Context(), pw); err != nil {
			t.Fatal(err)
		}
		got := <-asked
		want := "/range/96C0C"
		if pw == pwned {
			want = "/range/" + prefix
		}
		if got.Method != "GET" || got.RequestURI != want || got.Header.Get("Add-Padding") != "true" ||
			got.Header.Get("Cookie")+got.Header.Get("Referer") != "" {
			t.Errorf("%q: %s %s %v, want %s", pw, got.Method, got.RequestURI, got.Header, want)
		}
	}
}

// Whatever the service does, Known takes about a second at most, and its error
// does not show the password.
func TestABadAnswerIsAnErrorThatShowsNothing(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"slow to answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"stops halfway": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "%s:1\r\n", suffix)
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprintf(w, "%s:1\r\n", suffix)
		},
		"hangs up":         func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"500":              func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"404":              http.NotFound,
		"429":              func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) },
		"no content":       func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) },
		"a redirect":       func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/other/"+prefix, http.StatusFound) },
		"HTML":             answer("<!DOCTYPE html>\n<title>Down</title>\n"),
		"JSON":             answer(`{"error":"` + suffix + `:1"}`),
		"no count":         answer(suffix + "\r\n"),
		"not a number":     answer(suffix + ":many\r\n"),
		"a short row":      answer(suffix[1:] + ":1\r\n"),
		"garbage after it": answer(suffix + ":1\r\n\x00\xff\r\n"),
		"one endless line": func(w http.ResponseWriter, r *http.Request) { endless(w, r, strings.Repeat("A", 4096)) },
		"endless rows":     func(w http.ResponseWriter, r *http.Request) { endless(w, r, strings.Repeat(otherSuffix+":3\r\n", 100)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFailure(t, clientOf(t, handler))
		})
	}
}

func endless(w http.ResponseWriter, r *http.Request, part string) {
	for r.Context().Err() == nil {
		fmt.Fprint(w, part)
	}
}

func wantFailure(t *testing.T, r *breach.Client) {
	t.Helper()
	start := time.Now()
	known, err := r.Known(t.Context(), pwned)
	if known || err == nil {
		t.Fatalf("%v, %v; want an error", known, err)
	}
	if took := time.Since(start); took > 5*time.Second { // one second, and more on a busy machine
		t.Errorf("it took %s", took)
	}
	for _, secret := range []string{pwned, prefix, suffix} {
		if strings.Contains(strings.ToLower(err.Error()), strings.ToLower(secret)) {
			t.Errorf("the error shows %s: %v", secret, err)
		}
	}
}

func TestAServiceThatCannotBeReachedIsAnError(t *testing.T) {
	t.Parallel()
	wantFailure(t, newClient(t, "http://127.0.0.1:1/"))
}

func TestACancelledContextIsAnError(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if known, err := clientOf(t, answer(suffix+":1")).Known(ctx, pwned); known || err == nil {
		t.Errorf("%v, %v; want an error", known, err)
	}
}

func TestNewAcceptsOnlyASafeURL(t *testing.T) {
	t.Parallel()
	for _, base := range []string{
		"https://api.pwnedpasswords.com/range/", "https://10.0.0.1:8443/", "http://127.0.0.1:8080/range/",
		"http://[::1]:8080/", "http://localhost/",
	} {
		if _, err := breach.New(base); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
	for _, base := range []string{
		"", "api.pwnedpasswords.com/range/", "http://api.pwnedpasswords.com/range/", "https://api.pwnedpasswords.com/range",
		"https:///range/",
		"https://u:p@api.pwnedpasswords.com/range/", "https://a.example/range/?x=", "https://a.example/range/#x/", "ftp://127.0.0.1/",
		"file:///range/",
		"http://127.0.0.1.example/", "http://localhost.example/", "http://0.0.0.0/", "https://a b/", "https://a.example/\n",
	} {
		if r, err := breach.New(base); err == nil || r != nil {
			t.Errorf("%q is accepted", base)
		}
	}
}
