package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/credential/refresh"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
	"roster/shared/user"
)

// strict is the service with the limits of a deployment.
func (s *service) strict() http.Handler {
	return limited(s.db, s.box, false, user.DefaultLimits)
}

// from sends a request from an address.
func from(h http.Handler, address, path, body, deviceToken string) answer {
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(address), 0).String()
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Request-Id", requestID)
	if deviceToken != "" {
		r.Header.Set("Device-Token", deviceToken)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return answer{w.Code, w.Result().Header, w.Body.String()}
}

func credentialsOf(name, password string) string {
	return fmt.Sprintf(`{"username":%q,"password":%q}`, name, password)
}

func deviceToken(t *testing.T, a answer) string {
	t.Helper()
	var body struct {
		DeviceToken string `json:"device_token"`
	}
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || a.status != 200 {
		t.Fatalf("answered %d %s: %v", a.status, a.body, err)
	}
	return body.DeviceToken
}

const home = "198.51.100.7" // where the owner is

// A thousand networks guess at one account. Its owner gets in at the first try
// from a device that has logged in before, and no more than five guesses in a
// second are checked.
func TestOwnerGetsInUnderAttack(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	h := s.strict()
	device := deviceToken(t, from(h, home, "/api/user/login", credentialsOf("ann", right), ""))

	began := time.Now()
	checked := 0
	for i := range 1000 {
		address := fmt.Sprintf("10.%d.%d.1", i/256, i%256)
		switch a := from(h, address, "/api/user/login", credentialsOf("ANN", "guess"), ""); a.status {
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
			device = deviceToken(t, from(h, home, "/api/user/login", credentialsOf("ann", right), device))
		}
	}
	// Five, then one after each wait of 1, 2, 4 … seconds.
	if most := 6 + int(time.Since(began)/time.Second); checked < 5 || checked > most {
		t.Errorf("%d guesses were checked in %v", checked, time.Since(began))
	}
	// At a time when the wait is not over, however slow this machine is.
	if err := s.guess(t, "ann", home, right, began); !errors.Is(err, fault.TooMany) {
		t.Errorf("the owner without the device is answered %v", err)
	}
	if a := from(h, home, "/api/user/login", credentialsOf("ben", right), device); a.status != 401 {
		t.Errorf("the device of ann, for ben: %d", a.status)
	}
}

