package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/ratelimit"
	"roster/shared/user"
)

// withDefaultLimits returns the service's handler with the limits of a
// deployment.
func (s *service) withDefaultLimits() http.Handler {
	return routesWithLimits(s.db, s.box, false, user.DefaultLimits)
}

// sendFrom sends a request from an address.
func sendFrom(h http.Handler, address, path, body, deviceToken string) answer {
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

// Three mails in half an hour, with the same answers whether or not the account exists.
func TestResetMailsAreLimited(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	s.account("ben", inactive)
	h := s.withDefaultLimits()
	answers := map[string][]string{}
	for _, name := range []string{"ann", "ben", "nobody"} {
		for i := range 6 {
			body := fmt.Sprintf(`{"username":%q,"email":"%s@example.com"}`, name, name)
			a := sendFrom(h, fmt.Sprintf("10.0.%d.1", i), "/api/user/forget_password", body, "")
			wait, _ := strconv.Atoi(a.header.Get("Retry-After"))
			answers[name] = append(answers[name], fmt.Sprint(a.status, " ", wait > 1700 && wait <= 1800, " ", a.body))
		}
	}
	for _, name := range []string{"ben", "nobody"} {
		if diff := cmp.Diff(answers["ann"], answers[name]); diff != "" {
			t.Errorf("the answers for ann and %s differ:\n%s", name, diff)
		}
	}
	for i, got := range answers["ann"] {
		if want := map[bool]string{true: "200 false", false: "429 true"}[i < 3]; !strings.HasPrefix(got, want) {
			t.Errorf("request %d: %s, want %s", i, got, want)
		}
	}
	if mails := s.box.drain(); len(mails) != 3 {
		t.Errorf("%d mails were sent, want 3", len(mails))
	}
}

// Three requests, and then one more in another form: whether it is refused must not
// tell whether there is an account.
func TestAnotherFormOfARequestTellsNothing(t *testing.T) {
	t.Parallel()
	s := newService(t)
	h := s.withDefaultLimits()
	byName := []string{`{"username":"NAME"}`, `{"username":"\u3000NAME "}`}
	byAddress := []string{`{"email":"NAME@example.com"}`, `{"email":"NAME@EXAMPLE.COM\u200b"}`}
	others := []string{
		`{"username":"NAME","email":" "}`, `{"username":" ","email":"NAME@example.com"}`, `{"username":"NAME","email":"\u200b"}`, `{"username":"NAME","email":""}`,
		`{"username":"NAME","email":"x"}`, `{"username":"x","email":"NAME@example.com"}`, `{"username":"NAME@example.com"}`, `{"email":"NAME"}`, `{"username":"NAME","email":null}`,
	}
	n := 0
	for _, firsts := range [][]string{byName, byAddress, others} {
		for _, first := range firsts {
			for _, second := range slices.Concat(firsts, others) { // a name and an address share a budget where they belong together: SECURITY.md
				n++
				known, nobody := fmt.Sprint("ann-", n), fmt.Sprint("nobody-", n)
				s.account(known)
				if a, b := askTwice(h, n, first, second, known), askTwice(h, n+1000, first, second, nobody); a != b {
					t.Errorf("%s, then %s: %s for an account, %s for nobody", first, second, a, b)
				}
			}
		}
	}
}

// askTwice asks three times in one form and once in another, from a network of its own.
func askTwice(h http.Handler, network int, first, second, name string) (statuses string) {
	for _, body := range []string{first, first, first, second} {
		a := sendFrom(h, fmt.Sprintf("10.%d.%d.1", network/256, network%256), "/api/user/forget_password", strings.ReplaceAll(body, "NAME", name), "")
		statuses += fmt.Sprint(a.status, " ")
	}
	return statuses
}

// The owner needs the reset when an attacker has disabled the password. An
// attacker must not prevent it: not with a wrong address, and not by having all
// mails sent, because the owner gets them.
func TestStrangersCannotKeepAnOwnerFromAReset(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	h := s.withDefaultLimits()
	for i := range 6 {
		a := sendFrom(h, fmt.Sprintf("10.0.%d.1", i), "/api/user/forget_password", `{"username":"ann","email":"guess@example.com"}`, "")
		if (a.status == 429) != (i >= 3) {
			t.Errorf("request %d of a stranger: %d %s", i+1, a.status, a.body)
		}
	}
	a := sendFrom(h, ownerAddress, "/api/user/forget_password", `{"username":"Ann","email":"ANN@Example.com"}`, "")
	if mails := s.box.drain(); a.status != 200 || len(mails) != 1 {
		t.Errorf("the owner: %d %s, %d mails", a.status, a.body, len(mails))
	}
	for i := range 6 {
		name := []string{`{"username":"ANN"}`, `{"email":"ann@EXAMPLE.com"}`}[i%2]
		if a := sendFrom(h, fmt.Sprintf("10.0.%d.1", i), "/api/user/forget_password", name, ""); (a.status == 429) != (i >= 2) {
			t.Errorf("request %d for the account: %d %s", i+1, a.status, a.body)
		}
	}
	mails := s.box.drain()
	if len(mails) != 2 {
		t.Fatalf("the owner got %d mails more", len(mails))
	}
	token := mailedLink.FindStringSubmatch(mails[1].Text)[1]
	send(t, h, "POST", "/api/user/reset_password", `{"token":"`+token+`","new_password":"another kite"}`).wants(t, "the last link", 200, passwordIsReset)
}

// A change of the own e-mail reveals whether an address is taken. It is limited
// to ten in an hour for an account, and like registrations for a network.
func TestEmailChangesAreLimited(t *testing.T) {
	t.Parallel()
	s := newService(t)
	anns, bens, bosss := bearer(t, s.account("ann")), bearer(t, s.account("ben")), bearer(t, s.account("boss", asAdmin))
	h := s.withDefaultLimits()
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
			t.Errorf("change %d by an account: %d, want %d", i+1, got, want)
		}
	}
	if got := put(ownerAddress, anns, "ann", "ann9@example.com"); got != 200 { // nothing changes
		t.Errorf("the e-mail that it has: %d", got)
	}
	for i := range 12 { // changes by an ADMIN are not counted
		if got := put(ownerAddress, bosss, "ben", fmt.Sprintf("ben%d@example.com", i)); got != 200 {
			t.Errorf("change %d by an ADMIN: %d", i+1, got)
		}
	}
	for i := range 20 {
		sendFrom(h, ownerAddress, "/api/user/register", strings.NewReplacer("zoe", fmt.Sprint("zoe", i), "Zoe", fmt.Sprint("Zoe", i)).Replace(zoeRegistration), "")
	}
	if got := put(ownerAddress, bens, "ben", "ben@example.com"); got != 429 {
		t.Errorf("from a network that has registered twenty: %d", got)
	}
	if got := put("192.0.2.1", bens, "ben", "ben@example.com"); got != 200 {
		t.Errorf("from another network: %d", got)
	}
}

