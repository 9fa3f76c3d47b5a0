package rotation

import (
	"context"
	"encoding/json"
	"fmt"

	"roster/shared/credential/keyring"
)

// The members that a run writes beside the ring.
const (
	publicMember = "JWT_PUBLIC_KEYS"
	apiURLMember = "API_URL"
	auditMember  = "AUDIT_KEY"
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
		if stores.AuditKey != "" {
			if err := setText(ctx, stores.Public, auditMember, stores.AuditKey); err != nil {
				return err
			}
		}
		if apiURL == "" { // the keys' secret may be another one since the address was written
			known, err := read(ctx, stores.Public, apiURLMember)
			if err != nil || known == "" {
				return err
			}
			return setText(ctx, stores.Keys, apiURLMember, known)
		}
		if err := setText(ctx, stores.Public, apiURLMember, apiURL); err != nil {
			return err
		}
	}
	if apiURL == "" {
		return nil
	}
	return setText(ctx, stores.Keys, apiURLMember, apiURL)
}

// copyRing copies the ring as it is now. It reads the ring after the copy that it
// replaces. So a run that is slow cannot put its ring over the one of a later run:
// the copy has changed meanwhile, and Change reads both again.
func copyRing(ctx context.Context, stores Stores) error {
	return stores.Public.Change(ctx, publicMember, func(values map[string]string) (string, error) {
		text, err := read(ctx, stores.Keys, member)
		if err != nil {
			return "", err
		}
		ring, err := parse(text)
		if err != nil || ring == nil {
			return "", err
		}
		public, err := ring.PublicJSON()
		if err != nil || values[publicMember] == string(public) {
			return "", err
		}
		return string(public), nil
	})
}

// read returns a member.
func read(ctx context.Context, store Store, name string) (value string, err error) {
	err = store.Change(ctx, name, func(values map[string]string) (string, error) {
		value = values[name]
		return "", nil // nothing is changed
	})
	return value, err
}

// setText sets a member to a text, if it has another one.
func setText(ctx context.Context, store Store, name, text string) error {
	return store.Change(ctx, name, func(values map[string]string) (string, error) {
		if values[name] == text {
			return "", nil
		}
		b, err := json.Marshal(text)
		return string(b), err
	})
}
