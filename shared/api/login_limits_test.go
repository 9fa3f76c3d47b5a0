package api_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"roster/shared/credential/refresh"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
	"roster/shared/user"
)

const ownerAddress = "198.51.100.7" // where the owner is

// A thousand networks guess the password of one account. Its owner can still log
// in at the first attempt, from a device that has logged in before. Few of the
// guesses are checked at all.
func TestOwnerLogsInDuringAnAttack(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	h := s.withDefaultLimits()
	device := deviceToken(t, sendFrom(h, ownerAddress, "/api/user/login", credentialsOf("ann", right), ""))

	began := time.Now()
	checked := 0
	for i := range 1000 {
		address := fmt.Sprintf("10.%d.%d.1", i/256, i%256)
		switch a := sendFrom(h, address, "/api/user/login", credentialsOf("ANN", "guess"), ""); a.status {
		case 401:
			checked++
		case 429:
			if wait, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || wait < 1 || wait > 900 {
				t.Fatalf("Retry-After %q", a.header.Get("Retry-After"))
			}
		default:
			t.Fatalf("from %s: %d %s", address, a.status, a.body)
		}
		if i == 500 || i == 999 {
			device = deviceToken(t, sendFrom(h, ownerAddress, "/api/user/login", credentialsOf("ann", right), device))
		}
	}
	// Five, then one after each wait of 1, 2, 4 … seconds.
	if most := 6 + int(time.Since(began)/time.Second); checked < 5 || checked > most {
		t.Errorf("%d guesses were checked in %v", checked, time.Since(began))
	}
	// At a time within the wait, even on a slow machine.
	if err := s.tryLogin(t, "ann", ownerAddress, right, began); !errors.Is(err, fault.TooMany) {
		t.Errorf("the owner without the device is answered %v", err)
	}
	if a := sendFrom(h, ownerAddress, "/api/user/login", credentialsOf("ben", right), device); a.status != 401 {
		t.Errorf("the device of ann, for ben: %d", a.status)
	}
}

// tryLogin logs in at a time that the test chooses.
func (s *service) tryLogin(t *testing.T, name, address, password string, now time.Time) error {
	t.Helper()
	logins := user.LoginParts{Passwords: passwords, Tokens: tokens, Refresh: refresh.Codec{Keys: refreshKeys}, Devices: devices, Limits: user.DefaultLimits, Sessions: user.DefaultSessionRules}
	_, err := user.Login(t.Context(), request.Request{Client: request.Client{Address: netip.MustParseAddr(address)}, At: now}, s.db, logins, user.Credentials{Username: name, Password: password})
	return err
}

func waitOf(err error) time.Duration {
	var e *fault.Error
	if errors.As(err, &e) && e.Code == fault.TooMany {
		return e.RetryAfter
	}
	return 0
}

// Without a known device the owner waits a quarter of an hour at most. After a
// hundred failures in a row, password login is disabled until the password is
// reset by e-mail.
func TestHundredFailuresDisableThePassword(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	now := time.Now()
	for i := range 100 {
		if i == 60 { // the attack pauses, and the owner logs in after the wait
			wait := waitOf(s.tryLogin(t, "ann", ownerAddress, right, now))
			if wait <= 0 || wait > 15*time.Minute {
				t.Fatalf("the owner waits %v", wait)
			}
			if err := s.tryLogin(t, "ann", ownerAddress, right, now.Add(wait)); err != nil {
				t.Fatalf("after %v: %v", wait, err)
			}
			break
		}
		now = s.failLogin(t, i, now)
	}
	for i := range 100 { // the login has reset the count
		now = s.failLogin(t, i, now.Add(time.Second))
	}
	later := now.Add(31 * 24 * time.Hour)
	err := s.tryLogin(t, "ann", ownerAddress, right, later)
	var e *fault.Error
	if waitOf(err) != ratelimit.Disabled || !errors.As(err, &e) || e.Message != "Too many tries. Please reset the password." {
		t.Fatalf("a month after a hundred guesses: %v", err)
	}
	token := s.mailedToken("ann")
	in := user.PasswordReset{Token: token, NewPassword: "another kite"}
	if err := user.ResetPassword(t.Context(), request.Request{Client: request.Client{Address: netip.MustParseAddr(ownerAddress)}, At: time.Now()}, s.db, user.ResetPasswordParts{Tokens: resets, Passwords: passwords, Limits: user.DefaultLimits}, in); err != nil {
		t.Fatal(err)
	}
	if err := s.tryLogin(t, "ann", ownerAddress, "another kite", later); err != nil {
		t.Errorf("after a reset by mail: %v", err)
	}
}

// Somebody mistypes the password at home, opens the mail on a phone, and goes on at home.
func TestAResetElsewhereLetsTheOwnerIn(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	limits := user.DefaultLimits
	limits.LoginFromNetwork.Limit = 3
	h := routesWithLimits(s.db, s.box, false, limits)
	for i, want := range []int{401, 401, 401, 429} {
		if a := sendFrom(h, ownerAddress, "/api/user/login", credentialsOf("ann", "mistyped"), ""); a.status != want {
			t.Fatalf("attempt %d: %d, want %d", i+1, a.status, want)
		}
	}
	a := sendFrom(h, "203.0.113.50", "/api/user/reset_password", `{"token":"`+s.mailedToken("ann")+`","new_password":"another kite"}`, "")
	a.wants(t, "the reset", 200, passwordIsReset)
	if a := sendFrom(h, ownerAddress, "/api/user/login", credentialsOf("ann", "another kite"), ""); a.status != 200 {
		t.Errorf("the new password at home: %d %s", a.status, a.body)
	}
}

// failLogin tries a wrong password, after the wait if there is one. It returns
// the time of the attempt.
func (s *service) failLogin(t *testing.T, i int, now time.Time) time.Time {
	t.Helper()
	address := fmt.Sprintf("10.1.%d.1", i)
	err := s.tryLogin(t, "ann", address, "guess", now)
	if wait := waitOf(err); wait > 0 {
		if wait > 15*time.Minute {
			t.Fatalf("guess %d waits %v", i, wait)
		}
		now = now.Add(wait)
		err = s.tryLogin(t, "ann", address, "guess", now)
	}
	if !errors.Is(err, fault.Unauthenticated) {
		t.Fatalf("guess %d: %v", i, err)
	}
	return now
}

func TestUnknownUsernamesWaitLikeKnownOnes(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	s.account("ben", inactive)
	s.account("cid", func(u *user.User) { u.PasswordHash = "" })
	now := time.Now()
	for _, name := range []string{"ann", "Ann", "ben", "cid", "nobody", "No.Body"} {
		if name == "Ann" { // it shares the attempts of "ann"
			if err := s.tryLogin(t, name, ownerAddress, "guess", now); waitOf(err) != time.Second {
				t.Errorf("another spelling: %v", err)
			}
			continue
		}
		for i := range 8 {
			err := s.tryLogin(t, name, fmt.Sprintf("10.%d.0.1", i), "guess", now)
			if i < 5 && !errors.Is(err, fault.Unauthenticated) || i >= 5 && waitOf(err) != time.Second {
				t.Errorf("attempt %d for %s: %v", i+1, name, err)
			}
		}
	}
}
