package user

import (
	"context"
	"errors"
	"time"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
)

// Credentials are what a person logs in with.
type Credentials struct {
	Username string `json:"username"`
	Password string `json:"password"`
	// DeviceName is what the list of sessions calls the device.
	DeviceName *string `json:"device_name"`
}

// Check names what is missing. It says nothing of the form: an invalid username
// gets the same answer as an unknown one, so the answer tells nothing.
func (in Credentials) Check() fault.Fields {
	fields := fault.Fields{}
	if in.Username == "" {
		fields.Add("username", "is required")
	}
	if in.Password == "" {
		fields.Add("password", "is required")
	}
	fields.Add("device_name", checkDeviceName(in.deviceName()))
	return fields
}

func (in Credentials) deviceName() string {
	if in.DeviceName == nil {
		return ""
	}
	return *in.DeviceName
}

// LoginStore finds an account and records its login.
type LoginStore interface {
	ratelimit.Limiter
	audit.Recorder
	// UserByUsername returns nil when there is none.
	UserByUsername(ctx context.Context, username string) (*User, error)
	// RecordLogin begins the session, stores the time and, where given, a new
	// hash of the same password, and clears the budgets. It ends the account's
	// oldest sessions beyond MaxSessions. It does all that only while the
	// account is active and its token version is still the one given, and
	// reports whether it did.
	RecordLogin(ctx context.Context, l LoginRecord, e audit.Event) (bool, error)
}

// LoginRecord is a password check that succeeded.
type LoginRecord struct {
	UUID         string
	TokenVersion int64
	Role         Role
	At           time.Time
	Rehash       string   // "" keeps the hash
	Clear        []string // keys of budgets

	Session     Session
	RefreshHash []byte // of the session's first refresh token
	MaxSessions int
}

// LoginParts is what a login needs beside the store.
type LoginParts struct {
	Passwords Passwords
	Tokens    TokenIssuer
	Refresh   RefreshTokens
	Devices   Devices
	Limits    Limits
	Sessions  SessionRules
}

// Login checks a username and a password and begins a session. It answers
// Unauthenticated, in the same words and after the same work, for an unknown
// name, a wrong password and an account that is not active. Once the budgets
// are used up it answers TooMany, before any work on the password, whether or
// not the account exists.
func Login(ctx context.Context, req request.Request, db LoginStore, p LoginParts, in Credentials) (Tokens, error) {
	if err := in.Check().Err(); err != nil {
		return Tokens{}, err
	}
	issue, err := p.Tokens.Ready(ctx)
	if err != nil {
		return Tokens{}, err
	}
	device, attempt, err := p.consume(ctx, req, db, limitKey(in.Username))
	if err != nil {
		return Tokens{}, err
	}
	name, _ := CanonicalUsername(in.Username) // an invalid name finds nothing
	record, ok, err := p.verify(ctx, db, name, in.Password)
	if err != nil {
		return Tokens{}, err
	}
	if !ok {
		return Tokens{}, refuseLogin(ctx, req, db, record.UUID, attempt)
	}
	record.Session, record.MaxSessions = p.Sessions.open(req, in.deviceName(), MethodPassword), p.Sessions.MaxPerAccount
	refreshToken, hash := p.Refresh.Begin(record.Session.ID)
	record.At, record.RefreshHash, record.Clear = req.At, hash, p.Limits.clearedByLogin(name, device, req.Client.Network())
	event := audit.NewEvent(req, audit.ActionLogin)
	event.Actor, event.Target = record.UUID, record.UUID
	recorded, err := db.RecordLogin(ctx, record, event)
	if err != nil {
		return Tokens{}, err
	}
	if !recorded { // the hash took its time, and the account has changed since
		return Tokens{}, refuseLogin(ctx, req, db, record.UUID, attempt)
	}
	token, lifetime, err := issue(Subject{UUID: record.UUID, Session: record.Session.ID, TokenVersion: record.TokenVersion, Role: record.Role}, req.At)
	if err != nil {
		return Tokens{}, err
	}
	return Tokens{
		AccessToken: token, ExpiresIn: lifetime, RefreshToken: refreshToken, DeviceToken: p.Devices.Issue(name, device, req.At),
	}, nil
}

// refuseLogin records a failed login and returns its refusal. The UUID is "" for
// an unknown account.
func refuseLogin(ctx context.Context, req request.Request, db audit.Recorder, uuid string, attempt ratelimit.Attempt) error {
	event := audit.NewEvent(req, audit.ActionLoginFailed)
	event.Target = uuid
	event.AddIf(attempt.Last, audit.ActionWait)
	return audit.RecordRefusal(ctx, db, event, &fault.Error{Code: fault.Unauthenticated, Message: "Invalid username or password."})
}

// consume takes one attempt from the budgets. It returns the device where that
// has a budget of its own. A device that has used its own up is treated like any
// other from then on: it has the account's budget, which a reset by mail clears,
// and its next login makes it a new device.
func (p LoginParts) consume(ctx context.Context, req request.Request, db ratelimit.Limiter, name string) (device string, attempt ratelimit.Attempt, err error) {
	network := req.Client.Network()
	if device = p.Devices.Open(name, req.Client.DeviceToken, req.At); device != "" {
		attempt, err = ratelimit.Consume(ctx, db, req.At, p.Limits.login(name, device, network)...)
		if !errors.Is(err, fault.TooMany) {
			return device, attempt, err
		}
	}
	attempt, err = ratelimit.Consume(ctx, db, req.At, p.Limits.login(name, "", network)...)
	return "", attempt, err
}

// verify checks the password with the same work for every name and password.
func (p LoginParts) verify(ctx context.Context, db LoginStore, name, password string) (record LoginRecord, ok bool, err error) {
	found, err := db.UserByUsername(ctx, name)
	if err != nil {
		return record, false, err
	}
	var u User
	if found != nil {
		u = *found
	}
	ok, stale := p.Passwords.verify(ctx, u, password)
	ok = ok && u.Active
	record = LoginRecord{UUID: u.UUID, TokenVersion: u.TokenVersion, Role: u.Role}
	if ok && stale {
		record.Rehash = p.Passwords.Hasher.Hash(password)
	}
	return record, ok, nil
}
