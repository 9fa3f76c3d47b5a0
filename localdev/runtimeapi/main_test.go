package runtimeapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/programtest"
	"roster/localdev/runtimeapi"
)

func TestMain(m *testing.M) {
	if binary := os.Getenv("BE_A_PARENT_OF"); binary != "" {
		beParent(binary)
	}
	os.Exit(m.Run())
}

// binary returns the path of a program in testdata.
func binary(t testing.TB, name string) string {
	t.Helper()
	return programtest.Program(t, "localdev/runtimeapi/testdata/"+name)
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
	cfg.Binary = binary(t, name)
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

// gate is a server whose answers wait until it is opened.
type gate struct {
	URL     string
	arrived chan struct{}
	open    chan struct{}
}

var _ http.Handler = (*gate)(nil)

func (g *gate) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	g.arrived <- struct{}{}
	select {
	case <-g.open:
	case <-r.Context().Done():
	}
}
