// Package user is the domain of accounts: what an account is, the rules for its
// fields and the operations on it, one file for each. An operation is a plain
// function:
//
//	err := user.Delete(ctx, req, db, "ann")
//
// Its signature names everything that it needs. The request says who asks, from
// where and when; an operation that anyone may call ignores the caller. Code that
// several operations share has a file of its own: authorize.go, confirm.go,
// tokens.go, mailer.go, passwords.go, limits.go.
//
// The package refuses to know HTTP, SQL and AWS, and it imports no large
// third-party package. It declares a small interface for each thing that it needs
// from outside, above the operation that uses it.
package user

import (
	"time"

	"roster/shared/request"
)

// Role says which accounts an account may access.
type Role string

// The roles. A USER may read and change its own account, an ADMIN every account.
const (
	RoleUser  Role = "USER"
	RoleAdmin Role = "ADMIN"
)

// User is an account as it is stored.
type User struct {
	ID        int64  // counts up; short for people, and for joins
	UUID      string // never reused, not even after a deletion
	Username  string // canonical: lower case
	FirstName string
	LastName  string
	Email     string // as given; comparisons ignore case
	Role      Role
	Active    bool

	// PasswordHash is a PHC string, or "" while no password is set.
	PasswordHash string
	// TokenVersion must be the same in an access token for the token to be
	// accepted. Incrementing it revokes all access tokens issued so far.
	TokenVersion int64

	CreatedAt         time.Time
	UpdatedAt         time.Time
	LastLoginAt       *time.Time
	PasswordChangedAt *time.Time

	// Metadata is the user's own and AppMetadata an ADMIN's: each the text of a JSON
	// object, which Roster keeps and does not read. Operations of people who have not
	// logged in do not read them from the store, and have "".
	Metadata, AppMetadata string
}

// contextWords returns the words that the account's password must not be equal
// to (NIST SP 800-63B-4 §3.1.1.2).
func (u User) contextWords() []string {
	return []string{u.Username, u.FirstName, u.LastName, u.FirstName + " " + u.LastName, u.Email, localPart(u.Email)}
}

// accepts reports whether the account, which may be nil, still accepts the token
// that the caller was read from.
func (u *User) accepts(c request.Caller) bool {
	return c.UUID != "" && u != nil && u.UUID == c.UUID && u.Active && u.TokenVersion == c.TokenVersion
}
