package keyring_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/credential/keyring"
)

const (
	day    = 24 * time.Hour
	period = 90 * day
)

func policy() keyring.Policy {
	return keyring.Policy{Period: period, Generate: func() (keyring.Key, error) { return keyring.Generate(keyring.EdDSA) }}
}

// run is one rotation: a time, and whether a next key is forced.
type run struct {
	at    time.Time
	force bool
}

// rotate runs a rotation that must make these kinds of changes, and returns the
// new ring.
func rotate(t *testing.T, r *keyring.Ring, p keyring.Policy, run run, want ...string) *keyring.Ring {
	t.Helper()
	next, changes, err := r.Rotate(run.at, p, run.force)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, c := range changes {
		kinds = append(kinds, c.Kind)
	}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("at %v (-want +got):\n%s", run.at.Sub(now), diff)
	}
	if next != nil { // store it and read it, as a deployment does
		if next, err = keyring.Parse(toJSON(t, next)); err != nil {
			t.Fatal(err)
		}
	}
	return next
}

func TestAKeyIsPublishedThenSignsThenRetires(t *testing.T) {
	t.Parallel()
	p := policy()
	r := rotate(t, nil, p, run{at: now}, "published")
	if _, signs := r.Current(); signs || !r.AcceptsHS256(now.Add(time.Hour)) {
		t.Error("the first key signs before every verifier knows it")
	}
	r = rotate(t, r, p, run{at: now.Add(keyring.PropagationTime - time.Second)})
	at := now.Add(keyring.PropagationTime)
	r = rotate(t, r, p, run{at: at}, "signs")
	first, _ := r.Current()
	if !r.AcceptsHS256(at.Add(keyring.GracePeriod-time.Second)) || r.AcceptsHS256(at.Add(keyring.GracePeriod)) {
		t.Error("tokens of the shared secret are not accepted for as long as tokens of a retired key")
	}
	r = rotate(t, r, p, run{at: at.Add(period - time.Second)})
	if !r.HS256Until.IsZero() {
		t.Errorf("HS256Until is still there: %v", r.HS256Until)
	}
	r = rotate(t, r, p, run{at: at.Add(period)}, "published")
	r = rotate(t, r, p, run{at: at.Add(period + keyring.PropagationTime - time.Second)})
	retired := at.Add(period + keyring.PropagationTime)
	r = rotate(t, r, p, run{at: retired}, "retired", "signs")
	for after, want := range map[time.Duration]bool{
		0: true, keyring.GracePeriod - time.Second: true, keyring.GracePeriod: false, day: false,
	} {
		if _, _, ok := r.Find(first.ID, retired.Add(after)); ok != want {
			t.Errorf("%v after its retirement the key is accepted: %v", after, ok)
		}
	}
	r = rotate(t, r, p, run{at: retired.Add(keyring.GracePeriod - time.Second)})
	r = rotate(t, r, p, run{at: retired.Add(keyring.GracePeriod)}, "removed")
	if len(r.Keys) != 1 {
		t.Errorf("the keys that are left: %v", r)
	}
}

// The rotation runs each day, but not always at the same minute, and some days
// not at all.
func TestDailyRunsKeepToThePeriod(t *testing.T) {
	t.Parallel()
	var r *keyring.Ring
	retirements := 0
	for d := range 1000 {
		if d%17 == 3 {
			continue
		}
		at := now.Add(time.Duration(d)*day + time.Duration(d%7)*time.Minute)
		next, changes, err := r.Rotate(at, policy(), false)
		if err != nil {
			t.Fatal(err)
		}
		if len(changes) > 2 {
			t.Errorf("day %d: %v at once", d, changes)
		}
		for _, c := range changes {
			if c.Kind == "retired" {
				retirements++
				if life := at.Sub(c.Key.CurrentAt); life < period || life > period+3*day {
					t.Errorf("a key signed for %v", life)
				}
			}
		}
		again, changes, err := next.Rotate(at, policy(), false) // a second run changes nothing
		if err != nil || len(changes) > 0 || toJSON(t, again) != toJSON(t, next) {
			t.Errorf("day %d again: %v, %v", d, changes, err)
		}
		r = next
	}
	if retirements != 10 {
		t.Errorf("%d keys were retired in 1000 days, want 10", retirements)
	}
}

func TestWithoutAPeriodKeysChangeOnlyWhenForced(t *testing.T) {
	t.Parallel()
	p := policy()
	p.Period = 0
	if r := rotate(t, nil, p, run{at: now}); r != nil {
		t.Errorf("a ring is made although nothing is forced: %v", r)
	}
	r := rotate(t, nil, p, run{at: now, force: true}, "published")
	r = rotate(t, r, p, run{at: now, force: true}) // there is a next key already
	r = rotate(t, r, p, run{at: now.Add(keyring.PropagationTime), force: true}, "signs")
	at := now.Add(10 * period)
	r = rotate(t, r, p, run{at: at})
	r = rotate(t, r, p, run{at: at, force: true}, "published")
	rotate(t, r, p, run{at: at.Add(keyring.PropagationTime)}, "retired", "signs")
}

func TestIfNoKeyCanBeMadeNothingChanges(t *testing.T) {
	t.Parallel()
	failed := errors.New("failed")
	r := ring(keyring.ES256)
	r.Keys = r.Keys[1:2]
	before := toJSON(t, r)
	p := keyring.Policy{Period: period, Generate: func() (keyring.Key, error) { return keyring.Key{}, failed }}
	next, changes, err := r.Rotate(now.Add(period), p, false)
	if !errors.Is(err, failed) || len(changes) > 0 || next != r || toJSON(t, r) != before {
		t.Errorf("%v, %v, %v", next, changes, err)
	}
}

// Other goroutines may be using the ring.
func TestRotateDoesNotChangeItsRing(t *testing.T) {
	t.Parallel()
	r := ring(keyring.ES256)
	before := fmt.Sprintf("%v %s", r, toJSON(t, r))
	if _, changes, err := r.Rotate(now.Add(keyring.PropagationTime), policy(), true); err != nil || len(changes) == 0 {
		t.Fatal(changes, err)
	}
	if after := fmt.Sprintf("%v %s", r, toJSON(t, r)); after != before || r.Keys[1].Private() == nil {
		t.Errorf("it was\n%s\nand is\n%s", before, after)
	}
}

func TestTheKeyOfANewRingSignsAtOnce(t *testing.T) {
	t.Parallel()
	r := keyring.NewRing(testKeys()[keyring.ES256][0], now)
	parsed, err := keyring.Parse(toJSON(t, r))
	if err != nil {
		t.Fatal(err)
	}
	if k, ok := parsed.Current(); !ok || k.Private() == nil || parsed.AcceptsHS256(now) {
		t.Errorf("%v", parsed)
	}
}
