package user

import (
	"context"
	"regexp"
	"unicode/utf8"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/request"
)

// uuidAnyCase also accepts upper case, because people type this UUID.
var uuidAnyCase = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

func isUUIDInAnyCase(s string) bool {
	return utf8.RuneCountInString(s) <= maxGivenUsername && uuidAnyCase.MatchString(trim(s))
}

// CheckAuditQuery names every bad parameter of a query.
func CheckAuditQuery(q audit.Query) fault.Fields {
	fields := q.Check()
	_, name := CanonicalUsername(q.User)
	if q.User != "" && !name && !isUUIDInAnyCase(q.User) {
		fields.Add("user", "must be a username or a UUID")
	}
	return fields
}

// AuditViewer reads the audit log.
type AuditViewer interface {
	Viewer
	// ListAudit returns a page of events. A uuid other than "" restricts them to
	// the events of one account.
	ListAudit(ctx context.Context, uuid string, q audit.Query) (audit.Page, error)
}

// ListAudit returns a page of the audit log to an ADMIN. Other callers get
// Forbidden. An unknown username is NotFound. An unknown UUID is not, because it
// may belong to a deleted account, whose events are still there.
func ListAudit(ctx context.Context, req request.Request, db AuditViewer, q audit.Query) (audit.Page, error) {
	if !req.Caller.WellFormed() {
		return audit.Page{}, fault.NotLoggedIn()
	}
	name, named := CanonicalUsername(q.User)
	self, target, err := db.CallerAndTarget(ctx, req.Caller, name)
	switch {
	case err != nil:
		return audit.Page{}, err
	case !self.accepts(req.Caller):
		return audit.Page{}, fault.NotLoggedIn()
	case self.Role != RoleAdmin:
		return audit.Page{}, fault.NotPermitted()
	}
	if err := CheckAuditQuery(q).Err(); err != nil {
		return audit.Page{}, err
	}
	if !named {
		return db.ListAudit(ctx, trim(q.User), q)
	}
	if target == nil {
		return audit.Page{}, errNotFound()
	}
	return db.ListAudit(ctx, target.UUID, q)
}
