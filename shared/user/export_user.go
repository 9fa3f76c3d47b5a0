package user

import (
	"context"
	"time"

	"roster/shared/audit"
	"roster/shared/ratelimit"
	"roster/shared/request"
)

// PersonalData is everything that is stored about one person (GDPR, articles 15
// and 20), without the hashes of secrets and the counters that say whether tokens
// are still accepted. All of it is from one moment.
type PersonalData struct {
	User        User
	EmailStatus string
	Sessions    []KeptSession
	Devices     []KeptDevice
	Resets      []KeptReset
	Counters    []Counter
	Events      audit.Page
}

// KeptSession is a session that is stored. One that has ended stays until the next
// purge.
type KeptSession struct {
	Session
	Alive         bool
	LastNetwork   string
	LastUserAgent string
}

// KeptDevice is a device that the account knows, or has known until the tokens of
// the account ended.
type KeptDevice struct {
	Known                 bool
	CreatedAt, LastUsedAt time.Time
}

// KeptReset is a password-reset token. One that was used is not stored any more.
type KeptReset struct{ CreatedAt, ExpiresAt time.Time }

// Counter is a counter of attempts that can be found by the account.
type Counter struct {
	Counts   string // what is counted
	Attempts int
	Until    time.Time // the end of the window, or of the last wait
}

// CountedAs is a budget of an account, with the name of its counter in an export.
type CountedAs struct {
	Counts string
	Budget ratelimit.Budget
}

// DataExporter reads what is stored about one person.
type DataExporter interface {
	Viewer
	audit.Recorder
	ratelimit.Limiter
	// PersonalData returns everything about the account with that UUID, or nil if
	// there is none: these of its counters, and this page of its events.
	PersonalData(ctx context.Context, uuid string, counters []CountedAs, q audit.Query) (*PersonalData, error)
}

// MaxExportedEvents is how many events an export has. With 2,000 of the largest
// possible events an answer stays below the 6 MB that Lambda allows.
const MaxExportedEvents = 2000

// ExportRequest names the account to export, and the event where the page begins.
type ExportRequest struct {
	Username string
	Before   *audit.Cursor // only events before it; nil begins with the newest
}

// Export returns everything that is stored about the caller, or for an ADMIN about
// any account. With more than MaxExportedEvents events, Events.Next is where the
// next export goes on. The audit log records each export. It refuses with TooMany
// a caller who asks too often, because the call reads much.
func Export(ctx context.Context, req request.Request, db DataExporter, limits Limits, in ExportRequest) (*PersonalData, error) {
	self, target, err := authorize(ctx, req.Caller, db, in.Username)
	if err != nil {
		return nil, err
	}
	if _, err := ratelimit.Consume(ctx, db, req.At, limits.export(self.UUID)); err != nil {
		return nil, err
	}
	data, err := db.PersonalData(ctx, target.UUID, limits.countersOf(target.UUID), audit.Query{Limit: MaxExportedEvents, Before: in.Before})
	if err != nil {
		return nil, err
	}
	if data == nil { // deleted since it was authorized
		return nil, errNotFound()
	}
	exported := audit.NewEvent(req, audit.ActionDataExported)
	exported.Target = target.UUID
	if err := db.Record(ctx, exported); err != nil {
		return nil, err
	}
	data.hideOthers(req.At)
	return data, nil
}

// hideOthers removes what is about other people: their names, and the clients with which
// they changed the account. It rounds the times of sessions as Sessions does.
func (d *PersonalData) hideOthers(now time.Time) {
	for i := range d.Sessions {
		d.Sessions[i].hideRefresh(now)
	}
	for i, e := range d.Events.Events {
		if e.Actor != "" && e.Actor != d.User.UUID {
			d.Events.Events[i].Client, d.Events.Events[i].ActorUsername = request.Client{}, ""
		}
		if e.Target != d.User.UUID {
			d.Events.Events[i].TargetUsername = ""
		}
	}
}

// export returns the budget for exports that one account asks for.
func (l Limits) export(uuid string) ratelimit.Budget {
	return l.ExportAccount.Budget("export account", uuid)
}

// countersOf returns the budgets whose counters are found by the account's UUID.
// The counters of attempts from a network are not: their keys are hashes of both.
func (l Limits) countersOf(uuid string) []CountedAs {
	owner := ratelimit.Owner{Account: uuid}
	all := []CountedAs{
		{"wrong passwords in a row, from unknown devices", l.consecutive("login account")},
		{"wrong passwords in a row, from known devices", l.consecutive("login device")},
		{"wrong current passwords in a row", l.consecutive("current password")},
		{"reset mails", l.forgetAccount()},
		{"changes of the e-mail address", l.emailAccount(uuid)},
		{"exports", l.export(uuid)},
		{"mails that an ADMIN has sent", l.adminMail(uuid)},
	}
	for i := range all {
		all[i].Budget = ratelimit.Of(owner, all[i].Budget)[0]
	}
	return all
}
