package programtest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
