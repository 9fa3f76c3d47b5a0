// Package rotation rotates the keys that sign access tokens. Each run takes the
// steps of package keyring that are due, and writes the ring of keys back to the
// secret:
//
//	report, err := rotation.NewJob(stores, settings, time.Now)(ctx, rotation.Request{})
//
// A function that only verifies tokens cannot read that secret. For it, each run
// copies the public keys into a secret of their own.
//
// It runs on a schedule and by hand, as a Lambda function and as a command. Each
// run does only what is due, so an extra run does no harm. It refuses to use a
// database, and to log or report a private key.
package rotation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"roster/shared/credential/keyring"
)

// member is the name of the ring of keys in the secret.
const member = "JWT_KEYS"

// Stores are the secrets that a run changes.
type Stores struct {
	Keys Store
	// Public gets a copy of the ring without its private keys; nil if those who
	// verify read Keys, as they do on a laptop.
	Public Store
	// AuditKey is written to Public, too: functions that only verify tokens write
	// entries of the audit log, and have no root key to derive it from.
	AuditKey string
}

// Store holds the ring of keys among the members of a secret.
type Store interface {
	// Change sets the named member to the JSON value that compute returns for
	// the secret's current members. If compute returns "", Change does nothing.
	// It calls compute again if the secret was changed in the meantime.
	Change(ctx context.Context, name string, compute func(values map[string]string) (json string, err error)) error
}

// Wrapper encrypts private keys with a key of its own (key wrapping).
type Wrapper interface {
	Wrap(ctx context.Context, kid string, pkcs8 []byte) (wrapped []byte, err error)
}

// Settings say how often keys are rotated and how a new key is created.
type Settings struct {
	Days      int // how long a key signs; 0 means that keys are rotated only by hand
	Algorithm keyring.Algorithm
	Wrapper   Wrapper // nil means that the secret holds private keys unencrypted
	// SharedSecret says that the operator has given the secret that signs, outside
	// of the stores.
	SharedSecret bool
}

// Request says what a run shall do in addition to what is due.
type Request struct {
	// Start publishes the next key now.
	Start bool `json:"start"`
	// ReplaceAll replaces all keys by one new key, which revokes every access
	// token. It is for keys that may have been leaked.
	ReplaceAll bool `json:"replace_all"`
	// First makes a key that signs at once if no key of the ring does, and the
	// operator has given no shared secret that signs. It is for deployments whose
	// verifiers have nothing but the ring.
	First bool `json:"-"`
	// APIURL is the API's address, to be written for the functions; "" if it is
	// not to be changed.
	APIURL string `json:"-"`
}

// Report says what a run did, and the state of the keys after it.
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
	Due       string            `json:"due,omitempty"` // the next step, and its earliest time
}

// Job rotates the keys in the stores.
type Job func(ctx context.Context, request Request) (Report, error)

// NewJob returns the job that rotates the keys in the stores.
func NewJob(stores Stores, s Settings, now func() time.Time) Job {
	return func(ctx context.Context, request Request) (Report, error) {
		run := run{settings: s, request: request, now: now().UTC().Truncate(time.Second)}
		var err error
		if run.verifiers, err = readPublic(ctx, stores.Public); err != nil {
			return Report{}, err
		}
		if err := stores.Keys.Change(ctx, member, func(values map[string]string) (string, error) { return run.compute(ctx, values) }); err != nil {
			return Report{}, err
		}
		report := run.report()
		for _, c := range run.done {
			slog.InfoContext(ctx, "audit", "action", "key_"+c.Kind, "kid", c.Key.ID, "alg", c.Key.Algorithm)
		}
		if err := publish(ctx, stores, request.APIURL); err != nil {
			return report, err
		}
		slog.InfoContext(ctx, "keys rotated", "did", report.Did, "keys", len(report.Keys), "note", report.Note)
		return report, nil
	}
}

// run is one run of the job. Its compute may be called more than once.
type run struct {
	settings  Settings
	request   Request
	now       time.Time
	verifiers verifiers

	ring *keyring.Ring
	done []keyring.Change
	note string
}

func (r *run) compute(ctx context.Context, values map[string]string) (string, error) {
	r.ring, r.done, r.note = nil, nil, ""
	before, err := parse(values[member])
	if err != nil && !r.request.ReplaceAll {
		return "", err
	}
	shared := values["JWT_SECRET_KEY"] != "" || r.settings.SharedSecret
	if before == nil && !r.asked() && shared {
		r.note = "JWT_SECRET_KEY is given, so it signs access tokens; run with start to sign with a ring of keys instead"
		return "", nil
	}
	switch {
	case r.request.ReplaceAll:
		r.ring, r.done, err = r.replace(ctx, before)
	case r.request.First && !shared && !before.Signs():
		r.ring, r.done, err = r.first(ctx, before)
	default:
		r.ring, r.done, err = r.step(ctx, before)
	}
	if err != nil || len(r.done) == 0 {
		return "", err
	}
	b, err := r.ring.JSON()
	return string(b), err
}

func (r *run) asked() bool { return r.request.Start || r.request.ReplaceAll }

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
	p := keyring.Policy{
		Period:   time.Duration(r.settings.Days) * 24 * time.Hour,
		Generate: func() (keyring.Key, error) { return r.generate(ctx) },
	}
	var again []keyring.Change
	if before != nil && r.verifiers.lack(before) {
		before, again = before.PublishAgain(r.now)
	}
	after, done, err := before.Rotate(r.now, p, r.request.Start)
	done = append(again, done...)
	if err == nil && after == nil && len(done) > 0 { // keyring never removes the last key
		err = errors.New("the ring would be empty")
	}
	return after, done, err
}

// replace returns a ring with one new key, which signs at once.
func (r *run) replace(ctx context.Context, before *keyring.Ring) (*keyring.Ring, []keyring.Change, error) {
	k, err := r.generate(ctx)
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

// first is replace for a ring that has not signed yet. The key that is derived
// from ROOT_KEY may have signed until now.
func (r *run) first(ctx context.Context, before *keyring.Ring) (*keyring.Ring, []keyring.Change, error) {
	ring, done, err := r.replace(ctx, before)
	if err == nil {
		ring.HS256Until = r.now.Add(keyring.GracePeriod)
	}
	return ring, done, err
}

// generate returns a new key, wrapped if there is a Wrapper.
func (r *run) generate(ctx context.Context) (keyring.Key, error) {
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
		since, due := r.schedule(k)
		report.Keys = append(report.Keys, Key{
			ID: k.ID, Algorithm: k.Algorithm, State: k.State, Since: since, Wrapped: k.Wrapped != nil, Due: due,
		})
	}
	return report
}

// schedule returns since when a key has its state, and its next step.
func (r *run) schedule(k keyring.Key) (since time.Time, due string) {
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
