package user

import (
	"context"
	"time"
)

// Credentials are what a person logs in with.
type Credentials struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// Check names what is missing. It says nothing of the form: a name that no
// account can have is answered like one that no account has.
func (in Credentials) Check() Fields {
	fields := Fields{}
	if in.Username == "" {
		fields.add("username", "is required")
	}
	if in.Password == "" {
		fields.add("password", "is required")
	}
	return fields
}

// Session is what a login answers.
type Session struct {
	AccessToken string
	ExpiresIn   time.Duration
}

// LoginStore finds an account and notes its login.
type LoginStore interface {
	// UserByUsername returns nil when there is none.
	UserByUsername(ctx context.Context, username string) (*User, error)
	// RecordLogin notes the time and, where given, a new hash of the same
	// password. It does so only while the account is active and its token
	// version is still the one given, and reports whether it did.
	RecordLogin(ctx context.Context, l Login) (bool, error)
}

// Login is a password check that succeeded.
type Login struct {
	UUID         string
	TokenVersion int64
	At           time.Time
	Rehash       string // "" keeps the hash
}

// TokenIssuer signs access tokens.
type TokenIssuer interface {
	Issue(subject string, version int64, now time.Time) (token string, lifetime time.Duration, err error)
}

// Authenticate checks a username and a password and issues an access token. It
// answers Unauthenticated, in the same words and after the same work, for an
// unknown name, a wrong password and an account that is not active.
func Authenticate(ctx context.Context, db LoginStore, p Passwords, tokens TokenIssuer, in Credentials, now time.Time) (Session, error) {
	if err := in.Check().err(); err != nil {
		return Session{}, err
	}
	refused := &Error{Code: Unauthenticated, Message: "Invalid username or password."}
	name, _ := CanonicalUsername(in.Username) // an impossible name finds nothing
	found, err := db.UserByUsername(ctx, name)
	if err != nil {
		return Session{}, err
	}
	var u User
	if found != nil {
		u = *found
	}
	ok, stale := p.verify(ctx, u, in.Password)
	if !ok || !u.Active {
		return Session{}, refused
	}
	login := Login{UUID: u.UUID, TokenVersion: u.TokenVersion, At: now}
	if stale {
		login.Rehash = p.Hasher.Hash(in.Password)
	}
	// The hash took its time: the account may have changed since.
	recorded, err := db.RecordLogin(ctx, login)
	if err != nil {
		return Session{}, err
	}
	if !recorded {
		return Session{}, refused
	}
	token, lifetime, err := tokens.Issue(u.UUID, u.TokenVersion, now)
	if err != nil {
		return Session{}, err
	}
	return Session{AccessToken: token, ExpiresIn: lifetime}, nil
}
