package boot_test

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"strings"
	"testing"

	"roster/shared/boot"
	"roster/shared/boot/settings"
)

// Secrets of an edge: the first, the next, and one that it never had.
const (
	oldEdge   = canary
	newEdge   = "canary-9876543210-GHIJKL-ijklmnop"
	wrongEdge = "canary-0123456789-ABCDEF-abcdefgH"
	missing   = "EDGE_SECRET is missing: TRUSTED_PROXIES is believed only for requests that carry this secret. Generate one, for example with: " +
		"openssl rand -hex 32, and have the proxy send it as the header X-Edge-Secret (docs/edge.md)"
)

func verifies(t *testing.T, e *boot.Edge, when string, want map[string]bool) {
	t.Helper()
	for value, right := range want {
		if got := e.Verify(t.Context(), value); got != right {
			t.Errorf("%s: %q is accepted: %v, want %v", when, value, got, right)
		}
	}
}

func TestProxiesNeedASecret(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		proxies, secret string
		want            string // what is wrong
	}{
		"no proxy":                {"", "", ""},
		"no proxy, by number":     {"0", "", ""},
		"no proxy, but a secret":  {"0", oldEdge, ""},
		"one":                     {"1", oldEdge, ""},
		"five":                    {"5", oldEdge, ""},
		"two secrets":             {"1", oldEdge + "," + newEdge, ""},
		"two, by a space":         {"1", oldEdge + " " + newEdge, ""},
		"two, by more":            {"1", " " + oldEdge + " ,\n" + newEdge + ", ", ""},
		"no secret":               {"1", "", missing},
		"a secret of nothing":     {"1", " , ", missing},
		"three secrets":           {"1", oldEdge + "," + newEdge + "," + wrongEdge, "EDGE_SECRET must be one secret, or two while it is changed, with a comma or a space between them"},
		"a short one":             {"1", oldEdge[:31], "EDGE_SECRET is too short: it must have at least 32 bytes"},
		"a short one beside it":   {"1", oldEdge + "," + newEdge[:31], "EDGE_SECRET is too short: it must have at least 32 bytes"},
		"a simple one":            {"1", strings.Repeat("ab", 20), "EDGE_SECRET is too simple; generate one, for example with: openssl rand -hex 32"},
		"an example's":            {"1", "your_edge_secret_your_edge_secret", "EDGE_SECRET is a placeholder; generate one, for example with: openssl rand -hex 32"},
		"a word for a number":     {"canary", oldEdge, "TRUSTED_PROXIES must be a whole number from 0 to 5"},
		"a negative number":       {"-1", oldEdge, "TRUSTED_PROXIES must be a whole number from 0 to 5"},
		"more than there will be": {"6", oldEdge, "TRUSTED_PROXIES must be a whole number from 0 to 5"},
	} {
		env := env("TRUSTED_PROXIES", c.proxies, "EDGE_SECRET", c.secret)
		n := env.Edge().Proxies()
		check(t, name, rejection(t, env), c.want)
		if want, err := strconv.Atoi(c.proxies); err == nil && want >= 0 && want <= 5 {
			check(t, name, n, want)
		} else {
			check(t, name, n, 0)
		}
	}
}

func TestTheSecretIsHeldAgainstBothValues(t *testing.T) {
	t.Parallel()
	for setting, right := range map[string][]string{oldEdge: {oldEdge}, oldEdge + "," + newEdge: {oldEdge, newEdge}, newEdge + " " + oldEdge: {oldEdge, newEdge}} {
		e := env("TRUSTED_PROXIES", "1", "EDGE_SECRET", setting).Edge()
		want := map[string]bool{wrongEdge: false, "": false, oldEdge[:32]: false, oldEdge + "x": false, setting: setting == oldEdge, oldEdge + "," + oldEdge: false, newEdge: false}
		for _, v := range right {
			want[v] = true
		}
		verifies(t, e, setting, want)
	}
}

// edgeSource plays the secret in Secrets Manager.
type edgeSource struct {
	values map[string]string
	err    error
	good   func(map[string]string) error
}

func (s *edgeSource) Require(good func(map[string]string) error) { s.good = good }

func (s *edgeSource) Get(context.Context) (map[string]string, error) {
	return maps.Clone(s.values), s.err
}

func (s *edgeSource) Refresh(ctx context.Context) (map[string]string, error) { return s.Get(ctx) }

// The three steps of a rotation, each a change of the secret while the function
// runs.
func TestTheSecretRotatesWhileTheFunctionRuns(t *testing.T) {
	t.Parallel()
	s := &edgeSource{values: map[string]string{"TRUSTED_PROXIES": "1", "EDGE_SECRET": oldEdge}}
	env := &boot.Environment{Environment: settings.WithSecret(t.Context(), map[string]string{}, s)}
	e := env.Edge()
	if err := env.Check(); err != nil {
		t.Fatal(err)
	}
	verifies(t, e, "at first", map[string]bool{oldEdge: true, newEdge: false})
	s.values = map[string]string{"EDGE_SECRET": newEdge + "," + oldEdge}
	verifies(t, e, "both", map[string]bool{oldEdge: true, newEdge: true, wrongEdge: false})
	s.values = map[string]string{"EDGE_SECRET": newEdge}
	verifies(t, e, "at last", map[string]bool{oldEdge: false, newEdge: true})
	s.err = errors.New("no reading for an hour")
	verifies(t, e, "without a reading", map[string]bool{oldEdge: false, newEdge: false})
	s.err = nil
	verifies(t, e, "with one again", map[string]bool{oldEdge: false, newEdge: true})
}

// Damage to the secret must not turn every client into the proxy: such a reading
// counts as none.
func TestADamagedSecretCountsAsNoReading(t *testing.T) {
	t.Parallel()
	s := &edgeSource{values: map[string]string{"TRUSTED_PROXIES": "1", "EDGE_SECRET": oldEdge}}
	(&boot.Environment{Environment: settings.WithSecret(t.Context(), map[string]string{}, s)}).Edge()
	for value, wrong := range map[string]bool{oldEdge: false, oldEdge + "," + newEdge: false, "": true, "short": true, oldEdge + " " + newEdge + " " + wrongEdge: true} {
		err := s.good(map[string]string{"EDGE_SECRET": value})
		if (err != nil) != wrong {
			t.Errorf("%q: %v", value, err)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("a value is shown: %v", err)
		}
	}
	if s.good(map[string]string{}) == nil {
		t.Error("a secret without the member is taken")
	}
}

// A value of the environment is not missing in the secret.
func TestTheSecretMayBeAVariable(t *testing.T) {
	t.Parallel()
	s := &edgeSource{values: map[string]string{"ROOT_KEY": "x"}}
	env := &boot.Environment{Environment: settings.WithSecret(t.Context(), map[string]string{"TRUSTED_PROXIES": "1", "EDGE_SECRET": oldEdge}, s)}
	e := env.Edge()
	if err := errors.Join(env.Check(), s.good(map[string]string{"ROOT_KEY": "y"})); err != nil {
		t.Error(err)
	}
	verifies(t, e, "the variable", map[string]bool{oldEdge: true, wrongEdge: false})
}
