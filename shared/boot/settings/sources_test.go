package settings_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"roster/localdev/awstest"
	"roster/shared/boot/settings"
)

const (
	settingsARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:settings-AbCdEf"
	keysARN     = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:keys-AbCdEf"
)

func TestSeveralSecretsAreOne(t *testing.T) {
	server := withSecret(t, `{"DATABASE_URL":"database","A":"1","B":"1","C":"1"}`)
	server.SetSecret(settingsARN, `{"A":"2","B":"2"}`)
	server.SetSecret(keysARN, `{"ROOT_KEY":"key","A":"3"}`)
	t.Setenv("SETTINGS_SECRET_ARN", settingsARN)
	t.Setenv("KEYS_SECRET_ARN", keysARN)
	e := settings.Load()
	for name, want := range map[string]string{"DATABASE_URL": "database", "ROOT_KEY": "key", "A": "3", "B": "2", "C": "1"} {
		check(t, name, e.Required(name), want)
	}
	check(t, "what is rejected", rejection(t, e), "")
	check(t, "reads", server.Calls(awstest.GetSecretValue), 3)
}

// A stack may go on with one secret that holds everything.
func TestASecretWithTwoNamesIsReadOnce(t *testing.T) {
	server := withSecret(t, `{"A":"old"}`)
	server.SetSecret(settingsARN, `{"A":"new"}`)
	t.Setenv("SETTINGS_SECRET_ARN", settingsARN)
	t.Setenv("KEYS_SECRET_ARN", arn)
	e := settings.Load()
	check(t, "the keys' secret counts", e.Required("A"), "old")
	check(t, "reads", server.Calls(awstest.GetSecretValue), 2)
}

// meeting is a secret whose read waits until another one is read, too.
type meeting struct {
	fakeSecret
	arrive, leave chan bool
}

