package plot_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/bench/plot"
)

var update = flag.Bool("update", false, "write testdata")

var charts = map[string]interface{ SVG() string }{
	"bars.svg": plot.Bars{
		Title: "Requests a second & clients", Axis: "requests a second", Labels: []string{"get, 1 client", "login of many, 16 clients"},
		Series: []plot.Series{{"Roster", []float64{1234.6, 20}}, {"limit", []float64{2100, 25.26}}},
	},
	"lines.svg": plot.Lines{
		Title: "Warm login", XAxis: "memory, MB", YAxis: "ms", Labels: []string{"128", "256", "1024"},
		Series: []plot.Series{{"login", []float64{679, 296, 74}}, {"register", []float64{690, 310, 2}}},
	},
	"gaps.svg": plot.Bars{
		Title: "Without a value", Axis: "ms", Labels: []string{"a", "b"}, Series: []plot.Series{{"x", []float64{math.NaN()}}},
	},
}

func TestCharts(t *testing.T) {
	t.Parallel()
	for name, chart := range charts {
		got := chart.SVG()
		path := filepath.Join("testdata", name)
		if *update {
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
		if again := chart.SVG(); again != got {
			t.Errorf("%s differs when it is drawn again", name)
		}
		for d := xml.NewDecoder(strings.NewReader(got)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s is not XML: %v", name, err)
			}
		}
	}
}

// A chart has its title, the names of its axes and each value in words, and follows
// dark mode.
func TestChartsSayWhatTheyShow(t *testing.T) {
	t.Parallel()
	got := charts["bars.svg"].SVG()
	for _, want := range []string{"Requests a second &amp; clients", ">requests a second<", ">get, 1 client<", ">1,235<", ">25.3<", ">limit<", "prefers-color-scheme:dark"} {
		if !strings.Contains(got, want) {
			t.Errorf("the chart has no %q", want)
		}
	}
	if strings.Contains(charts["gaps.svg"].SVG(), "NaN") {
		t.Error("a value that is not a number is drawn")
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{
		0: "0", 0.0000133: "0.0000133", 0.45: "0.45", 1: "1", 1.25: "1.25", 12.345: "12.3", 999.6: "1,000", 1234567: "1,234,567", -1234: "-1,234", 0.999: "0.999",
	} {
		if got := plot.Number(v); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
}
