package programtest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/localdev/programtest"
	"roster/shared/aws/sam"
)

func TestFunctionsAreThoseOfTheTemplate(t *testing.T) {
	t.Parallel()
	template, err := sam.Parse(roster.Template)
	if err != nil {
		t.Fatal(err)
	}
	dir := programtest.Functions(t)
	for _, f := range template.Functions {
		if fi, err := os.Stat(filepath.Join(dir, f.Folder)); err != nil || fi.Mode()&0o111 == 0 {
			t.Errorf("%s: %v, %v", f.Folder, fi, err)
		}
	}
}

// What is up to date is not made anew, so that many test processes cost one build.
func TestAProgramIsBuiltOnce(t *testing.T) {
	t.Parallel()
	const folder = "localdev/runtimeapi/testdata/hello"
	before, err := os.Stat(programtest.Program(t, folder))
	if err != nil {
		t.Fatal(err)
	}
	dir, err := programtest.Build(folder)
	if err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(filepath.Join(dir, "hello"))
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("it was built again: %v", err)
	}
}

func TestAProgramThatIsNotThere(t *testing.T) {
	t.Parallel()
	if _, err := programtest.Build("localdev/nothing"); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("the error is %v", err)
	}
}

func TestOnlyWhatIsUnusedIsRemoved(t *testing.T) {
	t.Parallel()
	parent, now := t.TempDir(), time.Now()
	for name, age := range map[string]time.Duration{"old": programtest.MaxUnusedAge + time.Minute, "young": programtest.MaxUnusedAge - time.Minute} {
		dir := filepath.Join(parent, name)
		if err := os.MkdirAll(filepath.Join(dir, "functions"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(dir, now, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if err := programtest.RemoveUnused(parent, now); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(parent)
	if err != nil || len(left) != 1 || left[0].Name() != "young" {
		t.Errorf("left are %v, %v", left, err)
	}
}

func TestOutputIsReadWhileItIsWritten(t *testing.T) {
	t.Parallel()
	var out programtest.Output
	go func() {
		for i := range 100 {
			fmt.Fprintln(&out, i)
		}
	}()
	programtest.Eventually(t, "the last line is there", func() bool { return strings.HasSuffix(out.String(), "\n99\n") })
}
