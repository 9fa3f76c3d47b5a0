package functions_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"roster/localdev/postgrestest"
	"roster/localdev/runtimeapi"
	"roster/shared/credential/keyring"
)

// The bounds of get_user's start. The time is divided by the time of the function
// hello, so that the bound holds on any machine.
const (
	maxInitRatio = 4.0
	maxMemoryMiB = 16.0
)

// BenchmarkInit starts hello and get_user in turns, so that a busy machine slows
// both, and compares their medians. Much of get_user's time goes into reading its
// secret, here without TLS and from the same machine.
func BenchmarkInit(b *testing.B) {
	v := newService(b, postgrestest.URL(b), settings{})
	f := readTemplate(b).Function("get_user")
	var hello, user cold
	for b.Loop() {
		hello.measure(b, v.startHello())
		user.measure(b, v.start(*f, nil))
	}
	ratio := median(user.ms) / median(hello.ms)
	b.ReportMetric(median(hello.ms), "hello-ms")
	b.ReportMetric(median(user.ms), "get_user-ms")
	b.ReportMetric(ratio, "ratio")
	b.ReportMetric(median(hello.cpu), "hello-cpu-ms")
	b.ReportMetric(median(user.cpu), "get_user-cpu-ms")
	b.ReportMetric(median(hello.mib), "hello-MiB")
	b.ReportMetric(median(user.mib), "get_user-MiB")
	if ratio > maxInitRatio {
		b.Errorf("get_user starts in %.1f times hello's time, want at most %.1f", ratio, maxInitRatio)
	}
	if m := median(user.mib); m > maxMemoryMiB {
		b.Errorf("get_user has %.1f MiB in memory after its start, want at most %.0f", m, maxMemoryMiB)
	}
}

// BenchmarkInitOf starts every function, one after the other.
func BenchmarkInitOf(b *testing.B) {
	for _, f := range readTemplate(b).Functions {
		b.Run(f.Folder, func(b *testing.B) {
			v := newService(b, postgrestest.URL(b), settings{})
			var c cold
			for b.Loop() {
				c.measure(b, v.start(f, nil))
			}
			b.ReportMetric(median(c.ms), "init-ms")
			b.ReportMetric(median(c.cpu), "init-cpu-ms")
			b.ReportMetric(median(c.mib), "MiB")
		})
	}
}

// cold collects what starts cost until the process asks for its first event: the
// milliseconds, those on a processor (Linux only; otherwise 0), and the MiB that it
// has in memory then. The time on a processor tells more on a busy machine.
type cold struct{ ms, cpu, mib []float64 }

func (c *cold) measure(b *testing.B, f *runtimeapi.Function) {
	b.Helper()
	defer f.Close()
	if err := f.Warm(context.Background()); err != nil {
		b.Fatal(err)
	}
	in := f.Instances()[0]
	c.ms = append(c.ms, float64(in.Init)/float64(time.Millisecond))
	c.cpu = append(c.cpu, float64(in.Processor)/float64(time.Millisecond))
	c.mib = append(c.mib, float64(in.InitMemory)/(1<<20))
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// maxSlowdown is how many times as long a GET may take with ES256 as with HS256.
const maxSlowdown = 1.25

// BenchmarkGetByAlgorithm sends the same GET to functions that verify HS256 and
// ES256, in turns, so that a busy machine slows both, and compares the medians.
func BenchmarkGetByAlgorithm(b *testing.B) {
	type deployed struct {
		*service
		token string
		ms    []float64
	}
	url := postgrestest.URL(b)
	hs := &deployed{service: newService(b, url, settings{})}
	es := &deployed{service: newService(b, url, secret("JWT_KEYS", newRing(b, keyring.ES256)))}
	hs.call("POST", "/api/user/register", "", account, 201)
	for _, d := range []*deployed{hs, es} {
		d.token = d.login(credentials)
		d.gateway = d.plain // without the comparison with openapi.yaml
		d.call("GET", "/api/user/user1", d.token, "", 200)
	}
	for b.Loop() {
		for _, d := range []*deployed{hs, es} {
			began := time.Now()
			d.call("GET", "/api/user/user1", d.token, "", 200)
			d.ms = append(d.ms, float64(time.Since(began))/float64(time.Millisecond))
		}
	}
	ratio := median(es.ms) / median(hs.ms)
	b.ReportMetric(median(hs.ms), "HS256-ms")
	b.ReportMetric(median(es.ms), "ES256-ms")
	b.ReportMetric(ratio, "ratio")
	if b.N > 100 && ratio > maxSlowdown {
		b.Errorf("with ES256 a GET takes %.2f times the time with HS256, want at most %.2f", ratio, maxSlowdown)
	}
}

// BenchmarkWarm sends requests, one after the other, through the gateway to
// functions that have started already.
func BenchmarkWarm(b *testing.B) {
	v := newService(b, postgrestest.URL(b), settings{})
	v.call("POST", "/api/user/register", "", account, 201)
	token := v.login(credentials)
	v.gateway = v.plain // without the comparison with openapi.yaml
	b.Run("get_user", func(b *testing.B) {
		for b.Loop() {
			v.call("GET", "/api/user/user1", token, "", 200)
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/request")
	})
	b.Run("login", func(b *testing.B) {
		for b.Loop() {
			v.call("POST", "/api/user/login", "", credentials, 200)
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/request")
	})
}
