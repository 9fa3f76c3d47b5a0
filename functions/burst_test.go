package functions_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
	"roster/localdev/programtest"
)

// Anybody may ask for health, as often as API Gateway lets through. Each sandbox
// of it kept a connection for as long as it was frozen, so that a burst took
// logins down. Here the role has room for 6 sessions, others have 3 of them, and
// 24 ask at once.
func TestABurstOfHealthLeavesRoomForLogins(t *testing.T) {
	t.Parallel()
	const others, burst = 3, 24 // register, login and seed_admin have a session each
	server := postgrestest.Server(t)
	v := newService(t, owner(t, server, canary), settings{})
	v.seed(scheduled)
	v.call("POST", "/api/user/register", "", account, 201)
	v.login(credentials)
	v.gateway = v.plain
	cfg := v.config(*readTemplate(t).Function("health"), nil)
	cfg.MaxInstances = burst
	v.functions["health"] = v.run(cfg)
	execute(t, server, "ALTER ROLE roster CONNECTION LIMIT 6")

	var good atomic.Int32
	var wg sync.WaitGroup
	for range burst {
		wg.Go(func() {
			if available(t, v.send("GET", "/healthz", "", "")) { // or 503, where there was no room
				good.Add(1)
			}
		})
	}
	wg.Wait()
	sandboxes := len(v.functions["health"].Instances())
	t.Logf("%d sandboxes of health, %d said 200", sandboxes, good.Load())
	if sandboxes <= 6-others {
		t.Fatalf("%d sandboxes would have had room", sandboxes)
	}
	programtest.Eventually(t, "the sessions of health are over", func() bool { return sessions(t, server.URL("postgres")) <= others })
	for range sandboxes { // one after the other: each sandbox has its turn
		if !available(t, v.send("GET", "/healthz", "", "")) {
			t.Error("health has no room after the burst")
		}
	}
	if !available(t, v.send("POST", "/api/user/login", "", credentials)) {
		t.Error("login has no room after the burst")
	}
}

// sessions counts those of the functions' role.
func sessions(t *testing.T, url string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE usename = 'roster'").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