// guess is a login at a time of the test's choosing.
func (s *service) guess(t *testing.T, name, address, password string, now time.Time) error {
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

// Without a device the owner waits a quarter of an hour at most; after a hundred
// guesses in a row the password is good for nothing, until a reset by mail.
func TestHundredGuesses(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	now := time.Now()
	for i := range 100 {
		if i == 60 { // the attack pauses; the owner comes as soon as the wait is over
			wait := waitOf(s.guess(t, "ann", home, right, now))
			if wait <= 0 || wait > 15*time.Minute {
				t.Fatalf("the owner waits %v", wait)
			}
			if err := s.guess(t, "ann", home, right, now.Add(wait)); err != nil {
				t.Fatalf("after %v: %v", wait, err)
			}
			break
		}
		now = s.wrong(t, i, now)
	}
	for i := range 100 { // that has begun the row anew
		now = s.wrong(t, i, now.Add(time.Second))
	}
	later := now.Add(31 * 24 * time.Hour)
	err := s.guess(t, "ann", home, right, later)
	var e *fault.Error
	if waitOf(err) != ratelimit.Disabled || !errors.As(err, &e) || e.Message != "Too many tries. Please reset the password." {
		t.Fatalf("a month after a hundred guesses: %v", err)
	}
	token := s.mailedToken("ann")
	in := user.PasswordReset{Token: token, NewPassword: "another kite"}
	if err := user.ResetPassword(t.Context(), request.Request{Client: request.Client{Address: netip.MustParseAddr(home)}, At: time.Now()}, s.db, user.ResetPasswordParts{Tokens: resets, Passwords: passwords, Limits: user.DefaultLimits}, in); err != nil {
		t.Fatal(err)
	}
	if err := s.guess(t, "ann", home, "another kite", later); err != nil {
		t.Errorf("after a reset by mail: %v", err)
	}
}

// wrong has a wrong password checked, after the wait that there may be, and
// returns when that was.
func (s *service) wrong(t *testing.T, i int, now time.Time) time.Time {
	t.Helper()
	address := fmt.Sprintf("10.1.%d.1", i)
	err := s.guess(t, "ann", address, "guess", now)
	if wait := waitOf(err); wait > 0 {
		if wait > 15*time.Minute {
			t.Fatalf("guess %d waits %v", i, wait)
		}
		now = now.Add(wait)
		err = s.guess(t, "ann", address, "guess", now)
	}
	if !errors.Is(err, fault.Unauthenticated) {
		t.Fatalf("guess %d: %v", i, err)
	}
	return now
}

// Three mails an hour, and the same answer for whoever is asked for.
func TestMailsAreLimited(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	s.account("ben", inactive)
	h := s.strict()
	answers := map[string][]string{}
	for _, name := range []string{"ann", "ben", "nobody"} {
		for i := range 6 {
			body := fmt.Sprintf(`{"username":%q,"email":"%s@example.com"}`, name, name)
			a := from(h, fmt.Sprintf("10.0.%d.1", i), "/api/user/forget_password", body, "")
			wait, _ := strconv.Atoi(a.header.Get("Retry-After"))
			answers[name] = append(answers[name], fmt.Sprint(a.status, " ", wait > 3500 && wait <= 3600, " ", a.body))
		}
	}
	for _, name := range []string{"ben", "nobody"} {
		if diff := cmp.Diff(answers["ann"], answers[name]); diff != "" {
			t.Errorf("ann and %s are told apart:\n%s", name, diff)
		}
	}
	for i, got := range answers["ann"] {
		if want := map[bool]string{true: "200 false", false: "429 true"}[i < 3]; !strings.HasPrefix(got, want) {
			t.Errorf("request %d: %s, want %s", i, got, want)
		}
	}
	if mails := s.box.take(); len(mails) != 3 {
		t.Errorf("%d mails were sent, want 3", len(mails))
	}
}

// Who knows the name alone cannot use up what its owner has: a reset by mail is
// the way back for whoever was guessed at.
func TestStrangersCannotKeepAnOwnerFromAReset(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	h := s.strict()
	for i := range 6 {
		a := from(h, fmt.Sprintf("10.0.%d.1", i), "/api/user/forget_password", `{"username":"ann","email":"guess@example.com"}`, "")
		if (a.status == 429) != (i >= 3) {
			t.Errorf("request %d of a stranger: %d %s", i+1, a.status, a.body)
		}
	}
	a := from(h, home, "/api/user/forget_password", `{"username":"Ann","email":"ANN@Example.com"}`, "")
	if mails := s.box.take(); a.status != 200 || len(mails) != 1 {
		t.Errorf("the owner: %d %s, %d mails", a.status, a.body, len(mails))
	}
}

// A change of one's own e-mail tells whether an address is taken: ten times an
// hour for one account, and as often as a registration for one network.
func TestEmailsCannotBeTriedWithoutEnd(t *testing.T) {
	t.Parallel()
	s := newService(t)
	anns, bens, bosss := bearer(t, s.account("ann")), bearer(t, s.account("ben")), bearer(t, s.account("boss", asAdmin))
	h := s.strict()
	put := func(address, bearer, name, email string) int {
		r := httptest.NewRequest("PUT", "/api/user/"+name, strings.NewReader(fmt.Sprintf(`{"email":%q}`, email)))
		r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(address), 0).String()
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Request-Id", requestID)
		r.Header.Set("Authorization", strings.TrimPrefix(bearer, "Authorization: "))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	for i := range 12 {
		want := []int{409, 200}[i%2]
		if i >= 10 {
			want = 429
		}
		email := []string{"BEN@example.com", fmt.Sprintf("ann%d@example.com", i)}[i%2]
		if got := put(fmt.Sprintf("10.0.%d.1", i), anns, "ann", email); got != want {
			t.Errorf("try %d of an account: %d, want %d", i+1, got, want)
		}
	}
	if got := put(home, anns, "ann", "ann9@example.com"); got != 200 { // its own
		t.Errorf("the e-mail that it has: %d", got)
	}
	for i := range 12 { // an ADMIN's are not counted
		if got := put(home, bosss, "ben", fmt.Sprintf("ben%d@example.com", i)); got != 200 {
			t.Errorf("change %d by an ADMIN: %d", i+1, got)
		}
	}
	for i := range 20 {
		from(h, home, "/api/user/register", strings.NewReplacer("zoe", fmt.Sprint("zoe", i), "Zoe", fmt.Sprint("Zoe", i)).Replace(zoeRegisters), "")
	}
	if got := put(home, bens, "ben", "ben@example.com"); got != 429 {
		t.Errorf("from a network that has registered twenty: %d", got)
	}
	if got := put("192.0.2.1", bens, "ben", "ben@example.com"); got != 200 {
		t.Errorf("from another network: %d", got)
	}
}

// Known and unknown names wait alike.
func TestUnknownNamesWaitAlike(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	s.account("ben", inactive)
	s.account("cid", func(u *user.User) { u.PasswordHash = "" })
	now := time.Now()
	for _, name := range []string{"ann", "Ann", "ben", "cid", "nobody", "No.Body"} {
		if name == "Ann" { // has no tries of its own
			if err := s.guess(t, name, home, "guess", now); waitOf(err) != time.Second {
				t.Errorf("another spelling: %v", err)
			}
			continue
		}
		for i := range 8 {
			err := s.guess(t, name, fmt.Sprintf("10.%d.0.1", i), "guess", now)
			if i < 5 && !errors.Is(err, fault.Unauthenticated) || i >= 5 && waitOf(err) != time.Second {
				t.Errorf("try %d of %s: %v", i+1, name, err)
			}
		}
	}
}

// Each door has its own budget for a network, and counts what gets through it.
func TestNetworkLimits(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	limits := user.DefaultLimits
	limits.Login, limits.Register = ratelimit.Rate{Limit: 3, Window: time.Hour}, ratelimit.Rate{Limit: 2, Window: time.Hour}
	limits.Forget, limits.Reset = ratelimit.Rate{Limit: 2, Window: time.Hour}, ratelimit.Rate{Limit: 2, Window: time.Hour}
	h := limited(s.db, s.box, false, limits)
	reset, _ := resets.Mint()
	for path, c := range map[string]struct {
		most int
		body func(i int) string
	}{
		"/api/user/login": {3, func(i int) string { return credentialsOf(fmt.Sprint("user", i), "x") }},
		"/api/user/register": {2, func(i int) string {
			return strings.NewReplacer("zoe", fmt.Sprint("zoe", i), "Zoe", fmt.Sprint("Zoe", i)).Replace(zoeRegisters)
		}},
		"/api/user/forget_password": {2, func(i int) string { return fmt.Sprintf(`{"username":"user%d","email":"x"}`, i) }},
		"/api/user/reset_password":  {2, func(int) string { return `{"token":"` + reset + `","new_password":"another kite"}` }},
	} {
		for i := range c.most + 2 {
			a := from(h, fmt.Sprintf("192.0.2.%d", i+1), path, c.body(i), "") // one /24
			if (a.status == 429) != (i >= c.most) {
				t.Errorf("%s, request %d: %d %s", path, i+1, a.status, a.body)
			}
		}
		if a := from(h, "192.0.3.1", path, c.body(9), ""); a.status == 429 {
			t.Errorf("%s from another network: %s", path, a.body)
		}
	}
}
