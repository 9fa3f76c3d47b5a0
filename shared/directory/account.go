package directory

import "time"

// Account is an account as it is stored: each member has its value.
type Account struct {
	ID          int64 // 0: the database counts
	UUID        string
	Username    string // canonical
	FirstName   string
	LastName    string
	Email       string // as given; comparisons ignore case
	EmailStatus string
	Role        string
	Active      bool

	PasswordHash string // "": no password is set
	TokenVersion int64  // see user.User
	ResetVersion int64

	CreatedAt         time.Time
	UpdatedAt         time.Time
	LastLoginAt       *time.Time
	PasswordChangedAt *time.Time

	Metadata    string // one JSON object each
	AppMetadata string
}

// The roles, as the file and the database write them.
const (
	roleUser  = "USER"
	roleAdmin = "ADMIN"
)

// isActiveAdmin reports an account that can administer the others.
func (a Account) isActiveAdmin() bool { return a.Role == roleAdmin && a.Active }

// candidate is a row whose fields are valid. Its record has canonical values.
type candidate struct {
	number int
	record Record
}

// create returns the account that the record makes where there is none.
func (c candidate) create(uuid string, now time.Time) Account {
	r := c.record
	a := Account{
		UUID: r.UUID, Username: r.Username, FirstName: r.FirstName, LastName: r.LastName, Email: r.Email, EmailStatus: "ok",
		Role: roleUser, Active: true, PasswordHash: r.PasswordHash, TokenVersion: 1, ResetVersion: 1, CreatedAt: now,
		LastLoginAt: r.LastLoginAt, PasswordChangedAt: r.PasswordChangedAt, Metadata: "{}", AppMetadata: "{}",
	}
	if a.UUID == "" {
		a.UUID = uuid
	}
	setIfGiven(&a.ID, r.ID)
	setIfGiven(&a.Active, r.Active)
	setIfGiven(&a.TokenVersion, r.TokenVersion)
	setIfGiven(&a.ResetVersion, r.ResetVersion)
	setIfGiven(&a.CreatedAt, r.CreatedAt)
	a.UpdatedAt = a.CreatedAt
	setIfGiven(&a.UpdatedAt, r.UpdatedAt)
	a.setTexts(r)
	return a
}

// setTexts sets the members that a record may leave out and that are text.
func (a *Account) setTexts(r Record) {
	if r.EmailStatus != "" {
		a.EmailStatus = r.EmailStatus
	}
	if r.Role != "" {
		a.Role = r.Role
	}
	if len(r.Metadata) > 0 {
		a.Metadata = string(r.Metadata)
	}
	if len(r.AppMetadata) > 0 {
		a.AppMetadata = string(r.AppMetadata)
	}
}

func setIfGiven[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// update returns the account as the record changes it, and whether that differs. An old
// file must not undo what happened since, so three things do not go back: the versions,
// because revoked tokens would be valid again; the last login; and the password, which
// is replaced only where there is none or where the file says that its own is newer.
func (c candidate) update(stored Account, now time.Time) (a Account, differs bool) {
	r := c.record
	a = stored
	a.Username, a.FirstName, a.LastName, a.Email = r.Username, r.FirstName, r.LastName, r.Email
	a.setTexts(r)
	setIfGiven(&a.Active, r.Active)
	setIfGiven(&a.CreatedAt, r.CreatedAt)
	if r.LastLoginAt != nil && (a.LastLoginAt == nil || r.LastLoginAt.After(*a.LastLoginAt)) {
		a.LastLoginAt = r.LastLoginAt
	}
	if hasNewerPassword(r, stored) {
		a.PasswordHash, a.PasswordChangedAt = r.PasswordHash, r.PasswordChangedAt
	}
	a.revoke(stored)
	if r.TokenVersion != nil {
		a.TokenVersion = max(a.TokenVersion, *r.TokenVersion)
	}
	if r.ResetVersion != nil {
		a.ResetVersion = max(a.ResetVersion, *r.ResetVersion)
	}
	if a.equals(stored) {
		return stored, false
	}
	a.UpdatedAt = now
	return a, true
}

func hasNewerPassword(r Record, stored Account) bool {
	if r.PasswordHash == "" || r.PasswordHash == stored.PasswordHash {
		return false
	}
	newer := r.PasswordChangedAt != nil && (stored.PasswordChangedAt == nil || r.PasswordChangedAt.After(*stored.PasswordChangedAt))
	return stored.PasswordHash == "" || newer
}

// revoke increments the versions where the change ends tokens, as the same change
// does by PUT /api/user/{username}.
func (a *Account) revoke(stored Account) {
	all := a.PasswordHash != stored.PasswordHash || stored.Active && !a.Active
	if all || stored.Role == roleAdmin && a.Role != roleAdmin {
		a.TokenVersion++
	}
	if all || a.Email != stored.Email {
		a.ResetVersion++
	}
}

// equals reports whether two accounts have the same values. Their times are pointers, so
// == does not.
func (a Account) equals(b Account) bool {
	if !a.CreatedAt.Equal(b.CreatedAt) || !a.UpdatedAt.Equal(b.UpdatedAt) ||
		!sameTime(a.LastLoginAt, b.LastLoginAt) || !sameTime(a.PasswordChangedAt, b.PasswordChangedAt) {
		return false
	}
	a.CreatedAt, a.UpdatedAt, a.LastLoginAt, a.PasswordChangedAt = b.CreatedAt, b.UpdatedAt, b.LastLoginAt, b.PasswordChangedAt
	return a == b
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}
