package pgserver_test

import (
	"context"
	"path/filepath"
	"testing"

	"roster/localdev/pgserver"
)

// A developer's own settings for other servers are in nobody's way.
func TestVariablesOfOtherServersAreIgnored(t *testing.T) {
	for name, value := range map[string]string{
		"PGHOST": "db.invalid", "PGPORT": "1", "PGUSER": "nobody", "PGDATABASE": "none", "PGPASSWORD": "x", "PGSERVICE": "none",
		"PGTARGETSESSIONATTRS": "standby", "PGSSLMODE": "verify-full", "PGCONNECT_TIMEOUT": "soon", "PGOPTIONS": "-c nonsense=1",
	} {
		t.Setenv(name, value)
	}
	s := start(t, options(folder(t)))
	if got := query(t, s.URL("postgres"), "SELECT current_database()"); got != "postgres" {
		t.Errorf("got %s", got)
	}
}

// The folder's name is part of a list for PostgreSQL and of a URL for pgx.
func TestOddFolderNamesWork(t *testing.T) {
	t.Parallel()
	opts := options(filepath.Join(folder(t), `a b, c'd"é%20\$1;#`))
	s, err := pgserver.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Remove(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if got := query(t, s.URL("postgres"), "SELECT 1"); got != "1" {
		t.Errorf("got %s", got)
	}
}
