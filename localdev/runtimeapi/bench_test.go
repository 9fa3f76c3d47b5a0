package runtimeapi_test

import (
	"testing"

	"roster/localdev/runtimeapi"
)

func BenchmarkColdStart(b *testing.B) {
	var init, resident float64
	for b.Loop() {
		f, err := runtimeapi.Start(b.Context(), runtimeapi.Config{Binary: binary(b, "hello")})
		if err != nil {
			b.Fatal(err)
		}
		if err := f.Warm(b.Context()); err != nil {
			b.Fatal(err)
		}
		in := f.Instances()[0]
		init += in.Init.Seconds() * 1000
		resident += float64(in.InitMemory) / (1 << 20)
		f.Close()
	}
	b.ReportMetric(init/float64(b.N), "init-ms")
	b.ReportMetric(resident/float64(b.N), "resident-MB")
}

func BenchmarkWarmRequest(b *testing.B) {
	f, err := runtimeapi.Start(b.Context(), runtimeapi.Config{Binary: binary(b, "hello")})
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for b.Loop() {
		if _, err := f.InvokeHTTP(b.Context(), request("/")); err != nil {
			b.Fatal(err)
		}
	}
}
