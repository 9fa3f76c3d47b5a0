package lambdacpu

import (
	"os"
	"strings"
	"testing"
	"time"

	"roster/localdev/postgrestest"
	"roster/localdev/programtest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

// A fourteenth of a processor makes a login, which hashes, take far longer, also on a
// busy machine, where the whole one is shared.
func TestMeasure(t *testing.T) {
	t.Parallel()
	results, err := Measure(t.Context(), Options{
		DatabaseURL: postgrestest.FunctionsURL(t), Requests: 5, Flows: []string{"login", "jwks"}, Sizes: []int{128, 1769}, Binary: programtest.Binary(t),
	})
	if err != nil {
		if !strings.HasSuffix(err.Error(), "permission denied") && !strings.Contains(err.Error(), "cannot be set") && !strings.Contains(err.Error(), "Linux only") {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	if len(results) != 4 {
		t.Fatalf("%d results", len(results))
	}
	small, large := results[0], results[1]
	if small.Flow != "login" || small.MemoryMB != 128 || large.Share != 1 {
		t.Fatalf("%+v, %+v", small, large)
	}
	if small.WarmMs < 2*large.WarmMs {
		t.Errorf("with a fourteenth of a processor a login takes %.1f ms, and with a whole one %.1f ms", small.WarmMs, large.WarmMs)
	}
	if jwks := results[2]; jwks.WarmMs <= 0 || jwks.WarmMs > small.WarmMs {
		t.Errorf("jwks takes %.2f ms, and a login %.2f", jwks.WarmMs, small.WarmMs)
	}
}

func TestMeasureRefusesAnUnknownFlow(t *testing.T) {
	t.Parallel()
	if _, err := Measure(t.Context(), Options{DatabaseURL: postgrestest.FunctionsURL(t), Flows: []string{"nothing"}, Binary: programtest.Binary(t)}); err == nil {
		t.Error("a flow that does not exist was measured")
	}
}

// Lambda bills whole milliseconds.
func TestNewResult(t *testing.T) {
	t.Parallel()
	r := newResult("login", 512, []time.Duration{100 * time.Millisecond, 1500 * time.Microsecond, 49 * time.Millisecond})
	want := Result{Flow: "login", MemoryMB: 512, Share: 512.0 / 1769, WarmMs: 49, GBSeconds: (0.1 + 0.002 + 0.049) / 3 * 0.5}
	if diff := r.GBSeconds - want.GBSeconds; diff > 1e-12 || diff < -1e-12 {
		t.Errorf("%v GB-seconds, want %v", r.GBSeconds, want.GBSeconds)
	}
	r.GBSeconds = want.GBSeconds
	if r != want {
		t.Errorf("%+v, want %+v", r, want)
	}
	if got := share(3008); got != 1 {
		t.Errorf("3008 MB have a share of %v; one request uses one core", got)
	}
}
