package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"roster/localdev/pgserver"
	"roster/localdev/postgrestest"
)

// A PostgreSQL that keeps its connections and says nothing: every answer is 503
// within the API's five seconds, and when it speaks again all is well.
func TestAHangingDatabaseIsAnOutage(t *testing.T) {
	t.Parallel()
	const limit = 5*time.Second + 2*time.Second // the machine may be busy
	for _, way := range modes {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			server := postgrestest.Server(t)
			p := newProbe(t, newTestServer(t, way, map[string]string{"DATABASE_URL": server.URL("postgres")}))
			p.fillPools()
			signalAll(t, server, syscall.SIGSTOP)
			t.Cleanup(func() { signalAll(t, server, syscall.SIGCONT) }) // it could not be stopped otherwise
			var wg sync.WaitGroup
			for name, e := range p.calls() {
				wg.Go(func() {
					resp, took := p.run(e)
					if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" || took > limit {
						t.Errorf("%s answers %d, Retry-After %q, after %v", name, resp.StatusCode, resp.Header.Get("Retry-After"), took)
					}
				})
			}
			wg.Wait()
			signalAll(t, server, syscall.SIGCONT)
			p.waitUntilHealthy()
			p.wantAllHealthy("after the hang")
		})
	}
}

// signalAll signals the postmaster and then its children, for each has a
// process group of its own.
func signalAll(t *testing.T, server *pgserver.Server, sig syscall.Signal) {
	t.Helper()
	postmaster := postmasterOf(t, server)
	if err := syscall.Kill(postmaster, sig); err != nil {
		t.Fatal(err)
	}
	for _, child := range childrenOf(t, postmaster) {
		_ = syscall.Kill(child, sig) // it may have ended
	}
}

func postmasterOf(t *testing.T, server *pgserver.Server) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(server.DataDir(), "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func childrenOf(t *testing.T, parent int) (children []int) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		var pid, of int
		var state string
		_, rest, _ := strings.Cut(string(b), ") ")
		fmt.Sscan(string(b), &pid)
		if fmt.Sscan(rest, &state, &of); of == parent {
			children = append(children, pid)
		}
	}
	return children
}
