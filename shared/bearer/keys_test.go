package bearer_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"roster/shared/bearer"
	"roster/shared/credential/keyring"
	"roster/shared/credential/token"
)

// issuerWithFetchedKey returns an issuer, a verifier that has fetched its key, and
// a good token.
func issuerWithFetchedKey(t *testing.T) (*issuer, *bearer.Verifier, string) {
	t.Helper()
	i := newIssuer(t)
	k := newKey(t, keyring.EdDSA)
	i.publish(k)
	v := i.verifier(t)
	raw := i.signed(t, k)
	check(t, "the first", v, raw, 200)
	checkFetches(t, "the first", i, 1)
	return i, v, raw
}

// RFC 9111 §4.2, between the minimum and the maximum.
func TestKeysAreCachedForTheirFreshnessLifetime(t *testing.T) {
	t.Parallel()
	for cacheControl, c := range map[string]struct {
		age  string
		want time.Duration
	}{
		"public, max-age=300":             {"", 5 * time.Minute},
		"max-age=60":                      {"", time.Minute},
		"Max-Age=\"60\" , public":         {"", time.Minute},
		"max-age=60, max-age=30":          {"", 30 * time.Second},
		"max-age=120, s-maxage=300":       {"100", 20 * time.Second},
		"public":                          {"", bearer.MaxFresh},
		"":                                {"", bearer.MaxFresh},
		"public, max-age=86400":           {"", bearer.MaxFresh},
		"max-age=300":                     {"100", 200 * time.Second},
		"max-age=100":                     {"100000000", bearer.MinFresh},
		"max-age=0":                       {"", bearer.MinFresh},
		"no-store":                        {"", bearer.MinFresh},
		"no-cache, max-age=300":           {"", bearer.MinFresh},
		"max-age=-1":                      {"", bearer.MinFresh},
		"max-age=99999999999999999999999": {"", bearer.MinFresh},
		"max-age":                         {"", bearer.MinFresh},
	} {
		i := newIssuer(t)
		i.headers = map[string]string{"Cache-Control": cacheControl, "Age": c.age}
		k := newKey(t, keyring.EdDSA)
		i.publish(k)
		v := i.verifier(t)
		check(t, cacheControl, v, i.signed(t, k), 200)
		i.advance(c.want - 1)
		check(t, cacheControl, v, i.signed(t, k), 200)
		checkFetches(t, cacheControl+", before its end", i, 1)
		i.advance(1)
		check(t, cacheControl, v, i.signed(t, k), 200)
		checkFetches(t, cacheControl+", at its end", i, 1)
	}
}

// The next key is known before it signs. A removed key is accepted until the
// fetched keys are no longer fresh.
func TestRotationIsFollowed(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	a, b := newKey(t, keyring.ES256), newKey(t, keyring.EdDSA)
	i.publish(a, b)
	v := i.verifier(t)
	old := i.signed(t, a)
	check(t, "the current key", v, old, 200)
	check(t, "the next one", v, i.signed(t, b), 200)
	checkFetches(t, "both", i, 1)
	i.publish(b)
	i.advance(keyring.MaxSetAge - 1)
	check(t, "a removed key, while the fetched keys are fresh", v, i.signed(t, a), 200)
	i.advance(1)
	check(t, "a removed key, after that", v, i.signed(t, a), 401)
	check(t, "the current key", v, i.signed(t, b), 200)
	checkFetches(t, "after it", i, 1)
}

