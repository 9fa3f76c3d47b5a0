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

	"roster/localdev/runtimeapi"
)

var arm64 = flag.Bool("arm64", false, "build for Lambda's processor and measure that, in TestSizes")

// sizes are the bounds of a binary for Lambda's arm64, in bytes, by the heaviest
// packages that it links. A larger one takes longer to start: every cold start reads
// and relocates it.
var sizes = []struct {
	links []string
	limit float64
}{
	{[]string{"github.com/pressly/goose/v3"}, 12.8 * (1 << 20)},
	{[]string{"github.com/aws/aws-sdk-go-v2/service/sesv2", "github.com/ccojocar/zxcvbn-go/data"}, 12.4 * (1 << 20)}, // it mails, and it sets passwords
	{[]string{"github.com/aws/aws-sdk-go-v2/service/sesv2"}, 12 * (1 << 20)},
	{[]string{"github.com/jackc/pgx/v5"}, 11.6 * (1 << 20)},
	{[]string{"net/http"}, 7.1 * (1 << 20)}, // every function
}

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
		limit := maxSize(links(t, f.Folder))
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

// maxSize returns the bound of a function that links the packages.
func maxSize(packages []string) float64 {
	for _, s := range sizes {
		missing := func(name string) bool { return !slices.Contains(packages, name) }
		if !slices.ContainsFunc(s.links, missing) {
			return s.limit
		}
	}
	return 0
}

// buildForLambda builds all functions with the flags that they are deployed
// with.
func buildForLambda(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	args := append([]string{"build", "-o", dir + string(filepath.Separator)}, runtimeapi.Flags()...)
	cmd := exec.CommandContext(context.Background(), "go", append(args, "./...")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}
