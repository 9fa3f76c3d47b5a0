// Package user is the domain: what an account is, the rules for its fields and
// the operations on it, one file for each. An operation is a plain function;
// its signature names what it needs and who may call it: one with a Caller
// right after ctx checks what the caller may do, one without is public.
//
// It refuses to know HTTP, SQL and AWS. What it needs of them it asks for by
// small interfaces, declared above the operation that uses them.
package user

import "time"

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
	// TokenVersion is what an access token must carry to be good. Whatever
	// ends the tokens issued so far counts it up.
	TokenVersion int64

	CreatedAt         time.Time
	UpdatedAt         time.Time
	LastLoginAt       *time.Time
	PasswordChangedAt *time.Time
}

// names are what a password must not be equal to.
func (u User) names() []string {
	return []string{u.Username, u.FirstName, u.LastName, u.FirstName + " " + u.LastName, u.Email, localPart(u.Email)}
}

// Caller is who a verified access token says is calling. It grants nothing by
// itself: role, activity and version are read from the row, in the statement
// that does the work. The zero Caller may do nothing.
type Caller struct {
	UUID         string
	Session      string // the UUID of the session that the token belongs to
	TokenVersion int64
}

// formed reports whether the caller has what its rows are found by.
func (c Caller) formed() bool { return uuidForm.MatchString(c.UUID) && uuidForm.MatchString(c.Session) }

// admits reports whether the caller's own row still honours its token.
func (c Caller) admits(row *User) bool {
	return c.UUID != "" && row != nil && row.UUID == c.UUID && row.Active && row.TokenVersion == c.TokenVersion
}
