package user_test

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"

	"roster/shared/fault"
	"roster/shared/request"
	"roster/shared/user"
)

// fakeBreaches stands for a service that knows one password from a breach.
type fakeBreaches struct {
	password string
	err      error
	asked    []string
}

func (k *fakeBreaches) Known(_ context.Context, password string) (bool, error) {
	k.asked = append(k.asked, password)
	return password == k.password, k.err
}

const anotherPassword = "moon zebra kite"

// passwordSetters are the operations that set a password, with the name of its
// field.
var passwordSetters = map[string]struct {
	field string
	set   func(ctx context.Context, db *store, p user.Passwords, given string) error
}{
	"register": {"password", func(ctx context.Context, db *store, p user.Passwords, given string) error {
		in := user.Registration{Username: "eve", FirstName: "Eve", LastName: "Ray", Email: "eve@example.com", Password: given}
		_, err := user.Register(ctx, requestFrom(request.Client{}), db, registerParts(p), in)
		return err
	}},
	"reset": {"new_password", func(ctx context.Context, db *store, p user.Passwords, given string) error {
		token, hash := tokens.Mint()
		db.users, db.reset = []*user.User{ann()}, user.NewReset{Hash: hash}
		return user.ResetPassword(ctx, requestFrom(request.Client{}), db, user.ResetPasswordParts{Tokens: tokens, Passwords: p, Limits: user.DefaultLimits}, user.PasswordReset{Token: token, NewPassword: given})
	}},
	"change": {"password", func(ctx context.Context, db *store, p user.Passwords, given string) error {
		db.users, db.outcome = []*user.User{ann()}, user.Outcome{Done: true}
		return user.Update(ctx, requestBy(callerOf(ann())), db, user.UpdateParts{Passwords: p, Limits: user.DefaultLimits}, user.UpdateRequest{Username: "ann.lee", Changes: user.Changes{Password: &given, CurrentPassword: ptr(right)}})
	}},
	"change_password": {"new_password", func(ctx context.Context, db *store, p user.Passwords, given string) error {
		db.users, db.outcome = []*user.User{ann()}, user.Outcome{Done: true}
		parts := user.ChangePasswordParts{Passwords: p, Limits: user.DefaultLimits, Tokens: fakeIssuer{}}
		_, err := user.ChangePassword(ctx, requestBy(callerOf(ann())), db, parts, user.PasswordChange{CurrentPassword: right, NewPassword: given})
		return err
	}},
}

// wrotePassword reports whether a password was stored.
func wrotePassword(db *store) bool {
	return db.created.PasswordHash != "" || db.newHash != "" || db.edit.PasswordHash != nil
}

func TestBreachedPasswordsAreRefused(t *testing.T) {
	t.Parallel()
	for name, s := range passwordSetters {
		breaches, p := &fakeBreaches{password: anotherPassword}, passwords
		p.Breaches = breaches
		db := &store{}
		err := s.set(t.Context(), db, p, anotherPassword)
		wantRefusal(t, err, fault.Invalid, fault.Fields{s.field: "is known from a breach of another service"})
		if wrotePassword(db) {
			t.Errorf("%s: the breached password was set", name)
		}
		if strings.HasPrefix(name, "change") != slices.Equal(keys(db.cleared), []string{"current password\x00" + annUUID + "\x00"}) {
			t.Errorf("%s: the current password was right, and cleared is %q", name, keys(db.cleared))
		}
		if err := s.set(t.Context(), db, p, "another "+anotherPassword); err != nil || !wrotePassword(db) {
			t.Errorf("%s: another password is refused: %v", name, err)
		}
		// A password that the policy refuses is not sent to the breach service.
		if err := s.set(t.Context(), db, p, "password123"); code(err) != fault.Invalid || len(breaches.asked) != 2 {
			t.Errorf("%s: %v; asked for %q", name, err, breaches.asked)
		}
	}
}

// The outage is logged and counted. The test replaces the default logger, so it
// does not run in parallel.
func TestPasswordIsAcceptedWhenTheBreachCheckFails(t *testing.T) {
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	for name, s := range passwordSetters {
		var log bytes.Buffer
		slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
		p, db := passwords, &store{}
		p.Breaches = &fakeBreaches{err: errors.New("no answer")}
		if err := s.set(t.Context(), db, p, anotherPassword); err != nil || !wrotePassword(db) {
			t.Errorf("%s: the password was not set: %v", name, err)
		}
		for _, want := range []string{`"level":"WARN"`, `"error":"no answer"`, `"PasswordCheckFailed":1`} {
			if strings.Count(log.String(), want) != 1 {
				t.Errorf("%s: want %s once in the log:\n%s", name, want, &log)
			}
		}
		if strings.Contains(log.String(), anotherPassword) {
			t.Errorf("%s: the log shows the password:\n%s", name, &log)
		}
	}
}

func TestLoginRehashesOldParameters(t *testing.T) {
	t.Parallel()
	b64, salt := base64.RawStdEncoding.EncodeToString, []byte("0123456789abcdef")
	old := with(ann(), func(u *user.User) {
		u.PasswordHash = "$argon2id$v=19$m=4096,t=3,p=1$" + b64(salt) + "$" + b64(argon2.IDKey([]byte(right), salt, 3, 4096, 1, 32))
	})
	db := &store{users: []*user.User{old}}
	if _, err := login(t, db, passwords, "ann.lee", right); err != nil {
		t.Fatal(err)
	}
	if ok, stale, err := passwords.Hasher.Verify(db.login.Rehash, right); !ok || stale || err != nil {
		t.Errorf("the new hash %q: %v, %v, %v", db.login.Rehash, ok, stale, err)
	}
	db = &store{users: []*user.User{ann()}}
	if _, err := login(t, db, passwords, "ann.lee", right); err != nil || db.login.Rehash != "" {
		t.Errorf("a hash with today's parameters: %v, hashed again: %q", err, db.login.Rehash)
	}
}

// The owner of an account that came from another system logs in as there, and the
// login stores one of today's hashes.
func TestLoginRehashesAHashOfAnotherSystem(t *testing.T) {
	t.Parallel()
	sum := sha512.Sum512([]byte(right + "salt"))
	moved := with(ann(), func(u *user.User) {
		u.PasswordHash = "{SSHA512}" + base64.StdEncoding.EncodeToString(append(sum[:], "salt"...))
	})
	db := &store{users: []*user.User{moved}}
	if _, err := login(t, db, passwords, "ann.lee", right); err != nil {
		t.Fatal(err)
	}
	if ok, stale, err := passwords.Hasher.Verify(db.login.Rehash, right); !ok || stale || err != nil {
		t.Errorf("the new hash %q: %v, %v, %v", db.login.Rehash, ok, stale, err)
	}
	db = &store{users: []*user.User{moved}}
	if _, err := login(t, db, passwords, "ann.lee", "wrong"); err == nil || db.login.Rehash != "" {
		t.Errorf("a wrong password: %v, hashed again: %q", err, db.login.Rehash)
	}
}
