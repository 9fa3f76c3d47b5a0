package postgres_test

import (
	"testing"
	"time"

	"roster/localdev/postgrestest"
	"roster/shared/postgres"
	"roster/shared/request"
	"roster/shared/user"
)

// Each of these begins while a login is being written, and waits for it. It must
// end the session and the device that the login has begun, except where it is for
// one session only.
func TestWhatEndsSessionsSeesALoginThatItWaitsFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end               func(t *testing.T, db *postgres.DB, u user.User, caller request.Caller) (bool, error)
		sessions, devices int // that are left
	}{
		"a reset": {end: func(t *testing.T, db *postgres.DB, _ user.User, _ request.Caller) (bool, error) {
			return db.UseReset(t.Context(), user.ResetUse{Hash: hashOf("reset"), PasswordHash: "new", At: now}, event)
		}},
		"change_password": {sessions: 1, end: func(t *testing.T, db *postgres.DB, u user.User, caller request.Caller) (bool, error) {
			e := user.Edit{PasswordHash: ptr("new"), At: now, RevokeTokens: true, EndSessions: true, KeepSession: caller.Session}
			o, err := db.UpdateUser(t.Context(), user.Guard{Caller: caller, TargetUUID: u.UUID, Username: u.Username}, e, event)
			return o.Done, err
		}},
		"a deactivation": {end: func(t *testing.T, db *postgres.DB, u user.User, caller request.Caller) (bool, error) {
			e := user.Edit{Active: ptr(false), At: now, RevokeTokens: true, EndSessions: true}
			o, err := db.UpdateUser(t.Context(), user.Guard{Caller: caller, TargetUUID: u.UUID, Username: u.Username}, e, event)
			return o.Done, err
		}},
		"a deletion": {end: func(t *testing.T, db *postgres.DB, u user.User, caller request.Caller) (bool, error) {
			o, err := db.DeleteUser(t.Context(), user.Guard{Caller: caller, TargetUUID: u.UUID, Username: u.Username}, nil, event)
			return o.Done, err
		}},
		"end_all_sessions": {end: func(t *testing.T, db *postgres.DB, _ user.User, _ request.Caller) (bool, error) {
			_, err := db.EndAllSessions(t.Context(), event)
			return true, err
		}},
		"the end of another session": {sessions: 1, devices: 1, end: func(t *testing.T, db *postgres.DB, u user.User, caller request.Caller) (bool, error) {
			o, err := db.EndSession(t.Context(), user.Guard{Caller: caller, TargetUUID: u.UUID, Username: u.Username}, caller.Session, event)
			return o.Done, err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := postgrestest.Open(t)
			u := create(t, db, account("ann"))
			caller := callerOf(t, u)
			if _, err := db.CreateReset(t.Context(), resetOf(u.Username, u.Email, "reset", now), event); err != nil {
				t.Fatal(err)
			}
			duringALogin(t, u, func() {
				if ok, err := c.end(t, db, u, caller); err != nil || !ok {
					t.Errorf("it did nothing: %v", err)
				}
			})
			left, err := db.Sessions(t.Context(), u.UUID)
			if err != nil || len(left) != c.sessions {
				t.Errorf("%d sessions are left, want %d; %v", len(left), c.sessions, err)
			}
			if n := aliveDevices(t); n != c.devices {
				t.Errorf("%d devices are left, want %d", n, c.devices)
			}
		})
	}
}

// A change waits for a logout that ends the session of the caller. The session is
// over by then, so the change is refused.
func TestAChangeSeesALogoutThatItWaitsFor(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u := create(t, db, account("ann"))
	g := user.Guard{Caller: callerOf(t, u), TargetUUID: u.UUID, Username: u.Username}
	whileOthersWrite(t, u, []string{
		"select from users where uuid = $1 for update",
		"delete from sessions where user_id = (select id from users where uuid = $1)",
	}, func() {
		o, err := db.UpdateUser(t.Context(), g, user.Edit{FirstName: ptr("Eve"), At: now}, event)
		if o.Done || !o.CallerRefused || err != nil {
			t.Errorf("the change: %+v, %v", o, err)
		}
	})
}

// duringALogin runs f while a login of the account has been written and not yet
// committed, and commits it when f waits for it.
func duringALogin(t *testing.T, u user.User, f func()) {
	t.Helper()
	whileOthersWrite(t, u, []string{ // what RecordLogin does
		"update users set last_login_at = now() where uuid = $1",
		`insert into sessions (id, user_id, version, generation, hash, method, device_name, user_agent, address, created_at, last_used_at, idle_ends_at, ends_at)
			select gen_random_uuid(), id, token_version, 1, sha256(''), 'pwd', '', '', '', now(), now(), now() + interval '1 day', now() + interval '1 day'
			from users where uuid = $1`,
		"insert into devices select sha256('x'), id, token_version, now(), now() from users where uuid = $1",
	}, f)
}

// whileOthersWrite runs f while the statements about the account have been carried
// out and are not yet committed, and commits them when f waits for them.
func whileOthersWrite(t *testing.T, u user.User, statements []string, f func()) {
	t.Helper()
	pool := postgrestest.Pool(t)
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	for _, sql := range statements {
		if _, err := tx.Exec(t.Context(), sql, u.UUID); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	if _, err := pool.Exec(t.Context(), waitForALock); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("it still waits after the commit")
	}
}

// aliveDevices counts the devices that have a budget of their own: those of the
// account's present version.
func aliveDevices(t *testing.T) (n int) {
	t.Helper()
	row := postgrestest.Pool(t).QueryRow(t.Context(), "select count(*) from devices d join users u on u.id = d.user_id and u.token_version = d.version")
	if err := row.Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
