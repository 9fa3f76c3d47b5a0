package main

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"roster/bench/report"
)

// flowResults turns what was measured into rows of the report, Roster before the
// limit.
func flowResults(pairs []*pair) (rows []report.FlowResult) {
	for _, p := range pairs {
		for _, of := range []struct {
			subject string
			windows []window
		}{{report.Roster, p.roster}, {report.Limit, p.limit}} {
			r := summary(of.windows)
			rows = append(rows, report.FlowResult{
				Flow: p.flow, Clients: p.clients, Subject: of.subject, RPS: r.rps, P50ms: r.p50, P99ms: r.p99,
				ServerCPUms: r.server, DatabaseCPUms: r.database, ServerMiB: r.memory,
			})
		}
	}
	return rows
}

func scaleResults(all []*scaled) (rows []report.ScaleResult) {
	for _, s := range all {
		r := summary(s.windows)
		rows = append(rows, report.ScaleResult{Users: s.users, P50ms: r.p50, DatabaseCPUms: r.database})
	}
	return rows
}

// describeMachine says where this runs. What cannot be found out stays empty.
func describeMachine(ctx context.Context, l *laboratory) report.Machine {
	m := report.Machine{Cores: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
	m.CPU = field("/proc/cpuinfo", "model name")
	if kib, err := strconv.Atoi(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB")); err == nil {
		m.MemoryMiB = kib / 1024
	}
	if c, err := pgx.Connect(ctx, l.postgres.URL("postgres")); err == nil {
		_ = c.QueryRow(ctx, "show server_version").Scan(&m.PostgreSQL)
		m.PostgreSQL, _, _ = strings.Cut(m.PostgreSQL, " ")
		_ = c.Close(ctx)
	}
	if out, err := exec.CommandContext(ctx, "git", "rev-parse", "--short", "HEAD").Output(); err == nil {
		m.Commit = strings.TrimSpace(string(out))
	}
	return m
}

// field returns the value after a name and a colon in a file of /proc.
func field(path, name string) string {
	file, err := os.Open(path) // #nosec G304 -- a constant of the caller
	if err != nil {
		return ""
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if key, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
