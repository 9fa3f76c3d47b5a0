// The tests of the examples stand here and not in their folders, because they
// need a whole Roster, and an example is a module that needs one package of it.
package examples_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"roster/localdev/postgrestest"
	"roster/localdev/programtest"
	"roster/shared/credential/keyring"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

// reverseProxy is the one address of Roster, in front of one localdev or another, or of
// none.
type reverseProxy struct {
	*httptest.Server
	backend atomic.Pointer[url.URL]
}

func newReverseProxy(t *testing.T) *reverseProxy {
	t.Helper()
	f := &reverseProxy{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to := f.backend.Load()
		if to == nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		httputil.NewSingleHostReverseProxy(to).ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// startBackend starts a localdev with these keys, and lets the front lead to it when it
// is ready. All have one database and one folder, like instances of one service.
func (f *reverseProxy) startBackend(t *testing.T, binary, database, data string, keys ...keyring.Key) {
	t.Helper()
	ring, err := (&keyring.Ring{Keys: keys}).JSON()
	if err != nil {
		t.Fatal(err)
	}
	addr := freeAddress(t)
	cmd := exec.CommandContext(context.Background(), binary, "-addr", addr, "-data", data)
	cmd.Dir = data // which has no .env
	cmd.Env = append(os.Environ(), "DATABASE_URL="+database, "PUBLIC_URL="+f.URL, "JWT_KEYS="+string(ring), "ADMIN_PASSWORD="+password)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	programtest.Eventually(t, "localdev is ready", func() bool {
		status, _ := call(t, "GET", "http://"+addr+"/healthz", "", "")
		return status == http.StatusOK
	})
	f.backend.Store(&url.URL{Scheme: "http", Host: addr})
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// service builds the example as docs/verify-elsewhere.md says, runs it until the
// test ends and returns its address.
func service(t *testing.T, args ...string) string {
	t.Helper()
	o := newOrders(t)
	run(t, o.dir, nil, "go", "build", ".")
	cmd := exec.CommandContext(context.Background(), filepath.Join(o.dir, "orders"), append(args, "-addr", "127.0.0.1:0")...)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(line)[2]
}

// call returns 0 for a server that is not there.
func call(t *testing.T, method, to, token, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer w.Body.Close()
	b, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.StatusCode, string(b)
}

func must(t *testing.T, want int, method, to, token, body string) string {
	t.Helper()
	status, answer := call(t, method, to, token, body)
	if status != want {
		t.Fatalf("%s %s: %d, want %d: %s", method, to, status, want, answer)
	}
	return answer
}

const password = "correct horse battery"

func (f *reverseProxy) login(t *testing.T, username string) (token string) {
	t.Helper()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	body := must(t, 200, "POST", f.URL+"/api/user/login", "", `{"username":"`+username+`","password":"`+password+`"}`)
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	return answer.AccessToken
}

func newKey(t *testing.T, alg keyring.Algorithm) keyring.Key {
	t.Helper()
	k, err := keyring.Generate(alg)
	if err != nil {
		t.Fatal(err)
	}
	k.State, k.CreatedAt = keyring.Next, time.Now().Add(-24*time.Hour)
	return k
}

func current(k keyring.Key) keyring.Key {
	k.State, k.CurrentAt = keyring.Current, k.CreatedAt.Add(time.Hour)
	return k
}

func retired(k keyring.Key) keyring.Key {
	k = current(k)
	k.State, k.RetiredAt = keyring.Retired, time.Now()
	return k
}

// One service through the life of the keys: it starts once, and nobody tells it
// anything.
func TestTheExampleFollowsTheKeys(t *testing.T) {
	t.Parallel()
	binary, database, data, f := programtest.Program(t, "localdev"), postgrestest.URL(t), t.TempDir(), newReverseProxy(t)
	a, b, c, d := newKey(t, keyring.ES256), newKey(t, keyring.EdDSA), newKey(t, keyring.ES256), newKey(t, keyring.RS256)
	f.startBackend(t, binary, database, data, current(a), b)
	s := service(t, "-issuer", f.URL)

	must(t, 201, "POST", f.URL+"/api/user/register", "", `{"username":"user1","first_name":"User","last_name":"One","email":"user1@example.com","password":"`+password+`"}`)
	first := f.login(t, "user1")
	must(t, 200, "GET", s+"/healthz", "", "")
	must(t, 401, "GET", s+"/whoami", "", "")
	must(t, 401, "GET", s+"/whoami", first+"x", "")
	var me struct{ UUID string }
	if err := json.Unmarshal([]byte(must(t, 200, "GET", f.URL+"/api/user/me", first, "")), &me); err != nil {
		t.Fatal(err)
	}
	if got := must(t, 200, "GET", s+"/whoami", first, ""); !strings.Contains(got, fmt.Sprintf(`"sub":%q`, me.UUID)) || !strings.Contains(got, `"role":"USER"`) {
		t.Errorf("whoami: %s", got)
	}
	must(t, 403, "GET", s+"/admin", first, "")
	must(t, 200, "GET", s+"/admin", f.login(t, "admin"), "")

	// A rotation: neither the old tokens nor the new ones are refused.
	f.startBackend(t, binary, database, data, retired(a), current(b), c)
	second := f.login(t, "user1")
	must(t, 200, "GET", s+"/whoami", second, "")
	must(t, 200, "GET", s+"/whoami", first, "")

	// A session that has ended counts here until its token ends.
	must(t, 200, "POST", f.URL+"/api/user/logout", second, "{}")
	must(t, 401, "GET", f.URL+"/api/user/me", second, "")
	must(t, 200, "GET", s+"/whoami", second, "")

	// All keys are new, as after a leak: the service learns of it by the first
	// token that it cannot verify.
	f.startBackend(t, binary, database, data, current(d))
	third := f.login(t, "user1")
	programtest.Eventually(t, "the new key is known", func() bool {
		status, _ := call(t, "GET", s+"/whoami", third, "")
		return status == http.StatusOK
	})
	must(t, 401, "GET", s+"/whoami", first, "")
	must(t, 401, "GET", s+"/whoami", second, "")

	f.backend.Store(nil) // Roster is out
	must(t, 200, "GET", s+"/whoami", third, "")
}
