package functions_test

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

var arm64 = flag.Bool("arm64", false, "build for Lambda's processor and measure that, in TestSizes")

// The bounds of a binary for Lambda's arm64, in bytes. A larger one takes longer to
// start: every cold start reads and relocates it.
const (
	maxBinary  = 12 << 20
	maxMailing = 14 << 20 // with the client of SES
)

// otherProcessors is how much larger the same code may be for them; for amd64 it is
// 5 to 6 %. Without -arm64 the test measures the binaries that the other tests
// have built already; CI measures those for arm64.
const otherProcessors = 1.08

func TestSizes(t *testing.T) {
	t.Parallel()
	slack, path := otherProcessors, func(folder string) string { return binary(t, folder) }
	if *arm64 || runtime.GOOS+"/"+runtime.GOARCH == "linux/arm64" {
		slack = 1
	}
	if *arm64 {
		dir := buildForLambda(t)
		path = func(folder string) string { return filepath.Join(dir, folder) }
	}
	for _, f := range readTemplate(t).Functions {
		limit := float64(maxBinary)
		if slices.Contains(links(t, f.Folder), "github.com/aws/aws-sdk-go-v2/service/sesv2") {
			limit = maxMailing
		}
		info, err := os.Stat(path(f.Folder))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%-20s %6.2f MiB", f.Folder, float64(info.Size())/(1<<20))
		if size := float64(info.Size()); size > limit*slack {
			t.Errorf("%s has %.2f MiB, want at most %.2f; see what it newly links in testdata/links.txt",
				f.Folder, size/(1<<20), limit*slack/(1<<20))
		}
	}
}

// buildForLambda builds all functions with the flags that they are deployed
// with.
func buildForLambda(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(context.Background(), "go", "build",
		"-tags", "lambda.norpc", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", dir+string(filepath.Separator), "./...")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}
