package postgres_test

import (
	"testing"

	"roster/localdev/postgrestest"
	"roster/shared/user"
)

// waitForALock returns when a statement in this database waits for a lock.
const waitForALock = `do $$
declare
	deadline constant timestamptz := clock_timestamp() + interval '5 seconds';
begin
	while clock_timestamp() < deadline loop
		perform pg_stat_clear_snapshot();
		if exists (select from pg_locks l join pg_stat_activity a using (pid) where not l.granted and a.datname = current_database()) then
			return;
		end if;
	end loop;
	raise 'nobody waits for a lock';
end $$`

// A logout of all sessions begins while a login is being written, waits for it,
// and must end the session that it has begun.
func TestLogoutSeesALoginThatItWaitsFor(t *testing.T) {
	t.Parallel()
	for scope, want := range map[user.LogoutScope]int{user.ScopeAll: 0, user.ScopeOthers: 1} {
		t.Run(string(scope), func(t *testing.T) {
			t.Parallel()
			db, pool := postgrestest.Open(t), postgrestest.Pool(t)
			u := create(t, db, account("ann"))
			caller := callerOf(t, u)
			duringALogin(t, u, func() {
				if ok, err := db.EndOwnSessions(t.Context(), caller, scope, event); err != nil || !ok {
					t.Errorf("the logout did nothing: %v", err)
				}
			})
			left, err := db.Sessions(t.Context(), u.UUID)
			if err != nil || len(left) != want {
				t.Errorf("%d sessions are left, want %d; %v", len(left), want, err)
			}
			var devices int
			if err := pool.QueryRow(t.Context(), "select count(*) from devices").Scan(&devices); err != nil || (devices == 0) != (scope == user.ScopeAll) {
				t.Errorf("%d devices are left, %v", devices, err)
			}
			var entries int
			if err := pool.QueryRow(t.Context(), "select count(*) from audit where event = $1 or target = $2", "", u.UUID).Scan(&entries); err != nil || entries != 2 { // the creation, and this
				t.Errorf("%d entries in the log, %v", entries, err)
			}
		})
	}
}
