package report_test

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/bench/coldstart"
	"roster/bench/lambdacpu"
	"roster/bench/report"
)

var update = flag.Bool("update", false, "write testdata")

// results are made up; no page shows them.
func results() report.Results {
	return report.Results{
		Machine: report.Machine{CPU: "Model A", Cores: 2, MemoryMiB: 8192, OS: "linux/amd64", Go: "go1.26", PostgreSQL: "15.1", Commit: "abc1234"},
		Date:    time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC), Command: "go run ./bench", Trials: 20,
		Flows: []report.FlowResult{
			{Flow: "get", Clients: 1, Subject: report.Limit, RPS: 2000, P50ms: 0.4, P99ms: 0.9, ServerCPUms: 0.2, DatabaseCPUms: 0.1, ServerMiB: 12},
			{Flow: "get", Clients: 1, Subject: report.Roster, RPS: 1500, P50ms: 0.6, P99ms: 1.2, ServerCPUms: 0.3, DatabaseCPUms: 0.15, ServerMiB: 24},
			{Flow: "refresh", Clients: 16, Subject: report.Roster, RPS: 900, P50ms: 5, P99ms: 9, ServerCPUms: 0.5, DatabaseCPUms: 0.55, ServerMiB: 25},
		},
		ColdStarts: []report.ColdStart{
			report.ColdStart(coldstart.Result{Function: "hello", InitP50ms: 4, InitP99ms: 6, InitCPUms: 3, FirstMs: 1, WarmMs: 0.25, InitMiB: 6, FirstMiB: 6.1, PeakMiB: 6.2, BinaryMiB: 5.6, InitRatio: 1, InitCPURatio: 1, ResidentRatio: 1, BinaryRatio: 1}),
			{Function: "get_user", Status: 200, InitP50ms: 8, InitP99ms: 12, InitCPUms: 6, FirstMs: 9, WarmMs: 1, InitMiB: 11, FirstMiB: 12, PeakMiB: 12.5, BinaryMiB: 11.7, InitRatio: 2, InitCPURatio: 2, ResidentRatio: 1.83, BinaryRatio: 2.09},
		},
		MemorySizes: []report.MemorySize{
			report.MemorySize(lambdacpu.Result{Flow: "login", MemoryMB: 128, Share: 128.0 / 1769, WarmMs: 600, GBSeconds: 0.075}),
			{Flow: "login", MemoryMB: 1024, Share: 1024.0 / 1769, WarmMs: 70, GBSeconds: 0.07},
			{Flow: "get", MemoryMB: 128, Share: 128.0 / 1769, WarmMs: 2, GBSeconds: 0.00025},
		},
		Scale: []report.ScaleResult{{Users: 1000, P50ms: 0.6, DatabaseCPUms: 0.15}, {Users: 1_000_000, P50ms: 0.66, DatabaseCPUms: 0.16}},
		Directory: []report.DirectoryResult{
			{What: "GET by username", P50ms: 0.4, P99ms: 0.9, SlowestMs: 3, DatabaseCPUms: 0.09},
			{What: "the first page", P50ms: 0.8, P99ms: 1.9, SlowestMs: 4, DatabaseCPUms: 0.3},
		},
		Costs: report.Costs{
			PricesRead: "2026-11-27", Logins: []report.LoginCost{{MemoryMB: 1024, Arm64: 2.13, X86: 2.37}}, Users: 100_000, Pattern: "Each logs in twice.",
			Month: []report.MonthCost{{Service: "Roster", Dollars: 25.5, Basis: "measured"}, {Service: "Other", Dollars: 495, Basis: "by user", URL: "https://example.com/pricing", Read: "2026-11-27"}},
		},
		Steps: []report.StepResult{{Step: "prepared statements", Commit: "def5678", What: "GET, database CPU ms", Before: 0.45, After: 0.15}},
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	files, err := report.Render(results())
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range files {
		path := filepath.Join("testdata", filepath.FromSlash(name))
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got), go test -update writes it:\n%s", name, diff)
		}
	}
	if again, err := report.Render(results()); err != nil || !maps.Equal(files, again) {
		t.Errorf("the same results give other files, %v", err)
	}
	for name := range files {
		if svg, ok := strings.CutPrefix(name, "performance/"); ok && !strings.Contains(files["performance.md"], "(performance/"+svg+")") {
			t.Errorf("the page does not show %s", name)
		}
	}
}

// The ratios are computed, and a figure that is not there is not shown as 0.
func TestRenderComputes(t *testing.T) {
	t.Parallel()
	files, err := report.Render(results())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| | | **ratio** | **0.75** | 1.50 | 1.33 | **1.50** | **1.50** | 2.00 |", "| 1,000,000 | 0.66 | 1.10 | 0.16 |",
		"| 1024 | 2.13 | 2.37 |", "| GET, database CPU ms | 0.45 | 0.15 | 0.33 |", "2 cores of Model A, 8192 MiB, linux/amd64; go1.26, PostgreSQL 15.1; commit abc1234.",
	} {
		if !strings.Contains(files["performance.md"], want) {
			t.Errorf("the page has no %q", want)
		}
	}
}

func TestRenderSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	files, err := report.Render(report.Results{Missing: map[string]string{"memory": "no control group."}})
	if err != nil {
		t.Fatal(err)
	}
	if names := slices.Collect(maps.Keys(files)); len(names) != 1 {
		t.Errorf("nothing was measured, and there are %q", names)
	}
	if got := files["performance.md"]; strings.Count(got, "Not measured in this run") != 7 || !strings.Contains(got, "Not measured in this run: no control group.") || strings.Contains(got, "NaN") {
		t.Errorf("the page is\n%s", got)
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	docs := t.TempDir()
	if err := report.Write(docs, results()); err != nil {
		t.Fatal(err)
	}
	r := results()
	r.Scale = nil
	if err := report.Write(docs, r); err != nil {
		t.Fatal(err)
	}
	plots, err := filepath.Glob(filepath.Join(docs, "performance", "*.svg"))
	if err != nil || len(plots) != 5 {
		t.Errorf("%d plots are left, %v", len(plots), err)
	}
	if _, err := os.Stat(filepath.Join(docs, "performance.md")); err != nil {
		t.Error(err)
	}
}
