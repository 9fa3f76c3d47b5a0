package functions_test

import (
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"syscall"
	"testing"

	"roster/localdev/postgrestest"
)

// killPoint is a proxy between a function and PostgreSQL. It kills the function at
// one step, just before it passes on the n-th piece of data in either direction.
// With deliver it passes the piece on all the same, as when a process dies right
// after writing.
type killPoint struct {
	socket string // PostgreSQL's
	kill   func()

	mu      sync.Mutex
	left    int // steps until the kill; 0 for none
	deliver bool
	killed  bool
	relays  int // that are running
	ended   sync.Cond
}

func newKillPoint(t *testing.T, database string) (*killPoint, string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	k := &killPoint{socket: u.Query().Get("host") + "/.s.PGSQL." + u.Query().Get("port")}
	k.ended.L = &k.mu
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			k.mu.Lock()
			k.relays++
			k.mu.Unlock()
			go k.relay(client)
		}
	}()
	u.Host, u.RawQuery = listener.Addr().String(), "sslmode=disable"
	return k, u.String()
}

func (k *killPoint) relay(client net.Conn) {
	defer func() {
		client.Close()
		k.mu.Lock()
		defer k.mu.Unlock()
		k.relays--
		k.ended.Broadcast()
	}()
	server, err := (&net.Dialer{}).DialContext(context.Background(), "unix", k.socket)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		k.pass(server, client)
		_ = server.(*net.UnixConn).CloseWrite() // PostgreSQL finishes what it was sent
	}()
	k.pass(client, server)
}

// pass keeps reading when to is closed, so that it ends when from does.
func (k *killPoint) pass(to io.Writer, from io.Reader) {
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if n > 0 && k.step() {
			_, _ = to.Write(b[:n])
		}
		if err != nil {
			return
		}
	}
}

// step reports whether the piece is passed on.
func (k *killPoint) step() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.left == 0 {
		return true
	}
	if k.left--; k.left > 0 {
		return true
	}
	k.killed = true
	k.kill()
	return k.deliver
}

func (k *killPoint) arm(step int, deliver bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.left, k.deliver, k.killed = step, deliver, false
}

// disarm reports whether the function was killed. When it returns, PostgreSQL has
// finished what the function sent.
func (k *killPoint) disarm() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.left = 0
	for k.killed && k.relays > 0 {
		k.ended.Wait()
	}
	return k.killed
}

// atEachStep calls try with one step after the other, each without and with
// delivery, until the function finishes without being killed.
func atEachStep(t *testing.T, k *killPoint, try func(step int) bool) {
	t.Helper()
	for step := 1; ; step++ {
		for _, deliver := range []bool{false, true} {
			k.arm(step, deliver)
			if killed := try(step); !killed {
				if step < 5 { // the connection takes more
					t.Errorf("finished after %d steps: nothing was killed", step-1)
				}
				t.Logf("killed at each of %d steps, twice", step-1)
				return
			}
			if t.Failed() || step > 100 {
				t.Fatalf("at step %d", step)
			}
		}
	}
}

// servicesAround returns two services over one database: one that runs
// undisturbed, and one whose function of that name is killed.
func servicesAround(t *testing.T, function string) (whole, dying *service, k *killPoint) {
	t.Helper()
	database := postgrestest.URL(t)
	whole = newService(t, database, settings{})
	k, through := newKillPoint(t, database)
	dying = newService(t, through, settings{secret: secret("ROOT_KEY", whole.secret["ROOT_KEY"]).secret})
	dying.gateway = dying.plain // openapi.yaml does not describe what API Gateway answers when a function dies
	k.kill = func() {
		for _, in := range dying.functions[function].Instances() {
			_ = syscall.Kill(in.PID, syscall.SIGKILL)
		}
	}
	whole.call("POST", "/api/user/register", "", account, 201)
	return whole, dying, k
}

func (v *service) refreshWith(token string) (status int, child string) {
	v.t.Helper()
	w := v.send("POST", "/api/user/refresh", "", `{"refresh_token":"`+token+`"}`)
	if found := refreshToken.FindStringSubmatch(w.Body.String()); found != nil {
		child = found[1]
	}
	return w.Code, child
}

func (v *service) newSession() (access, refresh string) {
	v.t.Helper()
	body := v.call("POST", "/api/user/login", "", credentials, 200)
	return accessToken.FindStringSubmatch(body)[1], refreshToken.FindStringSubmatch(body)[1]
}

// Wherever the function dies, a client that asks again gets the one child of its
// token, and there is never a second child.
func TestRefreshKilledAtEachStep(t *testing.T) {
	t.Parallel()
	whole, dying, k := servicesAround(t, "refresh")
	atEachStep(t, k, func(step int) bool {
		_, first := whole.newSession()
		status, child := dying.refreshWith(first)
		killed := k.disarm()
		if !killed && status != 200 {
			t.Errorf("step %d: nobody was killed, and the answer is %d", step, status)
		}
		status, again := whole.refreshWith(first)
		if status != 200 || again == "" || child != "" && child != again {
			t.Errorf("step %d: the client that asks again is answered %d, %q after %q", step, status, again, child)
		}
		if status, _ := whole.refreshWith(again); status != 200 {
			t.Errorf("step %d: the child is answered %d", step, status)
		}
		if status, _ := whole.refreshWith(first); status != 401 {
			t.Errorf("step %d: the parent, once the child was used, is answered %d", step, status)
		}
		return killed
	})
}

// Wherever the function dies, a logout that was answered 200 has happened, and one
// that was not can be repeated.
func TestLogoutKilledAtEachStep(t *testing.T) {
	t.Parallel()
	whole, dying, k := servicesAround(t, "logout")
	atEachStep(t, k, func(step int) bool {
		access, first := whole.newSession()
		answered := dying.send("POST", "/api/user/logout", access, "{}").Code == 200
		killed := k.disarm()
		if !killed && !answered {
			t.Errorf("step %d: nobody was killed, and nobody logged out", step)
		}
		alive := whole.send("GET", "/api/user/me", access, "").Code == 200
		if answered && alive {
			t.Errorf("step %d: logged out, and the access token lives", step)
		}
		if again := whole.send("POST", "/api/user/logout", access, "{}").Code; alive && again != 200 || !alive && again != 401 {
			t.Errorf("step %d: asked again: %d, alive %v", step, again, alive)
		}
		if code := whole.send("GET", "/api/user/me", access, "").Code; code != 401 {
			t.Errorf("step %d: the access token is answered %d", step, code)
		}
		if status, _ := whole.refreshWith(first); status != 401 {
			t.Errorf("step %d: the refresh token is answered %d", step, status)
		}
		return killed
	})
}
