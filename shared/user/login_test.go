package user_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"roster/shared/credential/password"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
	"roster/shared/user"
)

func login(t testing.TB, db *store, p user.Passwords, name, pw string) (user.Tokens, error) {
	t.Helper()
	return user.Login(t.Context(), requestFrom(request.Client{}), db, loginParts(p, fakeIssuer{}), user.Credentials{Username: name, Password: pw})
}

func TestLoginBeginsASession(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ann.lee", "Ann.Lee", "ANN.LEE", " ann.lee ", "ann@example.com", "ANN@Example.COM", "ann@example.com\t"} {
		db := &store{users: []*user.User{ann()}}
		got, err := login(t, db, passwords, name, right)
		if err != nil {
			t.Fatal(err)
		}
		first, ok := refreshKeys.Parse(got.RefreshToken)
		session := db.login.Session
		if !ok || first.Session != session.ID || first.Generation != 1 || !slices.Equal(first.Hash(), db.login.RefreshHash) {
			t.Errorf("the refresh token %v is not the session's: %+v", first, session)
		}
		got.RefreshToken = ""
		want := user.Tokens{AccessToken: annUUID + " 09:30 3 " + session.ID, ExpiresIn: 15 * time.Minute, DeviceToken: "new"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("session (-want +got):\n%s", diff)
		}
		wantCalls(t, db, "AttemptAtAccount", "RecordLogin")
		login := db.login
		login.Session, login.RefreshHash = user.Session{}, nil
		owned := ratelimit.Of(ratelimit.Owner{Account: annUUID, TokenVersion: 3}, db.budgets[:2]...)
		if diff := cmp.Diff(user.LoginRecord{UUID: annUUID, TokenVersion: 3, Role: user.RoleUser, At: now, Clear: owned, DeviceHash: []byte("hash of new"), MaxSessions: 20}, login, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
			t.Errorf("recorded (-want +got):\n%s", diff)
		}
	}
}

// R-ENUM-1: one refusal, in the same words, whatever the cause.
func TestLoginRefusesEveryCauseAlike(t *testing.T) {
	t.Parallel()
	inactive := func(u *user.User) { u.Active = false }
	var first error
	for _, c := range []struct {
		name     string
		db       *store
		username string
		password string
	}{
		{"an unknown name", &store{users: []*user.User{ann()}}, "ben", right},
		{"an invalid name", &store{users: []*user.User{ann()}}, "a/b", right},
		{"a very long name", &store{users: []*user.User{ann()}}, strings.Repeat("a", 10_000), right},
		{"a name with a space", &store{users: []*user.User{ann()}}, "ann. lee", right},
		{"another e-mail", &store{users: []*user.User{ann()}}, "ann.lee@example.com", right},
		{"an invalid e-mail", &store{users: []*user.User{ann()}}, "ann@", right},
		{"a wrong password", &store{users: []*user.User{ann()}}, "ann.lee", right + "x"},
		{"a password in another case", &store{users: []*user.User{ann()}}, "ann.lee", strings.ToUpper(right)},
		{"a very long password", &store{users: []*user.User{ann()}}, "ann.lee", strings.Repeat("x", 10_000)},
		{"an account that is not active", &store{users: []*user.User{with(ann(), inactive)}}, "ann.lee", right},
		{"an inactive account with a wrong password", &store{users: []*user.User{with(ann(), inactive)}}, "ann.lee", "x"},
		{"an account without a password", &store{users: []*user.User{with(ann(), func(u *user.User) { u.PasswordHash = "" })}}, "ann.lee", right},
		{"a hash that cannot be used", &store{users: []*user.User{with(ann(), func(u *user.User) { u.PasswordHash = "$2y$10$" })}}, "ann.lee", right},
		{"an account that changed meanwhile", &store{users: []*user.User{ann()}, notRecorded: true}, "ann.lee", right},
	} {
		session, err := login(t, c.db, passwords, c.username, c.password)
		if first == nil {
			first = err
		}
		if diff := cmp.Diff(first.Error(), errText(err)); !errors.Is(err, fault.Unauthenticated) || diff != "" || session != (user.Tokens{}) {
			t.Errorf("%s: %+v, %v", c.name, session, err)
		}
		if c.name != "an account that changed meanwhile" {
			wantCalls(t, c.db, "AttemptAtAccount", "RecordFailure")
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestLoginNeedsBothFields(t *testing.T) {
	t.Parallel()
	db := &store{}
	_, err := login(t, db, passwords, "", "")
	wantRefusal(t, err, fault.Invalid, fault.Fields{"username": "is required", "password": "is required"})
	wantCalls(t, db)
}

func TestLoginRehashesWithTheNewPepper(t *testing.T) {
	t.Parallel()
	peppered := user.Passwords{Hasher: password.NewHasher("set later")}
	db := &store{users: []*user.User{ann()}}
	if _, err := login(t, db, peppered, "ann.lee", right); err != nil {
		t.Fatal(err)
	}
	if ok, stale, err := peppered.Hasher.Verify(db.login.Rehash, right); !ok || stale || err != nil {
		t.Errorf("the new hash: %v, %v, %v", ok, stale, err)
	}
	db = &store{users: []*user.User{ann()}}
	if _, err := login(t, db, peppered, "ann.lee", "wrong"); err == nil || db.login.Rehash != "" {
		t.Errorf("a wrong password: %v, hash %q", err, db.login.Rehash)
	}
}

func TestLoginOutageIsNoWrongPassword(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"AttemptAtAccount", "RecordLogin"} {
		db := &store{users: []*user.User{ann()}, errs: map[string]error{method: errOutage}}
		if session, err := login(t, db, passwords, "ann.lee", right); !errors.Is(err, fault.Unavailable) || session != (user.Tokens{}) {
			t.Errorf("%s: %+v, %v", method, session, err)
		}
	}
}

// If something were written without an answer, the owner's second attempt would
// look like a stolen token or a wrong password.
func TestNothingIsWrittenWhenTokensCannotBeSigned(t *testing.T) {
	t.Parallel()
	for _, outage := range []error{errOutage, errors.New("a bug")} {
		keys := fakeIssuer{outage}
		db := &store{users: []*user.User{ann()}}
		got, err := user.Login(t.Context(), requestFrom(request.Client{}), db, loginParts(passwords, keys), user.Credentials{Username: "ann.lee", Password: right})
		if code(err) != code(outage) || err == nil || got != (user.Tokens{}) {
			t.Errorf("login: %+v, %v", got, err)
		}
		wantCalls(t, db)

		r := &renewer{outcome: user.SessionRenewed, account: ann()}
		got, err = refreshSession(t, r, &outbox{}, keys, refreshKeys.Encode(refreshKeys.First(sessionID)))
		if code(err) != code(outage) || err == nil || got != (user.Tokens{}) || r.renewal.Session != "" {
			t.Errorf("refresh: %+v, %v, %+v", got, err, r.renewal)
		}

		change := user.PasswordChange{CurrentPassword: right, NewPassword: "another kite"}
		got, err = user.ChangePassword(t.Context(), requestBy(callerOf(ann())), db, user.ChangePasswordParts{Passwords: passwords, Limits: user.DefaultLimits, Tokens: keys}, change)
		if code(err) != code(outage) || err == nil || got != (user.Tokens{}) {
			t.Errorf("change_password: %+v, %v", got, err)
		}
		wantCalls(t, db, "CallerAndTarget")
	}
}
