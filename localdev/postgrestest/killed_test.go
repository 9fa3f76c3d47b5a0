package postgrestest_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"roster/localdev/postgrestest"
)

// holderVariable makes TestHolder hold a database until its process is killed.
const holderVariable = "POSTGRESTEST_HOLDER"

// TestHolder does nothing but for TestTheDatabaseOfAKilledProcessIsRemoved.
func TestHolder(t *testing.T) {
	if os.Getenv(holderVariable) == "" {
		return
	}
	fmt.Println("\nholding " + postgrestest.URL(t))
	_, _ = os.Stdin.Read(make([]byte, 1))
}

// hold starts a process that holds a database, and returns the database's URL.
func hold(t *testing.T) (holder *exec.Cmd, url string) {
	t.Helper()
	holder = exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestHolder$")
	holder.Env = append(os.Environ(), holderVariable+"=yes")
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holder.StdinPipe(); err != nil { // kept open, unused
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	for lines, found := bufio.NewScanner(out), false; !found && lines.Scan(); {
		url, found = strings.CutPrefix(lines.Text(), "holding ")
	}
	if !strings.HasPrefix(url, "postgres://") {
		t.Fatal("the holder holds nothing")
	}
	return holder, url
}

// What a killed process leaves, the next one to come removes; what a living one holds, it leaves alone.
func TestTheDatabaseOfAKilledProcessIsRemoved(t *testing.T) {
	t.Parallel()
	holder, url := hold(t)
	comeAndGo := func() {
		t.Helper()
		if out, err := rerun(t, "^TestAnEmptyDatabaseHasNoTables$"); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	comeAndGo()
	if !exists(t, url) {
		t.Errorf("%s, which a process uses, is gone", url)
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait() // "signal: killed"
	comeAndGo()
	if exists(t, url) {
		t.Errorf("%s is still there", url)
	}
}

func TestAnInterruptedProcessRemovesItsDatabase(t *testing.T) {
	t.Parallel()
	holder, _ := hold(t)
	if err := holder.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait() // the code says more
	if code := holder.ProcessState.ExitCode(); code != 130 {
		t.Errorf("ended with %v", holder.ProcessState)
	}
}
