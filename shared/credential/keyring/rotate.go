package keyring

import (
	"fmt"
	"slices"
	"time"
)

// Policy says when keys change, and how new ones are made.
type Policy struct {
	// Period is how long a key signs before the next one is published. With 0, a
	// key is published only when force is set.
	Period time.Duration
	// Generate makes a key that can be stored.
	Generate func() (Key, error)
}

// Change is one change that Rotate made.
type Change struct {
	Kind string // published, signs, retired or removed
	Key  Key
}

func (c Change) String() string { return c.Kind + " " + c.Key.ID }

// Rotate returns a copy of the ring with the changes that are due now, and these
// changes. Each key changes its state at most once. A nil ring means that the
// shared secret signs and that there are no keys yet. With force, Rotate
// publishes a next key before the period has passed.
//
// It is safe to call Rotate late, twice, or after its result was lost, because
// every change waits for the times that are stored in the ring.
func (r *Ring) Rotate(now time.Time, p Policy, force bool) (*Ring, []Change, error) {
	next := &Ring{}
	if r != nil {
		next.Keys, next.HS256Until = slices.Clone(r.Keys), r.HS256Until
	}
	changes := next.removeExpired(now)
	promoted := next.promote(now)
	changes = append(changes, promoted...)
	if len(promoted) == 0 && next.needsNextKey(now, p.Period, force) {
		k, err := p.Generate()
		if err != nil {
			return r, nil, fmt.Errorf("publish a next key: %w", err)
		}
		k.State, k.CreatedAt = Next, now
		next.Keys = append(next.Keys, k)
		changes = append(changes, Change{"published", k})
	}
	if len(next.Keys) == 0 {
		return nil, changes, nil
	}
	return next, changes, next.checkKeys()
}

// removeExpired removes the keys that are no longer accepted.
func (r *Ring) removeExpired(now time.Time) (changes []Change) {
	r.Keys = slices.DeleteFunc(r.Keys, func(k Key) bool {
		if k.Accepted(now) {
			return false
		}
		changes = append(changes, Change{"removed", k})
		return true
	})
	if !now.Before(r.HS256Until) {
		r.HS256Until = time.Time{}
	}
	return changes
}

// promote makes the next key current when every verifier knows it, and retires
// the current one.
func (r *Ring) promote(now time.Time) (changes []Change) {
	next, ok := r.inState(Next)
	if !ok || now.Before(next.CreatedAt.Add(PropagationTime)) {
		return nil
	}
	if _, hasCurrent := r.Current(); !hasCurrent {
		r.HS256Until = now.Add(GracePeriod)
	}
	for i := range r.Keys {
		switch k := &r.Keys[i]; k.State {
		case Current:
			k.State, k.RetiredAt, k.private, k.Wrapped = Retired, now, nil, nil
			changes = append(changes, Change{"retired", *k})
		case Next:
			k.State, k.CurrentAt = Current, now
			changes = append(changes, Change{"signs", *k})
		}
	}
	return changes
}

// needsNextKey reports whether to publish a next key now.
func (r *Ring) needsNextKey(now time.Time, period time.Duration, force bool) bool {
	if _, hasNext := r.inState(Next); hasNext || len(r.Keys) >= maxKeys {
		return false
	}
	current, hasCurrent := r.Current()
	due := period > 0 && (!hasCurrent || !now.Before(current.CurrentAt.Add(period)))
	return force || due
}

// PublishAgain returns a copy of the ring whose next key counts as published now,
// and the changes. It is for a run that finds that the verifiers' copy lacks the
// key: the key must not sign before they have had it for PropagationTime.
func (r *Ring) PublishAgain(now time.Time) (*Ring, []Change) {
	after := &Ring{Keys: slices.Clone(r.Keys), HS256Until: r.HS256Until}
	var changes []Change
	for i := range after.Keys {
		if k := &after.Keys[i]; k.State == Next {
			k.CreatedAt = now
			changes = append(changes, Change{"published", *k})
		}
	}
	return after, changes
}

// NewRing returns a ring with one key that signs at once. It is for a first ring,
// which nobody has copied yet, and to revoke all keys of an old ring. An instance
// with a copy of the old ring refuses the new key's tokens until it reads the new
// ring.
func NewRing(k Key, now time.Time) *Ring {
	k.State, k.CreatedAt, k.CurrentAt = Current, now, now
	return &Ring{Keys: []Key{k}}
}