func (m meeting) Get(ctx context.Context) (map[string]string, error) {
	select {
	case m.arrive <- true:
	case <-m.leave:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return map[string]string{}, nil
}

// A start waits for the slowest read, and not for the sum.
func TestSecretsAreReadAtTheSameTime(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	a, b := make(chan bool), make(chan bool)
	e := settings.WithSecret(ctx, nil, meeting{arrive: a, leave: b}, meeting{arrive: b, leave: a})
	check(t, "what is rejected", rejection(t, e), "")
}

func TestTheUnreadableSecretIsNamed(t *testing.T) {
	server := withSecret(t, `{"A":"1"}`)
	server.SetSecret(settingsARN, canary)
	t.Setenv("SETTINGS_SECRET_ARN", settingsARN)
	t.Setenv("KEYS_SECRET_ARN", keysARN)
	server.SetSecret(keysARN, `{}`)
	e := settings.Load()
	e.Required("B")
	check(t, "the message", rejection(t, e),
		"SETTINGS_SECRET_ARN cannot be read: read secret "+settingsARN+": its content cannot be used: it is not a JSON object")
}

// staleSecret is a secret that can no longer be read.
type staleSecret struct{ fakeSecret }

var errStale = errors.New("an outage")

func (staleSecret) Refresh(context.Context) (map[string]string, error) { return nil, errStale }

// A new password is in one secret. It must be found although another secret, whose
// last members are still good, cannot be read again.
func TestAStaleSecretDoesNotHideAFreshOne(t *testing.T) {
	t.Parallel()
	stale := staleSecret{fakeSecret{get: map[string]string{"A": "last"}}}
	rotated := fakeSecret{get: map[string]string{"B": "old"}, refresh: map[string]string{"B": "new"}}
	for name, e := range map[string]*settings.Environment{
		"first": settings.WithSecret(t.Context(), nil, stale, rotated), "last": settings.WithSecret(t.Context(), nil, rotated, stale),
	} {
		got, err := e.Current(t.Context(), true)
		check(t, name+", the values", got, map[string]string{"A": "last", "B": "new"})
		check(t, name+", the error", err, nil)
	}
	_, err := settings.WithSecret(t.Context(), nil, stale, stale).Current(t.Context(), true)
	check(t, "without any fresh one", errors.Is(err, errStale), true)
	_, err = settings.WithSecret(t.Context(), nil, stale).Current(t.Context(), true)
	check(t, "with one secret", errors.Is(err, errStale), true)
}

// checkedSecret is a secret that checks what it reads, as those of Secrets Manager
// do.
type checkedSecret struct {
	fakeSecret
	valid func(map[string]string) error
}

func (s *checkedSecret) Require(valid func(map[string]string) error) { s.valid = valid }

// A check sees the members of all secrets, whichever of them was read again.
func TestAChangedSecretIsCheckedTogetherWithTheOthers(t *testing.T) {
	t.Parallel()
	a := &checkedSecret{fakeSecret: fakeSecret{get: map[string]string{"A": "1"}}}
	b := &checkedSecret{fakeSecret: fakeSecret{get: map[string]string{"B": "1"}}}
	e := settings.WithSecret(t.Context(), map[string]string{"C": "1"}, a, b)
	var seen []string
	e.Require(func(values map[string]string) error {
		seen = append(seen, values["A"]+values["B"]+values["C"])
		return nil
	})
	for _, err := range []error{a.valid(map[string]string{"A": "2"}), b.valid(map[string]string{"B": "2"}), b.valid(map[string]string{})} {
		check(t, "the error", err, nil)
	}
	check(t, "what was checked", seen, []string{"211", "121", "11"})
}

func TestPublicURLIsTheAPIsOwnUntilThereIsADomain(t *testing.T) {
	t.Parallel()
	const domain, own = "https://accounts.example.com", "https://a1.execute-api.eu-central-1.amazonaws.com"
	for name, c := range map[string]struct {
		e           *settings.Environment
		want, wrong string
	}{
		"both":         {env("PUBLIC_URL", domain, "API_URL", own), domain, ""},
		"a domain":     {env("PUBLIC_URL", domain), domain, ""},
		"no domain":    {env("PUBLIC_URL", "", "API_URL", own), own, ""},
		"neither":      {env(), "", "PUBLIC_URL is missing"},
		"a bad domain": {env("PUBLIC_URL", "x", "API_URL", own), "x", "PUBLIC_URL must be an origin such as https://accounts.example.com, or one with a path such as https://api.example.com/auth"},
	} {
		check(t, name, c.e.PublicURL(), c.want)
		check(t, name+", what is rejected", rejection(t, c.e), c.wrong)
		c.e.AssumePublicURL()
		if got := c.e.PublicURL(); (c.want == "") != strings.HasSuffix(got, ".invalid") {
			t.Errorf("%s: %q is assumed", name, got)
		}
	}
}

// recentlyRead is a secret that was read a moment ago. It counts its reads.
type recentlyRead struct {
	fakeSecret
	recent map[string]string
	reads  int
}

func (s *recentlyRead) Recent() map[string]string { return s.recent }

func (s *recentlyRead) Get(ctx context.Context) (map[string]string, error) {
	s.reads++
	return s.fakeSecret.Get(ctx)
}

// What a secret has in memory is neither read nor copied for each request. A new
// reading counts at once, and where one is due, the secret is read.
func TestCurrentTakesWhatIsInMemory(t *testing.T) {
	t.Parallel()
	s := &recentlyRead{fakeSecret: fakeSecret{get: map[string]string{"A": "read"}}, recent: map[string]string{"A": "kept"}}
	e := settings.WithSecret(t.Context(), map[string]string{"SECRET_ARN": "arn", "A": "environment", "B": "environment"}, s)
	s.reads = 0
	for _, c := range []struct {
		recent map[string]string
		want   string
		reads  int
	}{
		{s.recent, "kept", 0},
		{s.recent, "kept", 0},
		{map[string]string{"A": "new"}, "new", 0},
		{nil, "read", 1},
	} {
		s.recent = c.recent
		got, err := e.Current(t.Context(), false)
		if err != nil || got["A"] != c.want || got["B"] != "environment" || s.reads != c.reads {
			t.Errorf("%v, %v after %d reads; want %s after %d", got, err, s.reads, c.want, c.reads)
		}
	}
}
