package edge_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"roster/shared/boot"
	"roster/shared/boot/edge"
	"roster/shared/boot/settings"
	"roster/shared/web"
)

// Secrets of an edge: the first, the next, and one that it never had.
const (
	old     = "canary-0123456789-ABCDEF-abcdefgh"
	young   = "canary-9876543210-GHIJKL-ijklmnop"
	guess   = "canary-0123456789-ABCDEF-abcdefgH"
	bad     = "the configuration is not usable: EDGE_SECRET "
	missing = bad + "is missing: TRUSTED_PROXIES is believed only of requests that carry this secret. Generate one, for example with: " +
		"openssl rand -hex 32, and have the proxy send it as the header X-Edge-Secret (docs/edge.md)"
)

func believes(t *testing.T, e web.Edge, when string, want map[string]bool) {
	t.Helper()
	for value, right := range want {
		if got := e.Verify(t.Context(), value); got != right {
			t.Errorf("%s: %q is taken: %v, want %v", when, value, got, right)
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
		"no proxy, but a secret":  {"0", old, ""},
		"one":                     {"1", old, ""},
		"five":                    {"5", old, ""},
		"two secrets":             {"1", old + "," + young, ""},
		"two, by a space":         {"1", old + " " + young, ""},
		"two, by more":            {"1", " " + old + " ,\n" + young + ", ", ""},
		"no secret":               {"1", "", missing},
		"a secret of nothing":     {"1", " , ", missing},
		"three secrets":           {"1", old + "," + young + "," + guess, bad + "must be one secret, or two while it is changed, with a comma or a space between them"},
		"a short one":             {"1", old[:31], bad + "is too short: it must have at least 32 bytes"},
		"a short one beside it":   {"1", old + "," + young[:31], bad + "is too short: it must have at least 32 bytes"},
		"a simple one":            {"1", strings.Repeat("ab", 20), bad + "is too simple; generate one, for example with: openssl rand -hex 32"},
		"an example's":            {"1", "your_edge_secret_your_edge_secret", bad + "is a placeholder; generate one, for example with: openssl rand -hex 32"},
		"a word for a number":     {"canary", old, "the configuration is not usable: TRUSTED_PROXIES must be a whole number from 0 to 5"},
		"a negative number":       {"-1", old, "the configuration is not usable: TRUSTED_PROXIES must be a whole number from 0 to 5"},
		"more than there will be": {"6", old, "the configuration is not usable: TRUSTED_PROXIES must be a whole number from 0 to 5"},
	} {
		env := boot.FromMap(map[string]string{"TRUSTED_PROXIES": c.proxies, "EDGE_SECRET": c.secret})
		e := edge.New(env)
		said := ""
		if err := env.Check(); err != nil {
			said = err.Error()
		}
		if said != c.want {
			t.Errorf("%s: %q, want %q", name, said, c.want)
		}
		if strings.Contains(said, "canary") {
			t.Errorf("%s: a value is shown: %s", name, said)
		}
		if want := strings.TrimLeft(c.proxies, "0") != "" && !strings.Contains(said, "TRUSTED_PROXIES must"); (e.Proxies > 0) != want {
			t.Errorf("%s: %d proxies", name, e.Proxies)
		}
	}
}

func TestTheSecretIsHeldAgainstBothValues(t *testing.T) {
	t.Parallel()
	for setting, right := range map[string][]string{old: {old}, old + "," + young: {old, young}, young + " " + old: {old, young}} {
		e := edge.New(boot.FromMap(map[string]string{"TRUSTED_PROXIES": "1", "EDGE_SECRET": setting}))
		want := map[string]bool{guess: false, "": false, old[:32]: false, old + "x": false, setting: setting == old, old + "," + old: false, young: false}
		for _, v := range right {
			want[v] = true
		}
		believes(t, e, setting, want)
	}
}

// source is a secret of the test's own.
type source struct {
	values map[string]string
	err    error
	good   func(map[string]string) error
}

func (s *source) Require(good func(map[string]string) error) { s.good = good }

func (s *source) Get(context.Context) (map[string]string, error) {
	return maps.Clone(s.values), s.err
}

func (s *source) Refresh(ctx context.Context) (map[string]string, error) { return s.Get(ctx) }

// The three steps of a rotation, each a change of the secret while the function
// runs.
func TestTheSecretRotatesWhileTheFunctionRuns(t *testing.T) {
	t.Parallel()
	s := &source{values: map[string]string{"TRUSTED_PROXIES": "1", "EDGE_SECRET": old}}
	env := &boot.Environment{Environment: settings.WithSecret(t.Context(), map[string]string{}, s)}
	e := edge.New(env)
	if err := env.Check(); err != nil {
		t.Fatal(err)
	}
	believes(t, e, "at first", map[string]bool{old: true, young: false})
	s.values = map[string]string{"EDGE_SECRET": young + "," + old}
	believes(t, e, "both", map[string]bool{old: true, young: true, guess: false})
	s.values = map[string]string{"EDGE_SECRET": young}
	believes(t, e, "at last", map[string]bool{old: false, young: true})
	s.err = errors.New("no reading for an hour")
	believes(t, e, "without a reading", map[string]bool{old: false, young: false})
	s.err = nil
	believes(t, e, "with one again", map[string]bool{old: false, young: true})
}

// Damage to the secret must not turn every client into the proxy: such a reading
// counts as none.
func TestADamagedSecretCountsAsNoReading(t *testing.T) {
	t.Parallel()
	s := &source{values: map[string]string{"TRUSTED_PROXIES": "1", "EDGE_SECRET": old}}
	edge.New(&boot.Environment{Environment: settings.WithSecret(t.Context(), map[string]string{}, s)})
	for value, wrong := range map[string]bool{old: false, old + "," + young: false, "": true, "short": true, old + " " + young + " " + guess: true} {
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
	s := &source{values: map[string]string{"ROOT_KEY": "x"}}
	env := &boot.Environment{Environment: settings.WithSecret(t.Context(), map[string]string{"TRUSTED_PROXIES": "1", "EDGE_SECRET": old}, s)}
	e := edge.New(env)
	if err := errors.Join(env.Check(), s.good(map[string]string{"ROOT_KEY": "y"})); err != nil {
		t.Error(err)
	}
	believes(t, e, "the variable", map[string]bool{old: true, guess: false})
}
