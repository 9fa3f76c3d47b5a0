package main

import (
	"sync"
	"testing"

	"roster/localdev/pgserver"
)

// As when a localdev was killed while its server made the database, and the
// next one makes it, too.
func TestTwoProcessesCreateOneDatabase(t *testing.T) {
	t.Parallel()
	server, err := pgserver.Start(t.Context(), pgserver.Options{Dir: dataFolder(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := createDatabase(t.Context(), server); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
