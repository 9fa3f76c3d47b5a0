package settings

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"roster/shared/aws/awsenv"
	"roster/shared/aws/secrets"
)

// named is a secret's ARN, and the variable that gives it.
type named struct{ variable, arn string }

// namedSecrets returns the secrets of a function. Each holds one kind of thing, so
// that a function reads only what it needs. If two secrets have the same member,
// the one that is later in this list counts.
func namedSecrets(values map[string]string) []named {
	return []named{
		{"SECRET_ARN", values["SECRET_ARN"]},                   // the database's address; if it is the only secret, everything
		{"MIGRATE_SECRET_ARN", values["MIGRATE_SECRET_ARN"]},   // the address for the tables' owner
		{"SETTINGS_SECRET_ARN", values["SETTINGS_SECRET_ARN"]}, // what the operator sets
		{"KEYS_SECRET_ARN", values["KEYS_SECRET_ARN"]},         // the keys that sign and hash, or the public ones
	}
}

// source is a secret and the variable that names it.
type source struct {
	variable string
	secret   Secret

	mu   sync.Mutex
	last map[string]string // what was read last; nobody changes the map
}

func (s *source) members() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// read returns the secret's members, from a recent read or, if fresh, from a new
// one.
func (s *source) read(ctx context.Context, fresh bool) (map[string]string, error) {
	get := s.secret.Get
	if fresh {
		get = s.secret.Refresh
	}
	values, err := get(ctx)
	if err != nil {
		return nil, &sourceError{s.variable, err}
	}
	s.remember(values)
	return values, nil
}

func (s *source) remember(values map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = values
}

// openSources opens the secrets that the variables name. A secret that two of them
// name is read once.
func openSources(values map[string]string) ([]*source, error) {
	var sources []*source
	var opened []string
	for _, n := range slices.Backward(namedSecrets(values)) {
		if n.arn == "" || slices.Contains(opened, n.arn) {
			continue
		}
		cfg, err := awsenv.From(func(name string) string { return values[name] })
		if err != nil {
			return nil, &sourceError{n.variable, err}
		}
		opened = append(opened, n.arn)
		sources = append(sources, &source{variable: n.variable, secret: secrets.Open(cfg, n.arn)})
	}
	slices.Reverse(sources)
	return sources, nil
}

// sourceError says which variable names the secret that cannot be read.
type sourceError struct {
	variable string
	err      error
}

func (e *sourceError) Error() string { return e.err.Error() }
func (e *sourceError) Unwrap() error { return e.err }

// rejectSource records that a secret cannot be read.
func (e *Environment) rejectSource(err error) {
	variable := "SECRET_ARN"
	var named *sourceError
	if errors.As(err, &named) {
		variable = named.variable
	}
	e.Reject(variable, "cannot be read: "+err.Error())
}

// readSources reads all secrets at the same time and returns their members. If
// they are to be fresh, one that cannot be read again gives its last members: it
// must not hide a new password that is in another one. At least one must be fresh.
func readSources(ctx context.Context, sources []*source, fresh bool) (map[string]string, error) {
	type answer struct {
		values       map[string]string
		err, refresh error
	}
	answers := make([]chan answer, len(sources))
	for i, s := range sources {
		answers[i] = make(chan answer, 1)
		go func() {
			var a answer
			if a.values, a.err = s.read(ctx, fresh); fresh && a.err != nil {
				a.refresh = a.err
				a.values, a.err = s.read(ctx, false)
			}
			answers[i] <- a
		}()
	}
	all, stale := map[string]string{}, []error{}
	for _, waiting := range answers {
		a := <-waiting
		if a.err != nil {
			return nil, a.err
		}
		if a.refresh != nil {
			stale = append(stale, a.refresh)
		}
		maps.Copy(all, a.values)
	}
	if len(stale) == len(sources) {
		return nil, stale[0]
	}
	return all, nil
}

// requireOf adds a check of all members, for what is read from each secret from
// now on. The members of the other secrets are those that were read last.
func requireOf(sources []*source, valid func(values map[string]string) error) {
	for i, changed := range sources {
		changed.secret.Require(func(values map[string]string) error {
			all := map[string]string{}
			for j, s := range sources {
				if j == i {
					maps.Copy(all, values)
					continue
				}
				maps.Copy(all, s.members())
			}
			return valid(all)
		})
	}
}

// checkSources reports the secret that cannot be read, if there is one. Other
// variables are missing only because of it.
func (e *Environment) checkSources() error {
	for _, n := range namedSecrets(e.values) {
		if reason, rejected := e.rejected[n.variable]; rejected {
			return fmt.Errorf("the configuration is not usable: %s %s", n.variable, reason)
		}
	}
	return nil
}
