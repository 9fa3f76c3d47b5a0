package rotation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"roster/shared/credential/keyring"
)

// The members that a run writes beside the ring.
const (
	publicMember = "JWT_PUBLIC_KEYS"
	apiURLMember = "API_URL"
)

// verifiers is what those who verify tokens have.
type verifiers struct {
	separate bool          // they have a copy of the public keys
	ring     *keyring.Ring // that copy; nil if there is none or it is damaged
}

// readPublic reads the copy of the public keys. The store may be nil.
func readPublic(ctx context.Context, store Store) (v verifiers, err error) {
	if store == nil {
		return v, nil
	}
	text, err := read(ctx, store, publicMember)
	if err != nil {
		return v, err
	}
	v.separate = true
	if ring, err := keyring.ParsePublic(text); err == nil {
		v.ring = ring
	}
	return v, nil
}

// lack reports whether the verifiers' copy lacks the ring's next key: an earlier
// run could not write the copy, or somebody has changed it.
func (v verifiers) lack(ring *keyring.Ring) bool {
	if !v.separate {
		return false
	}
	for _, k := range ring.Keys {
		if k.State == keyring.Next && (v.ring == nil || !v.ring.Has(k.ID)) {
			return true
		}
	}
	return false
}

// publish writes the public keys, and the API's address if there is one, where
// the functions read them. It writes only what has changed.
func publish(ctx context.Context, stores Stores, apiURL string) error {
	if stores.Public != nil {
		if err := copyRing(ctx, stores); err != nil {
			return fmt.Errorf("the keys were rotated, but those who verify do not know it yet; run it again: %w", err)
		}
	}
	if apiURL == "" {
		return nil
	}
	text, err := json.Marshal(apiURL)
	if err != nil { // a string always has a JSON form
		panic(err)
	}
	if stores.Public != nil {
		if err := set(ctx, stores.Public, apiURLMember, string(text)); err != nil {
			return err
		}
	}
	return set(ctx, stores.Keys, apiURLMember, string(text))
}

// maxCopies is how often the ring is copied while other runs change it.
const maxCopies = 5

// copyRing copies the ring as it is now. Another run may change it meanwhile, and
// may have copied its own ring first, so copyRing looks again after each copy.
func copyRing(ctx context.Context, stores Stores) error {
	before, err := read(ctx, stores.Keys, member)
	if err != nil {
		return err
	}
	for range maxCopies {
		ring, err := parse(before)
		if err != nil || ring == nil {
			return err
		}
		text, err := ring.PublicJSON()
		if err != nil {
			return err
		}
		if err := set(ctx, stores.Public, publicMember, string(text)); err != nil {
			return err
		}
		now, err := read(ctx, stores.Keys, member)
		if err != nil || now == before {
			return err
		}
		before = now
	}
	return errors.New("other runs change the keys all the time")
}

// read returns a member.
func read(ctx context.Context, store Store, name string) (value string, err error) {
	err = store.Change(ctx, name, func(values map[string]string) (string, error) {
		value = values[name]
		return "", nil // nothing is changed
	})
	return value, err
}

// set sets a member to a JSON value, if it has another one.
func set(ctx context.Context, store Store, name, value string) error {
	return store.Change(ctx, name, func(values map[string]string) (string, error) {
		var text string
		if values[name] == value || json.Unmarshal([]byte(value), &text) == nil && values[name] == text {
			return "", nil
		}
		return value, nil
	})
}
