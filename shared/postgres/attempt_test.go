package postgres_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"roster/localdev/postgrestest"
	"roster/shared/postgres"
	"roster/shared/ratelimit"
	"roster/shared/user"
)

var (
	fromNetwork  = ratelimit.Budget{Key: "network", Limit: 2, Window: time.Hour, PerAccount: true, PerPassword: true, Provisional: true}
	strangers    = ratelimit.Budget{Key: "strangers", Limit: 100, Consecutive: true, PerAccount: true, Provisional: true}
	knownDevices = ratelimit.Budget{Key: "known devices", Limit: 100, Consecutive: true, PerAccount: true, Provisional: true}
)

// lookup names an account as Login does, with two budgets.
func lookup(username, email string, device []byte) user.Lookup {
	return user.Lookup{
		Username: username, Email: email, Typed: username + email, Device: device,
		KnownDevice: []ratelimit.Budget{knownDevices}, OtherDevice: []ratelimit.Budget{strangers},
	}
}

func attempt(t *testing.T, db *postgres.DB, l user.Lookup, at time.Time) user.Found {
	t.Helper()
	found, err := db.AttemptAtAccount(t.Context(), l, at)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAnAttemptFindsTheAccount(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u := create(t, db, account("ann"))
	for name, c := range map[string]struct {
		lookup user.Lookup
		found  bool
	}{
		"by username":                {lookup("ann", "", nil), true},
		"by e-mail":                  {lookup("", strings.ToUpper(u.Email), nil), true},
		"by both":                    {lookup("ann", u.Email, nil), true},
		"by both, of which one fits": {lookup("ann", "x"+u.Email, nil), false},
		"of nobody":                  {lookup("nobody", "", nil), false},
		"by nothing":                 {lookup("", "", nil), false},
	} {
		found := attempt(t, db, c.lookup, noon)
		if (found.User != nil) != c.found || c.found && (found.User.UUID != u.UUID || found.User.PasswordHash != u.PasswordHash) || found.Wait > 0 {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

// The username and the e-mail address lead to one counter. An account of the same
// name that is made later has another one.
func TestCountersBelongToTheAccount(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	for range 5 { // at a name that nobody has
		attempt(t, db, lookup("ann", "", nil), noon)
	}
	if found := attempt(t, db, lookup("ann", "", nil), noon); found.Wait != time.Second {
		t.Errorf("a name that nobody has waits %v", found.Wait)
	}
	u := create(t, db, account("ann"))
	for i := range 5 {
		l := lookup("ann", "", nil)
		if i%2 == 1 {
			l = lookup("", u.Email, nil)
		}
		if found := attempt(t, db, l, noon); found.Wait > 0 {
			t.Errorf("attempt %d at the new account waits %v", i+1, found.Wait)
		}
	}
	for _, l := range []user.Lookup{lookup("ann", "", nil), lookup("", u.Email, nil)} {
		if found := attempt(t, db, l, noon); found.Wait != time.Second {
			t.Errorf("%s%s waits %v", l.Username, l.Email, found.Wait)
		}
	}
	l := loginOf(u, noon)
	l.Clear = ratelimit.Of(ratelimit.Owner{Account: u.UUID}, strangers) // the same key as the statement's
	if ok, err := db.RecordLogin(t.Context(), l, event); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if found := attempt(t, db, lookup("", u.Email, nil), noon); found.Wait > 0 {
		t.Errorf("after a login: waits %v", found.Wait)
	}
}

// A counter per password begins anew with a new one, and a login clears the present
// one: the statement and the login compute the same key.
func TestCountersPerPassword(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u := create(t, db, account("ann"))
	l := lookup("ann", "", nil)
	l.OtherDevice = []ratelimit.Budget{fromNetwork}
	useUp := func(when string) {
		t.Helper()
		for i := range 3 {
			if found := attempt(t, db, l, noon); (found.Wait > 0) != (i == 2) {
				t.Errorf("%s: attempt %d of two: %+v", when, i+1, found)
			}
		}
	}
	useUp("at first")
	in := loginOf(u, noon)
	in.Clear = ratelimit.Of(ratelimit.Owner{Account: u.UUID, TokenVersion: u.TokenVersion}, fromNetwork)
	if ok, err := db.RecordLogin(t.Context(), in, event); !ok || err != nil {
		t.Fatal(ok, err)
	}
	useUp("after a login")
	edit := user.Edit{At: now, PasswordHash: ptr("x"), RevokeTokens: true, EndSessions: true}
	if o, err := db.UpdateUser(t.Context(), guardOf(t, u, u), edit, event); !o.Done || err != nil {
		t.Fatal(o, err)
	}
	useUp("with a new password")
}

// An attempt is refused for good as soon as one has failed, and until then for
// the moment.
func TestAttemptsThatAreBeingCheckedAreWaitedFor(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	owner := ratelimit.Owner{Account: create(t, db, account("ann")).UUID}
	for range 5 {
		attempt(t, db, lookup("ann", "", nil), noon)
	}
	if found := attempt(t, db, lookup("ann", "", nil), noon); found.Wait <= 0 || !found.Pending {
		t.Errorf("while five are being checked: %+v", found)
	}
	if err := db.RecordFailure(t.Context(), ratelimit.Of(owner, strangers), event); err != nil {
		t.Fatal(err)
	}
	if found := attempt(t, db, lookup("ann", "", nil), noon); found.Wait <= 0 || found.Pending {
		t.Errorf("after a failure: %+v", found)
	}
	full := ratelimit.Budget{Key: "full", Limit: 1, Window: time.Hour}
	l := lookup("ann", "", nil)
	l.Budgets = []ratelimit.Budget{full}
	attempt(t, db, l, noon.Add(time.Second)) // the sixth
	if found := attempt(t, db, l, noon.Add(time.Second)); found.Wait <= 0 || found.Pending {
		t.Errorf("with a budget that a success does not clear: %+v", found)
	}
}

// Each thing that ends the access tokens of an account makes it forget its devices.
func TestDevicesEndWithThePassword(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  func(t *testing.T, db *postgres.DB, u user.User) error
		want bool
	}{
		"nothing": {func(*testing.T, *postgres.DB, user.User) error { return nil }, true},
		"a change of the password": {func(t *testing.T, db *postgres.DB, u user.User) error {
			_, err := db.UpdateUser(t.Context(), guardOf(t, u, u), user.Edit{At: now, PasswordHash: ptr("x"), RevokeTokens: true, EndSessions: true}, event)
			return err
		}, false},
		"a change of a name": {func(t *testing.T, db *postgres.DB, u user.User) error {
			_, err := db.UpdateUser(t.Context(), guardOf(t, u, u), user.Edit{At: now, FirstName: ptr("x")}, event)
			return err
		}, true},
		"a demotion": {func(t *testing.T, db *postgres.DB, u user.User) error {
			_, err := db.UpdateUser(t.Context(), guardOf(t, u, u), user.Edit{At: now, Role: ptr(user.RoleUser), RevokeTokens: true}, event)
			return err
		}, false},
		"a reset": {func(t *testing.T, db *postgres.DB, u user.User) error {
			if _, err := db.CreateReset(t.Context(), resetOf(u.Username, u.Email, "token", now), event); err != nil {
				return err
			}
			_, err := db.UseReset(t.Context(), user.ResetUse{Hash: hashOf("token"), PasswordHash: "x", At: now}, event)
			return err
		}, false},
		"a logout everywhere": {func(t *testing.T, db *postgres.DB, u user.User) error {
			_, err := db.EndOwnSessions(t.Context(), callerOf(t, u), user.ScopeAll, event)
			return err
		}, false},
		"a logout here": {func(t *testing.T, db *postgres.DB, u user.User) error {
			_, err := db.EndOwnSessions(t.Context(), callerOf(t, u), user.ScopeThis, event)
			return err
		}, true},
		"the operator's end of all sessions": {func(t *testing.T, db *postgres.DB, _ user.User) error {
			_, err := db.EndAllSessions(t.Context(), event)
			return err
		}, false},
		"deletion, and another account of that name": {func(t *testing.T, db *postgres.DB, u user.User) error {
			_, err := db.DeleteUser(t.Context(), guardOf(t, u, u), nil, event)
			create(t, db, account(u.Username))
			return err
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := postgrestest.Open(t)
			u := create(t, db, account("ann"))
			l := loginOf(u, now)
			if ok, err := db.RecordLogin(t.Context(), l, event); !ok || err != nil {
				t.Fatal(ok, err)
			}
			if !attempt(t, db, lookup("ann", "", l.DeviceHash), now).KnownDevice {
				t.Fatal("the device is not known after its login")
			}
			if err := c.end(t, db, u); err != nil {
				t.Fatal(err)
			}
			if found := attempt(t, db, lookup("ann", "", l.DeviceHash), now); found.User == nil || found.KnownDevice != c.want {
				t.Errorf("after it: %+v", found)
			}
		})
	}
}

func TestADeviceIsOfOneAccountForHalfAYear(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u := create(t, db, account("ann"))
	create(t, db, account("ben"))
	l := loginOf(u, now)
	if ok, err := db.RecordLogin(t.Context(), l, event); !ok || err != nil {
		t.Fatal(ok, err)
	}
	for name, c := range map[string]struct {
		username string
		at       time.Time
		want     bool
	}{
		"on its last day": {"ann", now.Add(user.DeviceLifetime - time.Second), true},
		"after it":        {"ann", now.Add(user.DeviceLifetime), false},
		"for another":     {"ben", now, false},
		"for nobody":      {"cid", now, false},
	} {
		if found := attempt(t, db, lookup(c.username, "", l.DeviceHash), c.at); found.KnownDevice != c.want {
			t.Errorf("%s: %v", name, found.KnownDevice)
		}
	}
}

// An account knows twenty devices. A client that never sends its token does not
// push out the devices that come back.
func TestAnAccountKnowsTwentyDevices(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u := create(t, db, account("ann"))
	logInWith := func(device string, after time.Duration) {
		t.Helper()
		l := loginOf(u, now.Add(after))
		l.DeviceHash = hashOf(device)
		if ok, err := db.RecordLogin(t.Context(), l, event); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	logInWith("phone", 0)
	logInWith("phone", time.Second)
	for i := range 30 {
		logInWith(fmt.Sprint("script ", i), time.Minute+time.Duration(i)*time.Second)
	}
	known := 0
	for i := range 30 {
		if attempt(t, db, lookup("ann", "", hashOf(fmt.Sprint("script ", i))), now.Add(time.Hour)).KnownDevice {
			known++
		}
	}
	if known != 19 || !attempt(t, db, lookup("ann", "", hashOf("phone")), now.Add(time.Hour)).KnownDevice {
		t.Errorf("%d of the script's devices are known, want 19 and the phone", known)
	}
}

// Where twenty devices have come back, those that have not take one place and no more.
func TestNewDevicesTakeOnePlace(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u := create(t, db, account("ann"))
	at := now
	logInWith := func(device string) {
		t.Helper()
		at = at.Add(time.Second)
		l := loginOf(u, at)
		l.DeviceHash = hashOf(device)
		if ok, err := db.RecordLogin(t.Context(), l, event); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	for i := range 20 {
		logInWith(fmt.Sprint("phone ", i))
		logInWith(fmt.Sprint("phone ", i))
	}
	for i := range 5 {
		logInWith(fmt.Sprint("script ", i))
	}
	known := 0
	for i := range 20 {
		if attempt(t, db, lookup("ann", "", hashOf(fmt.Sprint("phone ", i))), at).KnownDevice {
			known++
		}
	}
	if known != 19 || !attempt(t, db, lookup("ann", "", hashOf("script 4")), at).KnownDevice {
		t.Errorf("%d of the phones are known, want 19 and the newest device", known)
	}
}