// A key may sign that was not published before, as after a leak of the old key.
func TestUnknownKeysAreFetchedOncePerInterval(t *testing.T) {
	t.Parallel()
	i, v, raw := issuerWithFetchedKey(t)
	k := newKey(t, keyring.ES256)
	i.publish(k)
	i.advance(bearer.RefreshInterval - 1)
	check(t, "a new key, too soon", v, i.signed(t, k), 401)
	checkFetches(t, "too soon", i, 0)
	i.advance(1)
	check(t, "a new key", v, i.signed(t, k), 200)
	check(t, "the old one", v, raw, 401)
	checkFetches(t, "once", i, 1)
	// Tokens with invented keys cause one fetch in an interval.
	for range 10 {
		i.advance(bearer.RefreshInterval / 10)
		for range 20 {
			check(t, "an invented key", v, i.signed(t, newKey(t, keyring.EdDSA)), 401)
		}
		check(t, "the good one meanwhile", v, i.signed(t, k), 200)
	}
	if n := i.takeFetches(); n < 1 || n > 2 {
		t.Errorf("200 invented keys made %d fetches in one interval", n)
	}
}

// After the hour every token gets 503. During the outage a token with an unknown
// key gets 503, too, and not 401.
func TestKeysServeForAnHourOfOutage(t *testing.T) {
	t.Parallel()
	for name, down := range map[string]func(*issuer){
		"an error":      func(i *issuer) { i.status = http.StatusServiceUnavailable },
		"a redirect":    func(i *issuer) { i.status = http.StatusFound; i.headers["Location"] = "/elsewhere" },
		"no keys":       func(i *issuer) { i.body = "{}" },
		"a page":        func(i *issuer) { i.body = "<html>" },
		"too much":      func(i *issuer) { i.body = `{"keys":[]` + strings.Repeat(" ", 32<<10) + "}" },
		"half a page":   func(i *issuer) { i.headers["Content-Length"] = "100000" },
		"another's key": func(i *issuer) { i.body = `{"keys":null}` },
	} {
		i := newIssuer(t)
		k := newKey(t, keyring.EdDSA)
		i.publish(k)
		v := i.verifier(t)
		check(t, name+", the first", v, i.signed(t, k), 200)
		i.set(down)
		i.advance(bearer.UsableFor - 1)
		check(t, name+", within the hour", v, i.signed(t, k), 200)
		_, w := call(t, v, "Bearer "+i.signed(t, newKey(t, keyring.EdDSA)))
		if w.Code != 503 || w.Header().Get("Retry-After") == "" || w.Header().Get("WWW-Authenticate") != "" {
			t.Errorf("%s, an unknown key: %d, %v", name, w.Code, w.Header())
		}
		i.advance(1)
		check(t, name+", after the hour", v, i.signed(t, k), 503)
		i.set(func(i *issuer) { i.status, i.body, i.headers = 200, "", nil })
		i.advance(bearer.RetryInterval)
		check(t, name+", and again", v, i.signed(t, k), 200)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	i, attacker := newIssuer(t), newIssuer(t)
	k := newKey(t, keyring.EdDSA)
	attacker.publish(k)
	i.set(func(i *issuer) {
		i.status, i.headers["Location"] = http.StatusTemporaryRedirect, attacker.URL+"/.well-known/jwks.json"
	})
	check(t, "an attacker's key", i.verifier(t), i.signed(t, k), 503)
	checkFetches(t, "the attacker's", attacker, 0)
}

func TestFailedFetchesAreNotRepeatedAtOnce(t *testing.T) {
	t.Parallel()
	i, v, _ := issuerWithFetchedKey(t)
	k := i.ring.Keys[0]
	i.set(func(i *issuer) { i.status = 500 })
	i.advance(keyring.MaxSetAge)
	for range 10 { // with usable keys: one fetch in half a minute
		check(t, "with keys", v, i.signed(t, k), 200)
	}
	i.advance(bearer.RetryInterval - 1)
	check(t, "with keys", v, i.signed(t, k), 200)
	checkFetches(t, "with keys", i, 1)
	i.advance(bearer.UsableFor)
	for range 10 { // without: one fetch in a second
		check(t, "without", v, i.signed(t, k), 503)
	}
	checkFetches(t, "without", i, 1)
	i.advance(bearer.FailInterval)
	check(t, "without", v, i.signed(t, k), 503)
	checkFetches(t, "a second later", i, 1)
}

func TestClockSetBackFetchesAgain(t *testing.T) {
	t.Parallel()
	i, v, _ := issuerWithFetchedKey(t)
	i.advance(-time.Hour)
	check(t, "an hour before", v, i.signed(t, i.ring.Keys[0]), 200)
	checkFetches(t, "an hour before", i, 1)
}

func TestConcurrentRequestsShareOneFetch(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	k := newKey(t, keyring.EdDSA)
	i.publish(k)
	hold := make(chan struct{})
	i.hold = hold
	v := i.verifier(t)
	raw := i.signed(t, k)
	ctx, giveUp := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := v.Verify(ctx, raw)
		first <- err
	}()
	<-i.arrived
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() { check(t, "each", v, raw, 200) })
	}
	giveUp() // the others must not fail
	if err := <-first; !errors.Is(err, bearer.ErrUnavailable) {
		t.Errorf("the first, which was cancelled: %v", err)
	}
	close(hold)
	group.Wait()
	checkFetches(t, "50", i, 1)
}

