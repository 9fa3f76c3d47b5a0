package functions_test

import (
	"flag"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/localdev/pgserver"
	"roster/localdev/postgrestest"
	"roster/localdev/programtest"
)

var wholeBurst = flag.Bool("burst", false,
	"in TestABurst…, send 120 requests to a function, have the 100 connections of a PostgreSQL as it is installed, and wait for its idle limit of 30 s")

// scale is the size of a burst and of the server that it meets.
type scale struct {
	requests    int    // to a function
	connections int    // max_connections; PostgreSQL keeps 3 of them for superusers
	level       string // DatabaseConnections
}

// sizeOf returns the usual size, or that of the flag.
func sizeOf(usual scale) scale {
	if *wholeBurst {
		return scale{requests: 120, connections: 100, level: "75"}
	}
	return usual
}

// inTime is how long after a burst a login may take.
const inTime = 5 * time.Second

// Anybody may ask for health, as often as API Gateway lets through. Each sandbox
// of it kept a connection for as long as it was frozen, so that a burst took
// logins down: 120 of them held 97 of 100 connections. Nothing is reserved here.
func TestABurstOfHealthLeavesRoomForLogins(t *testing.T) {
	t.Parallel()
	const others = 3 // register, login and seed_admin have a session each
	size := sizeOf(scale{requests: 24, connections: 9})
	server := postgrestest.Server(t, fmt.Sprint("max_connections=", size.connections))
	v := newService(t, owner(t, server, canary), settings{})
	v.seed(scheduled)
	v.call("POST", "/api/user/register", "", account, 201)
	v.login(credentials)
	v.gateway = v.plain
	cfg := v.config(*readTemplate(t).Function("health"), nil)
	cfg.MaxInstances = size.requests
	v.functions["health"] = v.run(cfg)

	var good atomic.Int32
	begin := time.Now()
	var wg sync.WaitGroup
	for range size.requests {
		wg.Go(func() {
			if available(t, v.send("GET", "/healthz", "", "")) { // or 503, where there was no room
				good.Add(1)
			}
		})
	}
	wg.Wait()
	took, end := time.Since(begin), time.Now()
	sandboxes := len(v.functions["health"].Instances())
	v.signal("health", syscall.SIGSTOP)
	if size.requests < 100 && sandboxes <= size.connections-3-others {
		t.Fatalf("%d sandboxes would have had room", sandboxes)
	}
	if !available(t, v.send("POST", "/api/user/login", "", credentials)) || time.Since(end) > inTime {
		t.Error("login has no room after the burst")
	}
	t.Logf("%d sandboxes of health in %v, of which %d said 200; then %d sessions; login said 200 %v after the burst",
		sandboxes, took.Round(time.Millisecond), good.Load(), sessions(t, server), time.Since(end).Round(time.Millisecond))
	v.signal("health", syscall.SIGCONT)
	for range sandboxes {
		if !available(t, v.send("GET", "/healthz", "", "")) {
			t.Error("health has no room after the burst")
		}
	}
}

// Each function runs as many sandboxes as DatabaseConnections reserves for it, on a
// server that has no more connections than that, and all of them have one. So no
// flood of one function takes a connection from another. Then they are frozen until
// PostgreSQL has ended their sessions, and serve again.
func TestABurstOfEverythingFitsTheReservations(t *testing.T) {
	t.Parallel()
	size := sizeOf(scale{requests: 12, connections: 50 + 3, level: "50"})
	server := postgrestest.Server(t, fmt.Sprint("max_connections=", size.connections))
	v := newService(t, owner(t, server, canary), settings{secret: map[string]string{
		"LIMIT_REGISTER_NETWORK": "1000/1h", "LIMIT_FORGET_NETWORK": "1000/1h", "LIMIT_RESET_NETWORK": "1000/1h", "REFRESH_GRACE_SECONDS": "60",
	}})
	v.seed(scheduled) // which mails a token
	v.gateway = v.plain
	for _, x := range journey[:5] { // an account, and a login
		x.run(v)
	}
	v.call("POST", "/api/user/refresh", "", `{"refresh_token":"`+v.refresh+`"}`, 200)
	for _, limit := range []string{"lock_timeout", "statement_timeout"} { // for requests that wait for the lock of fill
		execute(t, server, "ALTER ROLE roster IN DATABASE roster SET "+limit+" = '4s'")
	}
	f := v.reserve(size.level)
	f.fill(t, server)
	full := sessions(t, server)

	took := f.run(t, size.requests)
	end := time.Now()
	if !available(t, v.send("POST", "/api/user/login", "", credentials)) || time.Since(end) > inTime {
		t.Error("login has no room after the burst")
	}
	t.Logf("%d sandboxes with a connection each; %d requests to each of %d functions in %v; login said 200 %v later",
		full, size.requests, len(f.executions), took.Round(time.Millisecond), time.Since(end).Round(time.Millisecond))

	for folder := range f.executions {
		v.signal(folder, syscall.SIGSTOP)
	}
	frozen := time.Now()
	if !*wholeBurst { // what PostgreSQL does by itself after 30 s
		execute(t, server, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'roster'")
	}
	programtest.Eventually(t, "PostgreSQL has ended the sessions", func() bool { return sessions(t, server) == 0 })
	t.Logf("PostgreSQL has ended the sessions of the frozen sandboxes after %v", time.Since(frozen).Round(time.Millisecond))
	for folder := range f.executions {
		v.signal(folder, syscall.SIGCONT)
	}
	f.run(t, 2*f.executions["login"])
	if !available(t, v.send("POST", "/api/user/login", "", credentials)) {
		t.Error("a thawed login has no room")
	}
}

// signal freezes the processes of a function, as Lambda does, or thaws them.
func (v *service) signal(folder string, s syscall.Signal) {
	v.t.Helper()
	for _, in := range v.functions[folder].Instances() {
		if err := syscall.Kill(in.PID, s); err != nil {
			v.t.Fatal(err)
		}
	}
}

// sessions counts those of the functions' role.
func sessions(t *testing.T, server *pgserver.Server) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE usename = 'roster'").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
