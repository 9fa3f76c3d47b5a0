package keyring

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

const (
	maxBytes = 32 << 10 // Secrets Manager takes 64 KiB for the whole secret
	maxKeys  = 10
)

// document is a ring as JSON.
type document struct {
	Keys       []entry    `json:"keys"`
	HS256Until *time.Time `json:"hs256_until,omitempty"`
}

type entry struct {
	ID        string     `json:"kid"`
	Algorithm Algorithm  `json:"alg"`
	State     State      `json:"state"`
	CreatedAt *time.Time `json:"created_at"`
	CurrentAt *time.Time `json:"current_at,omitempty"`
	RetiredAt *time.Time `json:"retired_at,omitempty"`
	Public    jwk        `json:"public"`
	Private   string     `json:"private,omitempty"` // PKCS #8, base64
	Wrapped   string     `json:"wrapped,omitempty"` // ciphertext of KMS, base64
}

// Parse reads a ring as JSON wrote it. It refuses members that it does not know,
// because a ring that is only partly understood might sign with a key that was
// never published. Its errors show kids and no other value.
func Parse(text string) (*Ring, error) { return parse(text, entry.key) }

// ParsePublic reads a ring as PublicJSON wrote it. It refuses a private key,
// wrapped or not: its readers may not have one.
func ParsePublic(text string) (*Ring, error) { return parse(text, entry.publicKey) }

func parse(text string, read func(entry) (Key, error)) (*Ring, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("it is longer than %d bytes", maxBytes)
	}
	if err := checkMemberNames(text); err != nil {
		return nil, err
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	var doc document
	if d.Decode(&doc) != nil { // its error would quote the text
		return nil, errors.New("it is not a ring of keys: a member is unknown or of another type")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("there is text after the JSON object")
	}
	if len(doc.Keys) == 0 || len(doc.Keys) > maxKeys {
		return nil, fmt.Errorf("it has %d keys, and must have 1 to %d", len(doc.Keys), maxKeys)
	}
	r := &Ring{HS256Until: timeOrZero(doc.HS256Until)}
	for i, e := range doc.Keys {
		k, err := read(e)
		if err != nil {
			return nil, fmt.Errorf("key %d (%s): %w", i+1, e.label(), err)
		}
		r.Keys = append(r.Keys, k)
	}
	if err := r.checkKeys(); err != nil {
		return nil, err
	}
	return r, nil
}

var memberForm = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// isKid reports whether a text is 1 to 64 letters, digits, dots, underscores or
// hyphens.
func isKid(s string) bool {
	foreign := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '_' && r != '-'
	}
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, foreign)
}

// label names the key in an error. It does not show what is not a kid, because a
// secret value may be written there by mistake.
func (e entry) label() string {
	if !isKid(e.ID) {
		return "without a kid"
	}
	return e.ID
}

func (e entry) publicKey() (Key, error) {
	if e.Private != "" || e.Wrapped != "" {
		return Key{}, errors.New("it has a private key, and this is a copy for those who only verify")
	}
	return e.withoutPrivate()
}

// withoutPrivate returns the key as its public members describe it.
func (e entry) withoutPrivate() (Key, error) {
	if !isKid(e.ID) {
		return Key{}, errors.New("kid must be 1 to 64 letters, digits, dots, underscores or hyphens")
	}
	k := Key{
		ID: e.ID, Algorithm: e.Algorithm, State: e.State,
		CreatedAt: timeOrZero(e.CreatedAt), CurrentAt: timeOrZero(e.CurrentAt), RetiredAt: timeOrZero(e.RetiredAt),
	}
	if err := k.checkTimes(); err != nil {
		return Key{}, err
	}
	var err error
	if k.Public, err = e.Public.publicKey(e.Algorithm); err != nil {
		return Key{}, err
	}
	return k, nil
}

func (e entry) key() (Key, error) {
	k, err := e.withoutPrivate()
	if err != nil || k.State == Retired { // a retired key's private key, if one is left there, is ignored
		return k, err
	}
	switch {
	case (e.Private == "") == (e.Wrapped == ""):
		return Key{}, errors.New("it needs either private or wrapped")
	case e.Wrapped != "":
		if k.Wrapped, err = base64.StdEncoding.Strict().DecodeString(e.Wrapped); err != nil {
			return Key{}, errors.New("wrapped is not base64")
		}
		return k, nil
	}
	pkcs8, err := base64.StdEncoding.Strict().DecodeString(e.Private)
	if err != nil {
		return Key{}, errors.New("private is not base64")
	}
	k.private, err = k.Unwrap(pkcs8)
	return k, err
}

