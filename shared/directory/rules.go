package directory

import (
	"encoding/json"
	"slices"
	"time"

	"roster/shared/fault"
	"roster/shared/request"
)

// Rules are the rules for the fields of an account, which the domain of accounts
// has. Each returns the value to store, or the reason why it cannot be stored.
type Rules interface {
	// Username accepts a reserved name for an ADMIN only, as seeding does.
	Username(given string, isAdmin bool) (canonical, reason string)
	Name(given string) (name, reason string)
	Email(given string) (address, reason string)
	// Metadata is given a JSON object.
	Metadata(given json.RawMessage) (text, reason string)
}

// PasswordHashes says why a stored password hash cannot be verified later, or "".
type PasswordHashes interface {
	CheckHash(stored string) (reason string)
}

// wholeRow is where the reason stands if a row cannot be read at all.
const wholeRow = "row"

var emailStatuses = []string{"ok", "soft_bounce", "bounced", "complained", "suppressed"}

// check returns the record with canonical values, and the reason for each bad one.
func check(row Row, rules Rules, hashes PasswordHashes) (Record, fault.Fields) {
	r, bad := row.Record, fault.Fields{}.Merge(row.Problems)
	if bad[wholeRow] != "" || bad["type"] != "" {
		return r, bad
	}
	set := func(field string, value *string, checked func(string) (string, string)) {
		var reason string
		*value, reason = checked(*value)
		bad.Add(field, reason)
	}
	setObject := func(field string, value *json.RawMessage) {
		if len(*value) == 0 || string(*value) == "{}" {
			return
		}
		text, reason := rules.Metadata(*value)
		bad.Add(field, reason)
		*value = json.RawMessage(text)
	}
	bad.Add("role", oneOf(r.Role, roleUser, roleAdmin))
	bad.Add("email_status", oneOf(r.EmailStatus, emailStatuses...))
	given := r.Username
	set("username", &r.Username, func(s string) (string, string) { return rules.Username(s, r.Role == roleAdmin) })
	set("first_name", &r.FirstName, rules.Name)
	set("last_name", &r.LastName, rules.Name)
	set("email", &r.Email, rules.Email)
	if r.PasswordHash != "" {
		bad.Add("password_hash", hashes.CheckHash(r.PasswordHash))
	}
	if r.UUID != "" && (!request.IsUUID(r.UUID) || r.UUID == nilUUID) {
		bad.Add("uuid", "must be a UUID in lower case, and not the one of zeros")
	}
	bad.Add("id", positive(r.ID))
	bad.Add("token_version", positive(r.TokenVersion))
	bad.Add("reset_version", positive(r.ResetVersion))
	for field, at := range map[string]**time.Time{
		"created_at": &r.CreatedAt, "updated_at": &r.UpdatedAt, "last_login_at": &r.LastLoginAt, "password_changed_at": &r.PasswordChangedAt,
	} {
		bad.Add(field, checkTime(*at))
		*at = stored(*at)
	}
	setObject("metadata", &r.Metadata)
	setObject("app_metadata", &r.AppMetadata)
	if _, refused := bad["username"]; refused {
		r.Username = given
	}
	return r, bad
}

func oneOf(value string, allowed ...string) (reason string) {
	if value == "" || slices.Contains(allowed, value) {
		return ""
	}
	reason = "must be " + allowed[0]
	for i, a := range allowed[1:] {
		if i == len(allowed)-2 {
			return reason + " or " + a
		}
		reason += ", " + a
	}
	return reason
}

// highest leaves as many numbers to the database as a file may use. The database counts
// on after the highest id, and increments the versions: at the end of its numbers nobody
// could register any more, and no token of the account could be revoked.
const highest = 1 << 62

func positive(n *int64) (reason string) {
	switch {
	case n == nil:
	case *n < 1:
		return "must be a whole number from 1"
	case *n > highest:
		return "must be at most 4611686018427387904"
	}
	return ""
}

// checkTime refuses a time that no answer could have, because JSON's times end with the
// year 9999. The year is that of the text, so that import.schema.json can say the same;
// in UTC it may be one more or less.
func checkTime(t *time.Time) (reason string) {
	if t != nil && (t.Year() < 1970 || t.Year() > 9998) {
		return "must be a time from 1970 to 9998"
	}
	return ""
}

// stored returns the time as PostgreSQL keeps it, in microseconds.
func stored(at *time.Time) *time.Time {
	if at == nil {
		return nil
	}
	t := at.UTC().Truncate(time.Microsecond)
	return &t
}

const nilUUID = "00000000-0000-0000-0000-000000000000" // stands for an erased account in the audit log