func TestEachEndpointLimitsANetwork(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	limits := user.DefaultLimits
	limits.Login, limits.Register = ratelimit.Rate{Limit: 3, Window: time.Hour}, ratelimit.Rate{Limit: 2, Window: time.Hour}
	limits.Forget, limits.Reset = ratelimit.Rate{Limit: 2, Window: time.Hour}, ratelimit.Rate{Limit: 2, Window: time.Hour}
	h := routesWithLimits(s.db, s.box, false, limits)
	reset, _ := resets.Mint()
	for path, c := range map[string]struct {
		limit int
		body  func(i int) string
	}{
		"/api/user/login": {3, func(i int) string { return credentialsOf(fmt.Sprint("user", i), "x") }},
		"/api/user/register": {2, func(i int) string {
			return strings.NewReplacer("zoe", fmt.Sprint("zoe", i), "Zoe", fmt.Sprint("Zoe", i)).Replace(zoeRegistration)
		}},
		"/api/user/forget_password": {2, func(i int) string { return fmt.Sprintf(`{"username":"user%d","email":"x"}`, i) }},
		"/api/user/reset_password":  {2, func(int) string { return `{"token":"` + reset + `","new_password":"another kite"}` }},
	} {
		for i := range c.limit + 2 {
			a := sendFrom(h, fmt.Sprintf("192.0.2.%d", i+1), path, c.body(i), "") // one /24
			if (a.status == 429) != (i >= c.limit) {
				t.Errorf("%s, request %d: %d %s", path, i+1, a.status, a.body)
			}
		}
		if a := sendFrom(h, "192.0.3.1", path, c.body(9), ""); a.status == 429 {
			t.Errorf("%s from another network: %s", path, a.body)
		}
	}
}
