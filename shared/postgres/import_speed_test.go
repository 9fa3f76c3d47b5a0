package postgres_test

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
	"roster/shared/directory"
	"roster/shared/postgres"
	"roster/shared/user"
)

var importRows = flag.Int("import-rows", 0, "")

type anyHash struct{}

func (anyHash) CheckHash(string) string { return "" }

func generate(w io.Writer, n int) {
	b := bufio.NewWriter(w)
	defer b.Flush()
	for i := range n {
		fmt.Fprintf(b, `{"username":"user.%d","first_name":"First%d","last_name":"Last%d","email":"user.%d@example.com","password_hash":"pbkdf2:sha256:600000$q8uYb4sPvSy0ZcQ7$%064x","created_at":"2024-01-02T03:04:05.%06dZ"}`+"\n", i*7919%n, i%5000, i%9000, i*7919%n, i, i%1000000)
	}
}

func TestImportSpeed(t *testing.T) {
	if *importRows == 0 {
		t.Skip()
	}
	db, err := postgres.Open(t.Context(), postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r, w := io.Pipe()
	go func() { generate(w, *importRows); w.Close() }()
	start := time.Now()
	report, err := directory.Import(t.Context(), db, directory.ImportParts{Rules: user.Rules{}, Hashes: anyHash{}, NewUUID: user.NewUUID}, directory.Lines(r, 0), directory.Options{Now: now})
	var ru syscall.Rusage
	_ = syscall.Getrusage(0, &ru)
	pool := postgrestest.Pool(t)
	rows, _ := pool.Query(t.Context(), "select pid from pg_stat_activity where datname=current_database() and pid<>pg_backend_pid()")
	pids, _ := pgx.CollectRows(rows, pgx.RowTo[int])
	for _, pid := range pids {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		f := strings.Fields(string(b))
		t.Log("backend", pid, "utime", f[13], "stime", f[14])
	}
	t.Log("go user", ru.Utime, "sys", ru.Stime, "maxrss", ru.Maxrss)
	t.Logf("%+v %v %.0f rows/s", report, err, float64(report.Rows)/time.Since(start).Seconds())
}