// A request waits for a second at most, as long as there are usable keys.
func TestSlowIssuerDelaysNobodyWithKeys(t *testing.T) {
	t.Parallel()
	i, v, _ := issuerWithFetchedKey(t)
	hold := make(chan struct{})
	i.set(func(i *issuer) { i.hold = hold })
	defer close(hold)
	i.advance(keyring.MaxSetAge)
	began := time.Now()
	check(t, "meanwhile", v, i.signed(t, i.ring.Keys[0]), 200)
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestVerifyTellsInvalidFromUnavailable(t *testing.T) {
	t.Parallel()
	i, v, raw := issuerWithFetchedKey(t)
	if c, err := v.Verify(t.Context(), raw); err != nil || c != claims {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := v.Verify(t.Context(), raw+"x"); !errors.Is(err, token.ErrInvalid) || c != (token.Claims{}) {
		t.Errorf("%+v, %v", c, err)
	}
	i.Close()
	i.advance(bearer.UsableFor)
	if _, err := v.Verify(t.Context(), raw); !errors.Is(err, bearer.ErrUnavailable) || errors.Is(err, token.ErrInvalid) {
		t.Errorf("%v", err)
	}
}

// An issuer that signs with a shared secret publishes no key.
func TestHS256TokensAreRefused(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	v := i.verifier(t)
	s := token.NewHS256([]byte("0123456789abcdefghijklmnopqrstuv"), i.URL, "roster")
	raw, _, err := s.Issue(claims, i.clock())
	if err != nil {
		t.Fatal(err)
	}
	check(t, "HS256", v, raw, 401)
}

// While the issuer hangs, a token with an invented key starts a fetch every ten
// seconds. Good tokens are served from the keys at hand and wait for none of them.
func TestGoodTokensDoNotWaitForFetchesOfInventedKeys(t *testing.T) {
	t.Parallel()
	i, v, raw := issuerWithFetchedKey(t)
	hold := make(chan struct{})
	defer close(hold)
	i.set(func(i *issuer) { i.hold = hold })
	i.advance(keyring.MaxSetAge)
	var strangers sync.WaitGroup
	defer strangers.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	invented := i.signed(t, newKey(t, keyring.EdDSA))
	strangers.Go(func() { callWith(ctx, v, invented) })
	<-i.arrived
	i.advance(time.Second) // it takes longer than anybody should wait
	began := time.Now()
	for range 20 {
		check(t, "a good token", v, raw, 200)
	}
	if took := time.Since(began); took > 500*time.Millisecond {
		t.Errorf("20 good tokens took %v", took)
	}
}

// callWith sends a request that may be cancelled.
func callWith(ctx context.Context, v *bearer.Verifier, raw string) {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+raw)
	v.Require(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(httptest.NewRecorder(), r)
}
