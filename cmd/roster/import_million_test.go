package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
	"roster/localdev/programtest"
	"roster/shared/postgres/dburl"
	"roster/shared/postgres/migrations"
)

var importRows = flag.Int("import-rows", 3000, "accounts in TestAnImportIsFastAndSmall; make import-million says a million")

// writeAccounts writes accounts as a move brings them: with a hash, in an order that
// has nothing to do with the names.
func writeAccounts(w io.Writer, n int) error {
	b := bufio.NewWriter(w)
	for i := range n {
		name := fmt.Sprintf("user.%07d", i*7919%n)
		fmt.Fprintf(b, `{"username":%q,"first_name":"First%d","last_name":"Last%d","email":"%s@example.com","role":"USER","active":true,`+
			`"password_hash":"pbkdf2:sha256:600000$%016x$%064x","created_at":"2024-01-02T03:%02d:%02d.%06dZ"}`+"\n", name, i%5000, i%9000, name, i, i, i/60%60, i%60, i%1_000_000)
	}
	return b.Flush()
}

// run is what a run of the program took.
type measured struct {
	took   time.Duration
	memory int64 // the largest resident set, in MiB
	out    string
}

func measure(t *testing.T, url string, n int, args ...string) (m measured) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), programtest.Program(t, "cmd/roster"), append([]string{"import", "-"}, args...)...)
	var out bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = []string{"DATABASE_URL=" + url}, &out, &out
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	peak := watchMemory(cmd.Process.Pid)
	writing := writeAccounts(in, n)
	in.Close()
	if err := cmd.Wait(); err != nil || writing != nil {
		t.Fatalf("%v, %v: %s", err, writing, out.String())
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	m = measured{took: time.Since(start), memory: usage.Maxrss / 1024, out: out.String()}
	switch runtime.GOOS {
	case "linux": // Maxrss has the memory of the process that started it, too, which is this test's
		m.memory = <-peak / 1024
	case "darwin": // counts bytes
		m.memory /= 1024
	}
	t.Logf("%-28s %8d rows in %6.1f s: %6.0f rows a second; %d MiB at most, %.1f s of processor", strings.Join(args, " "), n,
		m.took.Seconds(), float64(n)/m.took.Seconds(), m.memory, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds())
	return m
}

// watchMemory gives the most memory that a process of Linux has had, in KiB, when it has
// ended.
func watchMemory(pid int) <-chan int64 {
	peak := make(chan int64, 1)
	go func() {
		var most int64
		defer func() { peak <- most }()
		for range time.Tick(5 * time.Millisecond) {
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			_, after, found := strings.Cut(string(status), "VmHWM:")
			if err != nil || !found { // it has ended
				return
			}
			_, _ = fmt.Sscan(after, &most)
		}
	}()
	return peak
}

// The whole program, against PostgreSQL with the whole schema and the sizes that it has
// by default. The servers of other tests are smaller, because many run at once. The
// program's memory does not grow with the file, except in a dry run, which remembers the
// names that it would take.
func TestAnImportIsFastAndSmall(t *testing.T) {
	t.Parallel()
	server := postgrestest.Server(t, "shared_buffers=128MB", "max_wal_size=1GB")
	conn, err := pgx.Connect(t.Context(), server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	url := server.URL("postgres")
	if _, err := migrations.Up(t.Context(), url, dburl.Access{}); err != nil {
		t.Fatal(err)
	}
	n := *importRows
	for _, run := range []struct {
		args []string
		want string
	}{
		{nil, "created    "},
		{[]string{"--apply"}, "created    "},
		{[]string{"--apply", "--policy", "update"}, "unchanged  "},
	} {
		m := measure(t, url, n, run.args...)
		if want := run.want + fmt.Sprint(n) + "\n"; !strings.Contains(m.out, want) || strings.Contains(m.out, "refused") {
			t.Errorf("%s: %s", run.args, m.out)
		}
		if m.memory >= 100 {
			t.Errorf("%s: %d MiB", run.args, m.memory)
		}
	}
	var stored int
	if err := conn.QueryRow(t.Context(), "select count(*) from users where password_hash like 'pbkdf2:%'").Scan(&stored); err != nil || stored != n {
		t.Errorf("%d accounts of %d, %v", stored, n, err)
	}
}
