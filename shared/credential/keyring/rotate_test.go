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
	return keyring.Policy{Period: period, Make: func() (keyring.Key, error) { return keyring.Generate(keyring.EdDSA) }}
}

// step is a run that must do certain things, in words.
func step(t *testing.T, r *keyring.Ring, at time.Time, p keyring.Policy, ask bool, want ...string) *keyring.Ring {
	t.Helper()
	next, done, err := r.Step(at, p, ask)
	if err != nil {
		t.Fatal(err)
	}
	var did []string
	for _, c := range done {
		did = append(did, c.Did)
	}
	if diff := cmp.Diff(want, did); diff != "" {
		t.Errorf("at %v (-want +got):\n%s", at.Sub(now), diff)
	}
	if next != nil { // as it is stored
		if next, err = keyring.Parse(write(t, next)); err != nil {
			t.Fatal(err)
		}
	}
	return next
}

func TestTheLifeOfAKey(t *testing.T) {
	t.Parallel()
	p := policy()
	r := step(t, nil, now, p, false, "published")
	if _, signs := r.Current(); signs || !r.HonoursHS256(now.Add(time.Hour)) {
		t.Error("the first key signs before anybody knows it")
	}
	r = step(t, r, now.Add(keyring.Settle-time.Second), p, false)
	at := now.Add(keyring.Settle)
	r = step(t, r, at, p, false, "signs")
	first, _ := r.Current()
	if !r.HonoursHS256(at.Add(keyring.Honour-time.Second)) || r.HonoursHS256(at.Add(keyring.Honour)) {
		t.Error("tokens of the shared secret are not honoured for as long as those of a retired key")
	}
	r = step(t, r, at.Add(period-time.Second), p, false)
	if !r.HS256Until.IsZero() {
		t.Errorf("HS256Until is still there: %v", r.HS256Until)
	}
	r = step(t, r, at.Add(period), p, false, "published")
	r = step(t, r, at.Add(period+keyring.Settle-time.Second), p, false)
	retired := at.Add(period + keyring.Settle)
	r = step(t, r, retired, p, false, "retired", "signs")
	for after, want := range map[time.Duration]bool{0: true, keyring.Honour - time.Second: true, keyring.Honour: false, day: false} {
		if _, _, ok := r.Find(first.ID, retired.Add(after)); ok != want {
			t.Errorf("%v after its retirement the key is honoured: %v", after, ok)
		}
	}
	r = step(t, r, retired.Add(keyring.Honour-time.Second), p, false)
	r = step(t, r, retired.Add(keyring.Honour), p, false, "removed")
	if len(r.Keys) != 1 {
		t.Errorf("left are %v", r)
	}
}

// The function runs each day, at a minute that is not exact, and sometimes not.
func TestDailyRuns(t *testing.T) {
	t.Parallel()
	var r *keyring.Ring
	retirements := 0
	for d := range 1000 {
		if d%17 == 3 {
			continue
		}
		at := now.Add(time.Duration(d)*day + time.Duration(d%7)*time.Minute)
		next, done, err := r.Step(at, policy(), false)
		if err != nil {
			t.Fatal(err)
		}
		if len(done) > 2 {
			t.Errorf("day %d: %v at once", d, done)
		}
		for _, c := range done {
			if c.Did == "retired" {
				retirements++
				if life := at.Sub(c.Key.CurrentAt); life < period || life > period+3*day {
					t.Errorf("a key signed for %v", life)
				}
			}
		}
		again, done, err := next.Step(at, policy(), false) // a run twice does nothing more
		if err != nil || len(done) > 0 || write(t, again) != write(t, next) {
			t.Errorf("day %d again: %v, %v", d, done, err)
		}
		r = next
	}
	if retirements != 10 {
		t.Errorf("%d keys were retired in 1000 days, want 10", retirements)
	}
}

func TestByHandOnly(t *testing.T) {
	t.Parallel()
	p := policy()
	p.Period = 0
	if r := step(t, nil, now, p, false); r != nil {
		t.Errorf("a ring begins by itself: %v", r)
	}
	r := step(t, nil, now, p, true, "published")
	r = step(t, r, now, p, true) // it is there already
	r = step(t, r, now.Add(keyring.Settle), p, true, "signs")
	at := now.Add(10 * period)
	r = step(t, r, at, p, false)
	r = step(t, r, at, p, true, "published")
	step(t, r, at.Add(keyring.Settle), p, false, "retired", "signs")
}

func TestAKeyThatCannotBeMadeChangesNothing(t *testing.T) {
	t.Parallel()
	failed := errors.New("failed")
	r := ring(keyring.ES256)
	r.Keys = r.Keys[1:2]
	before := write(t, r)
	next, done, err := r.Step(now.Add(period), keyring.Policy{Period: period, Make: func() (keyring.Key, error) { return keyring.Key{}, failed }}, false)
	if !errors.Is(err, failed) || len(done) > 0 || next != r || write(t, r) != before {
		t.Errorf("%v, %v, %v", next, done, err)
	}
}

// Step must not change the ring that others are using.
func TestStepLeavesTheRingAlone(t *testing.T) {
	t.Parallel()
	r := ring(keyring.ES256)
	before := fmt.Sprintf("%v %s", r, write(t, r))
	if _, done, err := r.Step(now.Add(keyring.Settle), policy(), true); err != nil || len(done) == 0 {
		t.Fatal(done, err)
	}
	if after := fmt.Sprintf("%v %s", r, write(t, r)); after != before || r.Keys[1].Private() == nil {
		t.Errorf("it was\n%s\nand is\n%s", before, after)
	}
}

func TestBegin(t *testing.T) {
	t.Parallel()
	r := keyring.Begin(made()[keyring.ES256][0], now)
	parsed, err := keyring.Parse(write(t, r))
	if err != nil {
		t.Fatal(err)
	}
	if k, ok := parsed.Current(); !ok || k.Private() == nil || parsed.HonoursHS256(now) {
		t.Errorf("%v", parsed)
	}
}
