package rotation

import (
	"context"
	"encoding/json"
	"fmt"

	"roster/shared/credential/keyring"
)

// The members of the settings' secret that a run writes.
const (
	publicMember = "JWT_PUBLIC_KEYS"
	apiURLMember = "API_URL"
)

// verifiers is what those who verify tokens have.
type verifiers struct {
	separate     bool          // they have a copy of the public keys
	ring         *keyring.Ring // that copy; nil if there is none or it is damaged
	sharedSecret bool          // they have a secret with which tokens are signed and verified
}

// readPublic reads the copy of the public keys. The store may be nil.
func readPublic(ctx context.Context, store Store) (v verifiers, err error) {
	if store == nil {
		return v, nil
	}
	v.separate = true
	err = store.Change(ctx, publicMember, func(values map[string]string) (string, error) {
		v.sharedSecret = values["JWT_SECRET_KEY"] != ""
		v.ring = nil
		if ring, err := keyring.ParsePublic(values[publicMember]); err == nil {
			v.ring = ring
		}
		return "", nil // nothing is changed
	})
	return v, err
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

// publish writes the public keys and the API's address where those who verify read
// them. It writes only what has changed.
func publish(ctx context.Context, stores Stores, ring *keyring.Ring, apiURL string) error {
	if ring != nil && stores.Public != nil {
		text, err := ring.PublicJSON()
		if err != nil {
			return err
		}
		if err := set(ctx, stores.Public, publicMember, string(text)); err != nil {
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
	store := stores.Public
	if store == nil {
		store = stores.Keys
	}
	return set(ctx, store, apiURLMember, string(text))
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
