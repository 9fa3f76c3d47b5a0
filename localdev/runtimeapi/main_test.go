package runtimeapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/runtimeapi"
)

var binaries string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if binary := os.Getenv("BE_A_PARENT_OF"); binary != "" {
		beParent(binary)
	}
	var err error
	if binaries, err = os.MkdirTemp("", "runtimeapi"); err != nil {
		log.Print(err)
		return 1
	}
	defer os.RemoveAll(binaries)
	if err := runtimeapi.Build(context.Background(), []string{"testdata/hello", "testdata/misbehave"}, binaries); err != nil {
		log.Print(err)
		return 1
	}
	return m.Run()
}

// beParent starts a function, names its process and waits to be killed.
func beParent(binary string) {
	f, err := runtimeapi.Start(context.Background(), runtimeapi.Config{Binary: binary})
	if err == nil {
		err = f.Warm(context.Background())
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(f.Instances()[0].PID)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func start(t *testing.T, name string, cfg runtimeapi.Config) *runtimeapi.Function {
	t.Helper()
	cfg.Binary = filepath.Join(binaries, name)
	if cfg.Timeout == 0 {
		cfg.Timeout = time.Minute // a busy machine is no failure
	}
	f, err := runtimeapi.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// do invokes the function misbehave and returns the process that answered.
func do(t *testing.T, f *runtimeapi.Function, what string) (pid int) {
	t.Helper()
	body, err := f.Invoke(t.Context(), []byte(`{"Do":"`+what+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &pid); err != nil {
		t.Fatal(err)
	}
	return pid
}

func check(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// eventually polls, for what another process does has no event to wait for.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 30 s", what)
		}
		<-time.After(time.Millisecond)
	}
}

// gate is a server whose answers wait until it is opened.
type gate struct {
	URL     string
	arrived chan struct{}
	open    chan struct{}
}

// logs is a log that can be read while it is written.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var _ http.Handler = (*gate)(nil)

func (g *gate) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	g.arrived <- struct{}{}
	select {
	case <-g.open:
	case <-r.Context().Done():
	}
}
