package user

import "encoding/json"

// Rules are the rules for the fields of an account, for package directory. Each
// method returns the value to store, or the reason why it cannot be stored.
type Rules struct{}

// Username refuses a reserved name, except for an ADMIN: the seeded ADMIN may have one,
// too.
func (Rules) Username(given string, isAdmin bool) (canonical, reason string) {
	if name, ok := CanonicalUsername(given); ok && isAdmin {
		return name, ""
	}
	return checkUsername(given)
}

// Name checks a first or last name.
func (Rules) Name(given string) (name, reason string) { return checkName(given) }

// Email checks an e-mail address.
func (Rules) Email(given string) (address, reason string) { return checkEmail(given) }

// Metadata checks an object of metadata.
func (Rules) Metadata(given json.RawMessage) (text, reason string) { return CheckMetadata(given) }

// NewUUID returns the UUID of a new account.
func NewUUID() string { return newUUID() }
