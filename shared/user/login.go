package user

import (
	"context"
	"strings"
	"time"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
)

// Credentials are the input of Login.
type Credentials struct {
	Username string `json:"username"`
	Password string `json:"password"`
	// DeviceName names the device in the list of sessions.
	DeviceName *string `json:"device_name"`
}

// Check names the fields that are missing or blank, and a bad device name. It does not check the
// form of the username: an invalid username gets the same answer as an unknown
// one, so the answer tells nothing.
func (in Credentials) Check() fault.Fields {
	fields := fault.Fields{}
	if trim(in.Username) == "" {
		fields.Add("username", "is required")
	}
	if in.Password == "" {
		fields.Add("password", "is required")
	}
	if in.DeviceName != nil {
		fields.Add("device_name", checkDeviceName(*in.DeviceName))
	}
	return fields
}

func (in Credentials) deviceName() string {
	if in.DeviceName == nil {
		return ""
	}
	return strings.TrimFunc(*in.DeviceName, blank)
}

// LoginStore finds an account and records its login.
type LoginStore interface {
	Finder
	FailureRecorder
	// RecordLogin stores the session, the device, the time and the new hash if
	// there is one, and clears the budgets. It ends the account's oldest sessions
	// beyond MaxSessions, and forgets devices if it knows too many. If the account is
	// no longer active or its token version has changed, it does nothing and returns
	// false.
	RecordLogin(ctx context.Context, l LoginRecord, e audit.Event) (bool, error)
}

// LoginRecord is what a successful login writes.
type LoginRecord struct {
	UUID         string
	TokenVersion int64
	Role         Role
	At           time.Time
	Rehash       string // a new hash of the same password; "" keeps the stored one
	Clear        []ratelimit.Budget
	DeviceHash   []byte
	OnlyDevice   bool // the account forgets all others

	Session     Session
	RefreshHash []byte // of the session's first refresh token
	MaxSessions int
}

// LoginParts are the dependencies of Login, besides the store.
type LoginParts struct {
	Passwords Passwords
	Tokens    TokenIssuer
	Refresh   RefreshTokens
	Devices   DeviceTokens
	Limits    Limits
	Sessions  SessionRules
}

// Login checks a username, or an e-mail address, and a password and begins a
// session. It refuses an
// unknown name, a wrong password and an inactive account with Unauthenticated,
// with the same text and after the same time. If a budget is
// used up, it refuses with TooMany before it looks at the password, whether or
// not the account exists.
func Login(ctx context.Context, req request.Request, db LoginStore, p LoginParts, in Credentials) (Tokens, error) {
	if err := in.Check().Err(); err != nil {
		return Tokens{}, err
	}
	issue, err := p.Tokens.Ready(ctx)
	if err != nil {
		return Tokens{}, err
	}
	attempt, err := p.attempt(ctx, req, db, in.Username)
	if err != nil {
		return Tokens{}, err
	}
	record, ok := p.verify(ctx, attempt.user, in.Password)
	if !ok {
		return Tokens{}, attempt.refuse(ctx, req, db)
	}
	record.Session, record.MaxSessions = p.Sessions.open(req, in.deviceName(), MethodPassword), p.Sessions.MaxPerAccount
	refreshToken, hash := p.Refresh.Begin(record.Session.ID)
	record.At, record.RefreshHash, record.Clear = req.At, hash, attempt.cleared
	record.DeviceHash, record.OnlyDevice = attempt.deviceHash, attempt.alone
	event := audit.NewEvent(req, audit.ActionLogin)
	event.Actor, event.Target = record.UUID, record.UUID
	recorded, err := db.RecordLogin(ctx, record, event)
	if err != nil {
		return Tokens{}, err
	}
	if !recorded { // the account has changed while the password was checked
		return Tokens{}, attempt.refuse(ctx, req, db)
	}
	token, lifetime, err := issue(Subject{
		UUID: record.UUID, Session: record.Session.ID, TokenVersion: record.TokenVersion, Role: record.Role,
	}, req.At)
	if err != nil {
		return Tokens{}, err
	}
	return Tokens{AccessToken: token, ExpiresIn: lifetime, RefreshToken: refreshToken, DeviceToken: attempt.deviceToken}, nil
}