// checkTimes checks that the times fit the state.
func (k Key) checkTimes() error {
	has := func(created, current, retired bool) bool {
		return created == !k.CreatedAt.IsZero() && current == !k.CurrentAt.IsZero() && retired == !k.RetiredAt.IsZero()
	}
	switch {
	case k.State == Next && has(true, false, false),
		k.State == Current && has(true, true, false) && !k.CurrentAt.Before(k.CreatedAt),
		k.State == Retired && has(true, true, true) && !k.CurrentAt.Before(k.CreatedAt) && !k.RetiredAt.Before(k.CurrentAt):
		return nil
	}
	return errors.New("state must be next with created_at, current with current_at too, " +
		"or retired with retired_at too, in that order of time")
}

func timeOrZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// checkKeys checks the rules for the ring as a whole.
func (r *Ring) checkKeys() error {
	count, seen := map[State]int{}, map[string]bool{}
	for _, k := range r.Keys {
		count[k.State]++
		if seen[k.ID] {
			return fmt.Errorf("the kid %s appears twice", k.ID)
		}
		seen[k.ID] = true
	}
	switch {
	case count[Current] > 1, count[Next] > 1:
		return errors.New("it has two keys that are current, or two that are next")
	case count[Current] == 0 && count[Retired] > 0:
		return errors.New("it has no key that is current")
	}
	return nil
}

// checkMemberNames refuses a member name that appears twice, because
// encoding/json would use the last one, and a name with capitals, because
// encoding/json ignores case.
func checkMemberNames(text string) error {
	d := json.NewDecoder(strings.NewReader(text))
	var open []map[string]bool // the names in each object that is open; nil for a list
	isName := false            // the next token is a name
	for {
		t, err := d.Token()
		if err == io.EOF && len(open) == 0 {
			return nil
		}
		if err != nil {
			return errors.New("it is not valid JSON")
		}
		switch v := t.(type) {
		case json.Delim:
			switch v {
			case '{':
				open = append(open, map[string]bool{})
			case '[':
				open = append(open, nil)
			default:
				open = open[:len(open)-1]
			}
			isName = len(open) > 0 && open[len(open)-1] != nil
			continue
		case string:
			if isName {
				names := open[len(open)-1]
				if names[v] || !memberForm.MatchString(v) {
					return errors.New("a member name appears twice or is unknown")
				}
				names[v], isName = true, false
				continue
			}
		}
		isName = len(open) > 0 && open[len(open)-1] != nil
	}
}

// JSON returns the ring for storage, with its private keys. Parse reads it.
func (r *Ring) JSON() ([]byte, error) { return r.write(Key.entry) }

// PublicJSON returns the ring without its private keys, for those who verify.
// ParsePublic reads it.
func (r *Ring) PublicJSON() ([]byte, error) { return r.write(Key.publicEntry) }

func (r *Ring) write(form func(Key) (entry, error)) ([]byte, error) {
	doc := document{HS256Until: timeOrNil(r.HS256Until)}
	for _, k := range r.Keys {
		e, err := form(k)
		if err != nil {
			return nil, err
		}
		doc.Keys = append(doc.Keys, e)
	}
	return json.Marshal(doc)
}

func (k Key) publicEntry() (entry, error) {
	public, err := publicJWK(k.Public)
	if err != nil {
		return entry{}, fmt.Errorf("write %v: %w", k, err)
	}
	return entry{
		ID: k.ID, Algorithm: k.Algorithm, State: k.State, Public: public,
		CreatedAt: timeOrNil(k.CreatedAt), CurrentAt: timeOrNil(k.CurrentAt), RetiredAt: timeOrNil(k.RetiredAt),
	}, nil
}

func (k Key) entry() (entry, error) {
	e, err := k.publicEntry()
	if err != nil {
		return entry{}, err
	}
	switch {
	case k.State == Retired:
	case k.Wrapped != nil:
		e.Wrapped = base64.StdEncoding.EncodeToString(k.Wrapped)
	default:
		b, err := k.PKCS8()
		if err != nil {
			return entry{}, err
		}
		e.Private = base64.StdEncoding.EncodeToString(b)
	}
	return e, nil
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Second)
	return &t
}
