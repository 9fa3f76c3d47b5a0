package user_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
	"roster/shared/user"
)

func clientAt(address string) request.Client {
	return request.Client{Address: netip.MustParseAddr(address)}
}

// loginBudgetKeys returns the keys of the budgets that a login uses.
func loginBudgetKeys(t *testing.T, client request.Client, name string) []string {
	t.Helper()
	db := &store{wait: time.Second}
	_, err := user.Login(t.Context(), requestFrom(client), db, loginParts(passwords, fakeIssuer{}), user.Credentials{Username: name, Password: "x"})
	if !errors.Is(err, fault.TooMany) {
		t.Fatalf("%s: %v", name, err)
	}
	return keys(db.budgets)
}

// CVE-2025-24806, CVE-2026-47203: an attacker must not get more attempts by
// spelling a username in another way.
func TestEverySpellingOfAUsernameSharesABudget(t *testing.T) {
	t.Parallel()
	want := loginBudgetKeys(t, clientAt("192.0.2.1"), "ann.lee")
	for _, name := range []string{"Ann.Lee", "ANN.LEE", "ann.LEE", " ann.lee", "ann.lee "} {
		if diff := cmp.Diff(want, loginBudgetKeys(t, clientAt("192.0.2.1"), name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	// An invalid or different username must not use the account's budgets.
	for _, name := range []string{"ann. lee", "ann.lee\x00", "\u0430nn.lee", "ann", "ann.lee1", "ann.lee\x00192.0.2.0/24"} {
		for _, key := range loginBudgetKeys(t, clientAt("192.0.2.1"), name) {
			if slices.Contains(want[:2], key) {
				t.Errorf("%q uses the budget %q", name, key)
			}
		}
	}
}

func TestClientsOfANetworkShareABudget(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		one, other string
		same       bool
	}{
		"a /24 of IPv4":       {"192.0.2.1", "192.0.2.254", true},
		"two /24 of IPv4":     {"192.0.2.1", "192.0.3.1", false},
		"IPv4 mapped to IPv6": {"192.0.2.1", "::ffff:192.0.2.77", true},
		"a /64 of IPv6":       {"2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true},
		"two /64 of IPv6":     {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
		"two zones":           {"fe80::1%eth0", "fe80::2%eth1", true},
		"IPv4 and IPv6":       {"192.0.2.1", "2001:db8:1:2::1", false},
	} {
		one, other := loginBudgetKeys(t, clientAt(c.one), "ann"), loginBudgetKeys(t, clientAt(c.other), "ann")
		if one[0] != other[0] {
			t.Errorf("the account's own budget depends on the address: %q, %q", one[0], other[0])
		}
		if same := slices.Equal(one, other); same != c.same {
			t.Errorf("%s: %q, %q", name, one, other)
		}
	}
	unknown := loginBudgetKeys(t, request.Client{}, "ann")
	if !strings.Contains(unknown[2], "unknown") {
		t.Errorf("without an address: %q", unknown)
	}
}

// A provider gives a /48 to a customer who asks: 65,536 networks.
func TestTheWiderNetworkOfIPv6IsCounted(t *testing.T) {
	t.Parallel()
	for address, wide := range map[string]string{
		"2001:db8:1:2::1": "2001:db8:1::/48", "2001:db8:1:ffff::1": "2001:db8:1::/48", "2001:db8:2::1": "2001:db8:2::/48",
		"192.0.2.1": "", "::ffff:192.0.2.1": "",
	} {
		db := &store{wait: time.Second}
		_, err := user.Register(t.Context(), requestFrom(clientAt(address)), db, registerParts(passwords), registration())
		if !errors.Is(err, fault.TooMany) {
			t.Fatal(err)
		}
		found := slices.DeleteFunc(db.budgets, func(b ratelimit.Budget) bool { return !strings.Contains(b.Key, "/48") })
		if wide == "" && len(found) > 0 || wide != "" && (len(found) != 1 || found[0].Key != "register\x00"+wide+"\x00" || found[0].Limit != 200) {
			t.Errorf("%s: %+v", address, found)
		}
	}
	if n := len(loginBudgetKeys(t, clientAt("2001:db8:1:2::1"), "ann")); n != 4 {
		t.Errorf("a login over IPv6 is counted %d times", n)
	}
}

func TestTooManyHidesWhetherTheAccountExists(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ann.lee", "nobody", "a/b"} {
		db := &store{users: []*user.User{ann()}, wait: 90 * time.Second}
		session, err := login(t, db, passwords, name, right)
		var e *fault.Error
		if !errors.As(err, &e) || session != (user.Tokens{}) {
			t.Fatalf("%s: %+v, %v", name, session, err)
		}
		if diff := cmp.Diff(&fault.Error{Code: fault.TooMany, Message: "Too many tries. Please wait.", RetryAfter: 90 * time.Second}, e); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		wantCalls(t, db, "AttemptAtAccount")
	}
}

// limitedOperation is an operation, the calls that it makes before it stops, and
// the keys of its budgets.
type limitedOperation struct {
	run  func(db *store) error
	want []string
	keys []string
}

func limitedOperations(t *testing.T) map[string]limitedOperation {
	t.Helper()
	token, _ := tokens.Mint()
	return map[string]limitedOperation{
		"register": {
			func(db *store) error {
				_, err := user.Register(t.Context(), requestFrom(clientAt("192.0.2.1")), db, registerParts(passwords), registration())
				return err
			},
			[]string{"Consume"},
			[]string{"register\x00192.0.2.0/24\x00"},
		},
		"forget_password": {
			func(db *store) error {
				_, err := forget(t, db, &outbox{}, "ANN.lee", "Ann@EXAMPLE.com")
				return err
			},
			[]string{"AttemptAtAccount"},
			[]string{"forget network\x00unknown\x00", "forget account\x00" + annUUID + "\x00"},
		},
		"forget_password for an unknown account": {
			func(db *store) error { _, err := forget(t, db, &outbox{}, "nobody", "x"); return err },
			[]string{"AttemptAtAccount"},
			[]string{"forget network\x00unknown\x00", "forget account\x00username\x00nobody\x00email\x00x\x00\x00"},
		},
		"reset_password": {
			func(db *store) error { return reset(t, db, token, "another kite") },
			[]string{"Consume"},
			[]string{"reset network\x00unknown\x00"},
		},
		"current_password": {
			func(db *store) error {
				return update(t, db, ann(), "ann.lee", user.Changes{CurrentPassword: ptr(right), Password: ptr("another kite")})
			},
			[]string{"CallerAndTarget", "Consume"},
			[]string{"current password\x00" + annUUID + "\x00"},
		},
		"the own e-mail": {
			func(db *store) error {
				return update(t, db, ann(), "ann.lee", user.Changes{Email: ptr("new@example.com"), CurrentPassword: ptr(right)})
			},
			[]string{"CallerAndTarget", "Consume"},
			[]string{"register\x00unknown\x00", "email account\x00" + annUUID + "\x00"}, // the password is not checked
		},
	}
}

func TestEveryOperationStopsAtItsLimit(t *testing.T) {
	t.Parallel()
	for name, c := range limitedOperations(t) {
		db := &store{users: []*user.User{ann()}, wait: time.Minute}
		err := c.run(db)
		var e *fault.Error
		if !errors.As(err, &e) || e.Code != fault.TooMany || e.RetryAfter != time.Minute {
			t.Errorf("%s: %v", name, err)
		}
		wantCalls(t, db, c.want...)
		if diff := cmp.Diff(c.keys, keys(db.budgets)); diff != "" {
			t.Errorf("%s: budgets (-want +got):\n%s", name, diff)
		}
		// If the limiter fails, the operation fails, too.
		db = &store{users: []*user.User{ann()}, errs: map[string]error{"Consume": errOutage, "AttemptAtAccount": errOutage}}
		if err := c.run(db); !errors.Is(err, fault.Unavailable) {
			t.Errorf("%s, with a failing limiter: %v", name, err)
		}
		wantCalls(t, db, c.want...)
	}
}

func TestLoginStopsWhenTheLimiterFails(t *testing.T) {
	t.Parallel()
	for _, client := range []request.Client{{}, {DeviceToken: "known"}} {
		db := &store{users: []*user.User{ann()}, errs: map[string]error{"AttemptAtAccount": errOutage}}
		_, err := user.Login(t.Context(), requestFrom(client), db, loginParts(passwords, fakeIssuer{}), user.Credentials{Username: "ann.lee", Password: right})
		if !errors.Is(err, fault.Unavailable) {
			t.Errorf("login from %+v, with a failing limiter: %v", client, err)
		}
		wantCalls(t, db, "AttemptAtAccount")
	}
}

// It also uses the network's budget for all accounts, and keeps its token.
func TestKnownDeviceHasItsOwnBudget(t *testing.T) {
	t.Parallel()
	db := &store{users: []*user.User{ann()}, known: true}
	session, err := user.Login(t.Context(), requestFrom(request.Client{DeviceToken: "known"}), db, loginParts(passwords, fakeIssuer{}), user.Credentials{Username: "Ann.Lee", Password: right})
	if err != nil || session.DeviceToken != "known" || string(db.login.DeviceHash) != "hash of known" {
		t.Fatalf("%+v, %v", session, err)
	}
	if diff := cmp.Diff([]string{"login device\x00" + annUUID + "\x00", "login network\x00unknown\x00"}, keys(db.budgets)); diff != "" {
		t.Errorf("budgets (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"login device\x00" + annUUID + "\x00"}, keys(db.login.Clear)); diff != "" {
		t.Errorf("cleared (-want +got):\n%s", diff)
	}
	if !db.budgets[0].Consecutive || db.budgets[0].Limit != 100 {
		t.Errorf("a device's budget is %+v", db.budgets[0])
	}
}

// A stolen device token can use up the budget of all known devices. So their
// owner must not depend on it alone. The owner's login ends what the thief has.
func TestExhaustedDevicesUseTheBudgetOfOthers(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]struct {
		device string
		alone  bool
	}{
		ratelimit.Disabled: {"new", true},
		time.Minute:        {"known", false}, // the owner has mistyped the password
	} {
		db := &exhaustedStore{store: store{users: []*user.User{ann()}, known: true}, key: "login device\x00" + annUUID + "\x00", wait: wait}
		session, err := user.Login(t.Context(), requestFrom(request.Client{DeviceToken: "known"}), db, loginParts(passwords, fakeIssuer{}), user.Credentials{Username: "ann.lee", Password: right})
		if err != nil || session.DeviceToken != want.device || db.login.OnlyDevice != want.alone || string(db.login.DeviceHash) != "hash of "+want.device {
			t.Fatalf("%v: %+v, %v, %+v", wait, session, err, db.login)
		}
		used := []string{"login account\x00" + annUUID + "\x00", "login account network\x00unknown\x00" + annUUID + "\x00"}
		if diff := cmp.Diff(append(slices.Clone(used), "login network\x00unknown\x00"), keys(db.budgets)); diff != "" {
			t.Errorf("budgets (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(append([]string{"login device\x00" + annUUID + "\x00"}, used...), keys(db.login.Clear)); diff != "" {
			t.Errorf("cleared (-want +got):\n%s", diff)
		}
		wantCalls(t, &db.store, "AttemptAtAccount", "AttemptAtAccount", "RecordLogin")
	}
}

// The attempts in flight may all succeed, so the budget is not used up. A second
// wait would be longer than a request may take.
func TestADeviceWaitsForPendingAttemptsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, began := &store{users: []*user.User{ann()}, known: true, wait: time.Second, pending: true}, time.Now()
		_, err := user.Login(t.Context(), requestFrom(request.Client{DeviceToken: "known"}), db, loginParts(passwords, fakeIssuer{}), user.Credentials{Username: "ann.lee", Password: right})
		if took := time.Since(began); !errors.Is(err, fault.TooMany) || took > ratelimit.Patience+time.Second {
			t.Errorf("%v after %v", err, took)
		}
		if db.lookup.Device == nil {
			t.Error("the device was treated like any other")
		}
	})
}

func TestResetClearsTheAccountsBudgets(t *testing.T) {
	t.Parallel()
	db, token := storeWithReset()
	if err := reset(t, db, token, "another kite"); err != nil {
		t.Fatal(err)
	}
	want := []string{"login account\x00" + annUUID + "\x00", "login device\x00" + annUUID + "\x00", "current password\x00" + annUUID + "\x00"}
	if diff := cmp.Diff(want, keys(db.cleared)); diff != "" {
		t.Errorf("cleared (-want +got):\n%s", diff)
	}
}
