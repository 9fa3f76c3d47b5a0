package user

import (
	"context"
	"errors"
	"time"

	"roster/shared/credential/refresh"
)

// Credentials are what a person logs in with.
type Credentials struct {
	Username string `json:"username"`
	Password string `json:"password"`
	// DeviceName is what the list of sessions calls the device.
	DeviceName *string `json:"device_name"`
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
	fields.add("device_name", deviceNameProblem(in.deviceName()))
	return fields
}

func (in Credentials) deviceName() string {
	if in.DeviceName == nil {
		return ""
	}
	return *in.DeviceName
}

// Tokens are what a login and a refresh answer.
type Tokens struct {
	AccessToken  string
	ExpiresIn    time.Duration // of the access token
	RefreshToken string
	DeviceToken  string // of a login
}

// LoginStore finds an account and notes its login.
type LoginStore interface {
	Limiter
	Auditor
	// UserByUsername returns nil when there is none.
	UserByUsername(ctx context.Context, username string) (*User, error)
	// RecordLogin begins the session, of which the account keeps at most so
	// many, notes the time and, where given, a new hash of the same password,
	// and clears the budgets. It does so only while the account is active and
	// its token version is still the one given, and reports whether it did.
	RecordLogin(ctx context.Context, l Login, e Event) (bool, error)
}

// Login is a password check that succeeded.
type Login struct {
	UUID         string
	TokenVersion int64
	Role         Role
	At           time.Time
	Rehash       string // "" keeps the hash
	Clear        []string

	Session      Session
	RefreshHash  []byte // of the session's first refresh token
	MostSessions int
}

// Bearer is who an access token is issued to.
type Bearer struct {
	UUID         string
	Session      string // the UUID of its session
	TokenVersion int64
	Role         Role
}

// TokenIssuer signs access tokens.
type TokenIssuer interface {
	// Ready returns what signs them now, or that the keys are out of reach. It
	// comes before what is written: a session that was begun or renewed for an
	// answer that nobody gets would cost its owner the next one.
	Ready(ctx context.Context) (Issue, error)
}

// Issue signs one access token. It asks nobody.
type Issue func(b Bearer, now time.Time) (token string, lifetime time.Duration, err error)

// Devices issues and checks device tokens.
type Devices interface {
	Issue(username, id string, now time.Time) (token string)
	Open(username, token string, now time.Time) (id string)
}

// Logins is what a login needs beside the store.
type Logins struct {
	Passwords Passwords
	Tokens    TokenIssuer
	Refresh   refresh.Keys
	Devices   Devices
	Limits    Limits
	Sessions  SessionRules
}

// Authenticate checks a username and a password and begins a session. It
// answers Unauthenticated, in the same words and after the same work, for an
// unknown name, a wrong password and an account that is not active. Once the
// budgets are used up it answers TooMany, before any work on the password, and
// to a name that nobody has like to one that somebody has.
func Authenticate(ctx context.Context, from Client, db LoginStore, l Logins, in Credentials, now time.Time) (Tokens, error) {
	if err := in.Check().err(); err != nil {
		return Tokens{}, err
	}
	issue, err := l.Tokens.Ready(ctx)
	if err != nil {
		return Tokens{}, err
	}
	name, _ := CanonicalUsername(in.Username) // an impossible name finds nothing
	device, try, err := l.take(ctx, from, db, spelling(in.Username), now)
	if err != nil {
		return Tokens{}, err
	}
	login, ok, err := l.check(ctx, db, name, in.Password)
	if err != nil {
		return Tokens{}, err
	}
	event := from.event(now, ActionLogin)
	event.Target = login.UUID
	var first refresh.Token
	if ok {
		event.Actor = login.UUID
		login.At, login.Clear = now, l.Limits.cleared(name, device, from.network())
		login.Session, login.MostSessions = l.Sessions.open(from, in.deviceName(), MethodPassword, now), l.Sessions.Most
		first = l.Refresh.First(login.Session.ID)
		login.RefreshHash = first.Hash()
		// The hash took its time: the account may have changed since.
		if ok, err = db.RecordLogin(ctx, login, event); err != nil {
			return Tokens{}, err
		}
	}
	if !ok {
		event.Actions, event.Actor = []Action{ActionLoginFailed}, ""
		try.note(&event)
		return Tokens{}, audit(ctx, db, event, &Error{Code: Unauthenticated, Message: "Invalid username or password."})
	}
	token, lifetime, err := issue(Bearer{UUID: login.UUID, Session: login.Session.ID, TokenVersion: login.TokenVersion, Role: login.Role}, now)
	if err != nil {
		return Tokens{}, err
	}
	return Tokens{
		AccessToken: token, ExpiresIn: lifetime, RefreshToken: l.Refresh.Text(first), DeviceToken: l.Devices.Issue(name, device, now),
	}, nil
}

// take takes from the budgets and returns the device that has one of its own. A
// device that has used its own up is like any other from then on: it has what
// the account has, which a reset by mail gives back, and a login makes it a new
// device.
func (l Logins) take(ctx context.Context, from Client, db Limiter, name string, now time.Time) (device string, try Try, err error) {
	if device = l.Devices.Open(name, from.Device, now); device != "" {
		try, err = take(ctx, db, now, l.Limits.login(name, device, from.network())...)
		if !errors.Is(err, TooMany) {
			return device, try, err
		}
	}
	try, err = take(ctx, db, now, l.Limits.login(name, "", from.network())...)
	return "", try, err
}

// check does the same work for every name and password.
func (l Logins) check(ctx context.Context, db LoginStore, name, password string) (login Login, ok bool, err error) {
	found, err := db.UserByUsername(ctx, name)
	if err != nil {
		return login, false, err
	}
	var u User
	if found != nil {
		u = *found
	}
	ok, stale := l.Passwords.verify(ctx, u, password)
	ok = ok && u.Active
	login = Login{UUID: u.UUID, TokenVersion: u.TokenVersion, Role: u.Role}
	if ok && stale {
		login.Rehash = l.Passwords.Hasher.Hash(password)
	}
	return login, ok, nil
}
