package pgserver_test

import (
	"os"
	"path/filepath"
	"testing"

	"roster/localdev/pgserver"
)

// Throw-away servers are copies of one initdb, and one that does not start is made anew.
func TestThrowAwayDataIsCopied(t *testing.T) {
	t.Parallel()
	copies := filepath.Join(filepath.Dir(folder(t)), "copies")
	identifierOf := func() string {
		t.Helper()
		opts := pgserver.Options{Dir: folder(t), Source: pgserver.Source(os.Getenv(pgserver.SourceVariable))}
		return query(t, start(t, opts.WithPristine(copies)).URL("postgres"), "SELECT system_identifier FROM pg_control_system()")
	}
	first := identifierOf()
	if second := identifierOf(); second != first {
		t.Errorf("the second server's data is no copy: it is %s, the first is %s", second, first)
	}
	kept, err := filepath.Glob(filepath.Join(copies, "*", "global", "pg_control"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept are %q, %v", kept, err)
	}
	if err := os.Remove(kept[0]); err != nil {
		t.Fatal(err)
	}
	if third := identifierOf(); third == first {
		t.Error("the damaged copy is still used")
	}
	if _, err := os.Stat(kept[0]); err != nil {
		t.Errorf("the copy is not made anew: %v", err)
	}
}
