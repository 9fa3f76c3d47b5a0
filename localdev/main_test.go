package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"testing"
	"time"

	"roster/localdev/postgrestest"
	"roster/localdev/programtest"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(postgrestest.Main(m))
}

// The two ways in which localdev runs the functions.
const (
	inThisProcess = "in process"
	asBinaries    = "as binaries"
)

var modes = []string{inThisProcess, asBinaries}

const adminPassword = "admin_password123"

// testServer is a localdev that a test has started in its own process.
type testServer struct {
	*stack
	url string
}

// newTestServer serves on a port of its own until the test ends. Its database is the
// test's own, but where the variables name another.
func newTestServer(t testing.TB, way string, variables map[string]string) testServer {
	t.Helper()
	o := options{addr: "127.0.0.1:0", data: t.TempDir(), lambda: way == asBinaries}
	if o.lambda {
		o.functions = programtest.Functions(t)
	}
	if variables["DATABASE_URL"] == "" {
		variables = with(with(variables, "DATABASE_URL", postgrestest.FunctionsURL(t)), "MIGRATE_DATABASE_URL", postgrestest.URL(t))
	}
	return startTestServer(t, o, with(variables, "ADMIN_PASSWORD", adminPassword))
}

func startTestServer(t testing.TB, o options, variables map[string]string) testServer {
	t.Helper()
	env := func(name string) (string, bool) { v, set := variables[name]; return v, set }
	ctx, cancel := context.WithCancel(context.Background())
	p, err := open(ctx, o, env, io.Discard)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- p.serve(ctx, io.Discard) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		p.stop()
	})
	return testServer{stack: p, url: "http://" + p.listener.Addr().String()}
}

func with(variables map[string]string, name, value string) map[string]string {
	all := map[string]string{name: value}
	for n, v := range variables {
		all[n] = v
	}
	return all
}

// client follows no redirect, unpacks nothing, and waits as long as an API's
// client would.
func client() *http.Client {
	return &http.Client{
		Timeout:       30 * time.Second,
		Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 8},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
