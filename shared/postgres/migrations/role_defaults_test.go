package migrations_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"roster/shared/postgres/dburl"
	"roster/shared/postgres/migrations"
)

// defaultsOf are the settings of a new session of that role.
func defaultsOf(t *testing.T, url string) map[string]string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	got := map[string]string{}
	for setting := range bounded {
		var value string
		if err := conn.QueryRow(t.Context(), "select current_setting($1)", setting).Scan(&value); err != nil {
			t.Fatal(err)
		}
		got[setting] = value
	}
	return got
}

var (
	bounded = map[string]string{"lock_timeout": "200ms", "statement_timeout": "2s", "idle_in_transaction_session_timeout": "3s", "idle_session_timeout": "30s", "plan_cache_mode": "force_generic_plan"}
	free    = map[string]string{"lock_timeout": "0", "statement_timeout": "0", "idle_in_transaction_session_timeout": "0", "idle_session_timeout": "0", "plan_cache_mode": "auto"}
)

// The functions are bounded, and the owner's own work is not.
func TestDefaultsOfTwoRoles(t *testing.T) {
	t.Parallel()
	owner, functions := ownerAndFunctions(t)
	// As it was while one role did both.
	if err := migrations.Grant(t.Context(), owner, owner, dburl.Access{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(bounded, defaultsOf(t, owner)); diff != "" {
		t.Errorf("one role for both (-want +got):\n%s", diff)
	}
	for range 2 { // it can be repeated
		if err := migrations.Grant(t.Context(), owner, functions, dburl.Access{}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(bounded, defaultsOf(t, functions)); diff != "" {
			t.Errorf("the functions' role (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(free, defaultsOf(t, owner)); diff != "" {
			t.Errorf("the owner (-want +got):\n%s", diff)
		}
	}
}

// What an operator has set stays, for either role.
func TestTimeoutsThatAnOperatorHasSet(t *testing.T) {
	t.Parallel()
	owner, functions := ownerAndFunctions(t)
	for url, setting := range map[string]string{functions: "idle_session_timeout", owner: "statement_timeout"} {
		const alter = `do $$ begin execute format('alter role current_user in database %%I set %s = ''7s''', current_database()); end $$`
		if code := sqlState(t, url, fmt.Sprintf(alter, setting)); code != "" {
			t.Fatal(code)
		}
	}
	if err := migrations.Grant(t.Context(), owner, functions, dburl.Access{}); err != nil {
		t.Fatal(err)
	}
	if got := defaultsOf(t, functions); got["idle_session_timeout"] != "7s" || got["statement_timeout"] != "2s" {
		t.Errorf("the functions' role: %v", got)
	}
	if got := defaultsOf(t, owner); got["statement_timeout"] != "7s" || got["lock_timeout"] != "0" {
		t.Errorf("the owner: %v", got)
	}
}

// docs/database.md shows how an operator lifts the limits for one session,
// where one role does both.
func TestTimeoutsAreLiftedForASession(t *testing.T) {
	t.Parallel()
	owner, _ := ownerAndFunctions(t)
	if err := migrations.Grant(t.Context(), owner, owner, dburl.Access{}); err != nil {
		t.Fatal(err)
	}
	const options = "&options=-c%20statement_timeout%3D0%20-c%20lock_timeout%3D0%20-c%20idle_in_transaction_session_timeout%3D0%20-c%20idle_session_timeout%3D0"
	want := maps.Clone(free)
	want["plan_cache_mode"] = bounded["plan_cache_mode"] // it bounds nothing
	if diff := cmp.Diff(want, defaultsOf(t, owner+options)); diff != "" {
		t.Errorf("with PGOPTIONS (-want +got):\n%s", diff)
	}
}
