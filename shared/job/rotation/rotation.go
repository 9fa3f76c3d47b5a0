// Package rotation lets the keys that sign access tokens come and go: each run
// makes the moves of package keyring that are due, and writes the ring back
// into the secret. It runs on a schedule and by hand, as a function and as a
// command, and does the same each time: what is due.
//
// It refuses to have a database, and to show a private key.
package rotation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"roster/shared/credential/keyring"
)

// member is where the ring is in the secret.
const member = "JWT_KEYS"

// Store holds the ring among other members. Change computes a member's JSON
// value of all members; an empty one changes nothing. It may compute again
// where others changed the store meanwhile.
type Store interface {
	Change(ctx context.Context, name string, compute func(values map[string]string) (json string, err error)) error
}

// Wrapper wraps private keys.
type Wrapper interface {
	Wrap(ctx context.Context, kid string, pkcs8 []byte) (wrapped []byte, err error)
}

// Settings say when keys change and what is made.
type Settings struct {
	Days      int // that a key signs; 0: keys change only by hand
	Algorithm keyring.Algorithm
	Wrapper   Wrapper // nil: private keys are in the secret as they are
}

// Ask is what a run is asked for beyond what is due.
type Ask struct {
	// Start publishes a next key now.
	Start bool `json:"start"`
	// ReplaceAll puts one new key in the place of all: every access token
	// ends. It is for keys that others may have.
	ReplaceAll bool `json:"replace_all"`
}

// Report says what a run did and how things are now.
type Report struct {
	Did  []string `json:"did"` // such as "published kid"
	Keys []Key    `json:"keys"`
	Note string   `json:"note,omitempty"`
}

// Key is a key in a report.
type Key struct {
	ID        string            `json:"kid"`
	Algorithm keyring.Algorithm `json:"alg"`
	State     keyring.State     `json:"state"`
	Since     time.Time         `json:"since"`
	Wrapped   bool              `json:"wrapped"`
	Due       string            `json:"due,omitempty"` // what comes next, and when at the earliest
}

// Job is one way to run it, bound to its store.
type Job func(ctx context.Context, ask Ask) (Report, error)

// NewJob returns the job.
func NewJob(store Store, s Settings, now func() time.Time) Job {
	return func(ctx context.Context, ask Ask) (Report, error) {
		run := run{settings: s, ask: ask, now: now().UTC().Truncate(time.Second)}
		if err := store.Change(ctx, member, func(values map[string]string) (string, error) { return run.compute(ctx, values) }); err != nil {
			return Report{}, err
		}
		report := run.report()
		for _, c := range run.done {
			slog.InfoContext(ctx, "audit", "action", "key_"+c.Kind, "kid", c.Key.ID, "alg", c.Key.Algorithm)
		}
		slog.InfoContext(ctx, "keys rotated", "did", report.Did, "keys", len(report.Keys), "note", report.Note)
		return report, nil
	}
}

// run is one run; compute may be called more than once.
type run struct {
	settings Settings
	ask      Ask
	now      time.Time

	ring *keyring.Ring
	done []keyring.Change
	note string
}

func (r *run) compute(ctx context.Context, values map[string]string) (string, error) {
	r.ring, r.done, r.note = nil, nil, ""
	before, err := parse(values[member])
	if err != nil && !r.ask.ReplaceAll {
		return "", err
	}
	if before == nil && !r.asked() && values["JWT_SECRET_KEY"] != "" {
		r.note = "JWT_SECRET_KEY is given, so it signs access tokens; ask for a start to have a ring of keys take over"
		return "", nil
	}
	if r.ring, r.done, err = r.step(ctx, before); err != nil || len(r.done) == 0 {
		return "", err
	}
	b, err := r.ring.JSON()
	return string(b), err
}

func (r *run) asked() bool { return r.ask.Start || r.ask.ReplaceAll }

func parse(text string) (*keyring.Ring, error) {
	if text == "" {
		return nil, nil
	}
	ring, err := keyring.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s is not a ring of keys: %w", member, err)
	}
	return ring, nil
}

func (r *run) step(ctx context.Context, before *keyring.Ring) (*keyring.Ring, []keyring.Change, error) {
	if r.ask.ReplaceAll {
		k, err := r.make(ctx)
		if err != nil {
			return nil, nil, err
		}
		done := []keyring.Change{{Kind: "signs", Key: k}}
		if before != nil {
			for _, old := range before.Keys {
				done = append(done, keyring.Change{Kind: "removed", Key: old})
			}
		}
		return keyring.NewRing(k, r.now), done, nil
	}
	p := keyring.Policy{Period: time.Duration(r.settings.Days) * 24 * time.Hour, Generate: func() (keyring.Key, error) { return r.make(ctx) }}
	after, done, err := before.Rotate(r.now, p, r.ask.Start)
	if err == nil && after == nil && len(done) > 0 { // keyring leaves no ring empty that had a key
		err = errors.New("the ring would be empty")
	}
	return after, done, err
}

// make makes a key as it is stored.
func (r *run) make(ctx context.Context) (keyring.Key, error) {
	k, err := keyring.Generate(r.settings.Algorithm)
	if err != nil || r.settings.Wrapper == nil {
		return k, err
	}
	pkcs8, err := k.PKCS8()
	if err != nil {
		return keyring.Key{}, err
	}
	wrapped, err := r.settings.Wrapper.Wrap(ctx, k.ID, pkcs8)
	if err != nil {
		return keyring.Key{}, err
	}
	return k.Wrap(wrapped), nil
}

func (r *run) report() Report {
	report := Report{Did: []string{}, Keys: []Key{}, Note: r.note}
	for _, c := range r.done {
		report.Did = append(report.Did, c.String())
	}
	if r.ring == nil {
		return report
	}
	for _, k := range r.ring.Keys {
		since, due := r.outlook(k)
		report.Keys = append(report.Keys, Key{ID: k.ID, Algorithm: k.Algorithm, State: k.State, Since: since, Wrapped: k.Wrapped != nil, Due: due})
	}
	return report
}

// outlook says since when a key is what it is, and what comes next.
func (r *run) outlook(k keyring.Key) (since time.Time, due string) {
	at := func(t time.Time) string { return t.Format(time.RFC3339) }
	switch k.State {
	case keyring.Next:
		return k.CreatedAt, "signs from " + at(k.CreatedAt.Add(keyring.PropagationTime))
	case keyring.Retired:
		return k.RetiredAt, "is honoured until " + at(k.RetiredAt.Add(keyring.GracePeriod))
	}
	if r.settings.Days == 0 {
		return k.CurrentAt, "changes by hand"
	}
	return k.CurrentAt, "the next is published from " + at(k.CurrentAt.Add(time.Duration(r.settings.Days)*24*time.Hour))
}
