package keyring

import (
	"fmt"
	"slices"
	"time"
)

// Policy says when keys change, and what is made.
type Policy struct {
	// Period is how long a key signs before the next one is published; 0 lets
	// keys change only when somebody asks.
	Period time.Duration
	// Make makes a key that can be stored.
	Make func() (Key, error)
}

// Change is one thing that a step did.
type Change struct {
	Did string // published, signs, retired, removed
	Key Key
}

func (c Change) String() string { return c.Did + " " + c.Key.ID }

// Step returns the ring after whatever is due now, and what that was. Each key
// makes one move at most. A nil ring is the beginning: the shared secret signs.
// Ask publishes a next key although the period has not passed.
//
// Nothing happens early: a run that comes late, or twice, or after one that
// was undone, does no harm.
func (r *Ring) Step(now time.Time, p Policy, ask bool) (*Ring, []Change, error) {
	next := &Ring{}
	if r != nil {
		next.Keys, next.HS256Until = slices.Clone(r.Keys), r.HS256Until
	}
	done := next.remove(now)
	promoted := next.promote(now)
	done = append(done, promoted...)
	if len(promoted) == 0 && next.wantsKey(now, p.Period, ask) {
		k, err := p.Make()
		if err != nil {
			return r, nil, fmt.Errorf("publish a next key: %w", err)
		}
		k.State, k.CreatedAt = Next, now
		next.Keys = append(next.Keys, k)
		done = append(done, Change{"published", k})
	}
	if len(next.Keys) == 0 {
		return nil, done, nil
	}
	return next, done, next.check()
}

// remove takes out what is honoured no longer.
func (r *Ring) remove(now time.Time) (done []Change) {
	r.Keys = slices.DeleteFunc(r.Keys, func(k Key) bool {
		if k.Honoured(now) {
			return false
		}
		done = append(done, Change{"removed", k})
		return true
	})
	if !now.Before(r.HS256Until) {
		r.HS256Until = time.Time{}
	}
	return done
}

// promote lets the next key sign when everybody knows it.
func (r *Ring) promote(now time.Time) (done []Change) {
	next, ok := r.in(Next)
	if !ok || now.Before(next.CreatedAt.Add(Settle)) {
		return nil
	}
	if _, signs := r.Current(); !signs {
		r.HS256Until = now.Add(Honour)
	}
	for i := range r.Keys {
		switch k := &r.Keys[i]; k.State {
		case Current:
			k.State, k.RetiredAt, k.private, k.Wrapped = Retired, now, nil, nil
			done = append(done, Change{"retired", *k})
		case Next:
			k.State, k.CurrentAt = Current, now
			done = append(done, Change{"signs", *k})
		}
	}
	return done
}

// wantsKey reports whether it is time to publish a next key.
func (r *Ring) wantsKey(now time.Time, period time.Duration, ask bool) bool {
	if _, there := r.in(Next); there || len(r.Keys) >= maxKeys {
		return false
	}
	current, signs := r.Current()
	due := period > 0 && (!signs || !now.Before(current.CurrentAt.Add(period)))
	return ask || due
}

// Begin returns a ring of one key that signs at once. It is for where nobody
// has a copy yet, and for when no key may be honoured any longer: whoever has
// an older copy refuses its tokens until it reads anew.
func Begin(k Key, now time.Time) *Ring {
	k.State, k.CreatedAt, k.CurrentAt = Current, now, now
	return &Ring{Keys: []Key{k}}
}
