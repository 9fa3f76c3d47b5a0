// Package user is the domain of accounts: what an account is, the rules for its
// fields and the operations on it, one file for each. An operation is a plain
// function:
//
//	err := user.Delete(ctx, req, db, "ann")
//
// Its signature names what it needs. Who asks, from where and when is the
// request; an operation that anyone may call ignores the request's caller. What
// several operations share has a file of its own: authorize.go, confirm.go,
// tokens.go, mailer.go, passwords.go, limits.go.
//
// The package refuses to know HTTP, SQL and AWS, and it imports no heavy third
// party. What it needs of them it asks for by small interfaces, declared above
// the operation that uses them.
package user

import (
	"time"

	"roster/shared/request"
)

// Role says what an account may do to others.
type Role string

// The roles. A USER may see and change itself, an ADMIN anyone.
const (
	RoleUser  Role = "USER"
	RoleAdmin Role = "ADMIN"
)

// User is an account as it is stored.
type User struct {
	ID        int64  // counts up; for people and joins
	UUID      string // never used again, not even after a deletion
	Username  string // canonical: lower case
	FirstName string
	LastName  string
	Email     string // as given; compared without regard to case
	Role      Role
	Active    bool

	// PasswordHash is a PHC string, or "" while no password is set.
	PasswordHash string
	// TokenVersion is what an access token must carry to be valid. A change
	// that revokes the tokens issued so far increments it.
	TokenVersion int64

	CreatedAt         time.Time
	UpdatedAt         time.Time
	LastLoginAt       *time.Time
	PasswordChangedAt *time.Time
}

// names are what a password must not be equal to.
func (u User) contextWords() []string {
	return []string{u.Username, u.FirstName, u.LastName, u.FirstName + " " + u.LastName, u.Email, localPart(u.Email)}
}

// honours reports whether the caller's own row still accepts the token that the
// caller came with. A row of nil is that of no account.
func (u *User) accepts(c request.Caller) bool {
	return c.UUID != "" && u != nil && u.UUID == c.UUID && u.Active && u.TokenVersion == c.TokenVersion
}
