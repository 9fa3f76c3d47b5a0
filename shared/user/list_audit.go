package user

import (
	"context"
	"regexp"
	"slices"
	"time"
)

// AuditQuery is which events an ADMIN asks for. What is zero does not restrict.
type AuditQuery struct {
	User   string // a username, or the UUID of an account that may be gone: what it did, and what was done to it
	Action Action
	Since  time.Time // inclusive
	Until  time.Time // exclusive
	Before *AuditMark
	Limit  int
}

// AuditMark is the place of an event in the order of the log: newest first.
type AuditMark struct {
	At    time.Time // in microseconds
	Chain int16
	Seq   int64
}

// Bounds of a page of the audit log.
const (
	MaxAuditPage     = 100
	DefaultAuditPage = 50
)

// AuditPage is a page of the log, with where the next one begins.
type AuditPage struct {
	Events []Event
	Next   *AuditMark // nil at the end
}

// actions are all there are, for those who ask for one.
var actions = []Action{
	ActionRegister, ActionRegisterFailed, ActionLogin, ActionLoginFailed, ActionWait,
	ActionLogout, ActionSessionEnded, ActionRefreshReused,
	ActionResetAsked, ActionResetUsed, ActionResetFailed, ActionPasswordFailed, ActionPasswordChanged,
	ActionEmailChanged, ActionUsernameChanged, ActionProfileChanged, ActionRoleChanged, ActionActiveChanged,
	ActionDelete, ActionSeed,
}

// anyUUID is uuidForm as people write it, too.
var anyUUID = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

// Check names every bad part, by the name of its parameter.
func (q AuditQuery) Check() Fields {
	fields := Fields{}
	if _, name := CanonicalUsername(q.User); q.User != "" && !name && !anyUUID.MatchString(q.User) {
		fields.add("user", "must be a username or a UUID")
	}
	if q.Action != "" && !slices.Contains(actions, q.Action) {
		fields.add("action", "is not an action of the audit log")
	}
	if !q.Since.IsZero() && !q.Until.IsZero() && !q.Since.Before(q.Until) {
		fields.add("until", "must be after since")
	}
	if q.Limit < 1 || q.Limit > MaxAuditPage {
		fields.add("limit", "must be a whole number from 1 to 100")
	}
	return fields
}

// AuditViewer reads the log.
type AuditViewer interface {
	Viewer
	// ListAudit returns a page of events, of one account where uuid is not "".
	ListAudit(ctx context.Context, uuid string, q AuditQuery) (AuditPage, error)
}

// ListAudit returns a page of the audit log to an ADMIN. Anyone else gets
// Forbidden. A username that nobody has is NotFound, a UUID that nobody has any
// more is not: its events are all that is left of an account.
func ListAudit(ctx context.Context, caller Caller, db AuditViewer, q AuditQuery) (AuditPage, error) {
	if !caller.formed() {
		return AuditPage{}, errUnauthenticated()
	}
	name, named := CanonicalUsername(q.User)
	self, target, err := db.CallerAndTarget(ctx, caller, name)
	switch {
	case err != nil:
		return AuditPage{}, err
	case !caller.admits(self):
		return AuditPage{}, errUnauthenticated()
	case self.Role != RoleAdmin:
		return AuditPage{}, errForbidden()
	}
	if err := q.Check().err(); err != nil {
		return AuditPage{}, err
	}
	if !named {
		return db.ListAudit(ctx, q.User, q)
	}
	if target == nil {
		return AuditPage{}, errNotFound()
	}
	return db.ListAudit(ctx, target.UUID, q)
}
