package pgserver_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/pgserver"
)

func TestNewestBinariesFirst(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for dir, says := range map[string]string{
		"9":     "postgres (PostgreSQL) 9.6.24",
		"13":    "postgres (PostgreSQL) 13.23",
		"14":    "postgres (PostgreSQL) 14.9 (Debian 14.9-1)",
		"14.10": "postgres (PostgreSQL) 14.10",
		"100":   "postgres (PostgreSQL) 100.1",
		"18":    "postgres (PostgreSQL) 18beta1",
		"odd":   "something else",
	} {
		program(t, filepath.Join(root, dir, "bin", "postgres"), "echo '"+says+"'")
		program(t, filepath.Join(root, dir, "bin", "initdb"), "")
	}
	program(t, filepath.Join(root, "client", "bin", "psql"), "")
	program(t, filepath.Join(root, "half", "bin", "postgres"), "echo 'postgres (PostgreSQL) 17.1'")
	program(t, filepath.Join(root, "broken", "bin", "postgres"), "exit 1")
	program(t, filepath.Join(root, "broken", "bin", "initdb"), "")

	var want []string
	for _, dir := range []string{"100", "18", "14.10", "14"} {
		want = append(want, filepath.Join(root, dir, "bin"))
	}
	got := pgserver.NewestIn(t.Context(), filepath.Join(root, "absent"), filepath.Join(root, "*", "bin"))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func program(t *testing.T, path, script string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestWrongBindirIsRefused(t *testing.T) {
	t.Setenv("PG_BINDIR", t.TempDir())
	opts := options(folder(t))
	opts.Source = pgserver.Installed
	_, err := pgserver.Start(t.Context(), opts)
	wantError(t, err, "PG_BINDIR is "+os.Getenv("PG_BINDIR"), "correct it or unset it")
}

func TestASourceIsInstalledOrDownload(t *testing.T) {
	t.Parallel()
	for _, good := range []pgserver.Source{pgserver.Any, pgserver.Installed, pgserver.Download} {
		if got, err := pgserver.ParseSource(string(good)); err != nil || got != good {
			t.Errorf("%q: %q, %v", good, got, err)
		}
	}
	_, err := pgserver.ParseSource("Download")
	wantError(t, err, `LOCALDEV_POSTGRES is "Download"`, `"installed" or "download"`)
}
