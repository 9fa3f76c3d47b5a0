package main

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"roster/localdev/pgserver"
	"roster/shared/postgres/dburl"
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

// The banner's command for psql has a URL that roster takes as DATABASE_URL, also
// where the folder has a space.
func TestTheBannersDatabaseIsADatabaseURL(t *testing.T) {
	t.Parallel()
	server, err := pgserver.Start(t.Context(), pgserver.Options{Dir: filepath.Join(dataFolder(t), "a folder")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	if err := createDatabase(t.Context(), server); err != nil {
		t.Fatal(err)
	}
	shown := database{owner: server.URL(databaseName), server: server}.String()
	command, _, _ := strings.Cut(shown, "   (log: ")
	address := strings.Trim(strings.TrimPrefix(command, "psql "), "'")
	if !strings.HasPrefix(address, "postgres://") {
		t.Fatalf("it is no URL: %s", shown)
	}
	if err := checkDatabaseURL(t.Context(), address, dburl.Access{}); err != nil {
		t.Errorf("%s: %v", address, err)
	}
}
