package coldstart_test

import (
	"os"
	"runtime"
	"testing"

	"roster/bench/coldstart"
	"roster/localdev/postgrestest"
	"roster/localdev/programtest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

func TestMeasure(t *testing.T) {
	t.Parallel()
	results, err := coldstart.Measure(t.Context(), coldstart.Options{
		DatabaseURL: postgrestest.FunctionsURL(t), Trials: 1, Functions: []string{"get_user", "seed_admin"}, Binary: programtest.Binary(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]coldstart.Result{}
	for _, r := range results {
		found[r.Function] = r
		if r.InitP50ms <= 0 || r.InitP99ms < r.InitP50ms || r.BinaryMiB < 1 || r.InitRatio <= 0 || r.BinaryRatio <= 0 {
			t.Errorf("a start cost nothing: %+v", r)
		}
		if runtime.GOOS == "linux" && (r.InitCPUms <= 0 || r.InitMiB < 1 || r.InitCPURatio <= 0 || r.ResidentRatio <= 0) {
			t.Errorf("a start used no processor or no memory: %+v", r)
		}
	}
	if len(results) != 3 || results[0].Function != "hello" || results[0].InitRatio != 1 {
		t.Fatalf("%d results, the first %+v", len(results), results[0])
	}
	user := found["get_user"]
	if user.Status != 200 || user.FirstMs <= 0 || user.WarmMs <= 0 || user.WarmMs >= user.FirstMs || user.BinaryRatio < 1.2 {
		t.Errorf("get_user: %+v", user)
	}
	if runtime.GOOS == "linux" && (user.FirstMiB < user.InitMiB || user.PeakMiB < user.FirstMiB) {
		t.Errorf("get_user's memory shrinks: %+v", user)
	}
	if job := found["seed_admin"]; job.Status != 0 || job.FirstMs != 0 {
		t.Errorf("seed_admin, which no request reaches, got one: %+v", job)
	}
}

func TestMeasureRefusesAnUnknownFunction(t *testing.T) {
	t.Parallel()
	_, err := coldstart.Measure(t.Context(), coldstart.Options{DatabaseURL: postgrestest.FunctionsURL(t), Trials: 1, Functions: []string{"nothing"}, Binary: programtest.Binary(t)})
	if err == nil {
		t.Error("a function that does not exist was measured")
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	values := []float64{5, 1, 3, 2, 4}
	for q, want := range map[float64]float64{0: 1, 0.5: 3, 0.99: 5, 1: 5} {
		if got := coldstart.Quantile(values, q); got != want {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if got := coldstart.Quantile(nil, 0.5); got != 0 {
		t.Errorf("the median of nothing is %v", got)
	}
}
