package user

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
)

// MaxBulk is how many accounts one call may change.
const MaxBulk = 1000

// bulkBatch is how many of them one statement changes. The statement ends within
// statement_timeout, and other requests wait only that long for its locks.
const bulkBatch = 250

// bulkReserve is the least time that must be left for another batch. A batch takes a
// fraction of it, unless it waits for locks.
const bulkReserve = time.Second

// BulkChange is what UpdateMany does to one account. Its fields are those of a single
// call: to change the role and the state, or to delete the account.
type BulkChange struct {
	Username string `json:"username"`
	Role     *Role  `json:"role"`
	Active   *bool  `json:"active"`
	Delete   *bool  `json:"delete"`
}

// Check names every bad field.
func (in BulkChange) Check() fault.Fields {
	_, fields := Changes{Role: in.Role}.edit(Passwords{}, User{})
	if _, ok := CanonicalUsername(in.Username); !ok {
		fields.Add("username", "is not a username")
	}
	changes := in.Role != nil || in.Active != nil
	switch {
	case in.deletes() && changes:
		fields.Add("delete", "goes with no other change")
	case in.Delete != nil && !*in.Delete:
		fields.Add("delete", "must be true, or be left out")
	case !in.deletes() && !changes:
		fields.Add("username", "is given without role, active or delete")
	}
	return fields
}

func (in BulkChange) deletes() bool { return in.Delete != nil && *in.Delete }

func (in BulkChange) edit() Edit { return Edit{Role: in.Role, Active: in.Active} }

// BulkTarget holds the fields of an account that a bulk change is decided on.
type BulkTarget struct {
	UUID, Username string
	Role           Role
	Active         bool
}

func (t BulkTarget) isActiveAdmin() bool { return t.Active && t.Role == RoleAdmin }

// BulkWrite is one decided change. The store writes it only if the target is still as
// it was read.
type BulkWrite struct {
	Target BulkTarget
	Edit   Edit // with what it revokes
	Delete bool
	Clear  []ratelimit.Budget // whose counters go with a deleted account
	// Refused writes nothing but the event.
	Refused bool
	Event   audit.Event
}

// BulkOutcome is the result of UpdateUsers.
type BulkOutcome struct {
	CallerRefused bool            // nothing was written
	Written       map[string]bool // the UUIDs of the targets
}

// BulkUpdater changes many accounts at once.
type BulkUpdater interface {
	Viewer
	// BulkTargets returns the accounts with these usernames, and how many accounts
	// are active ADMINs.
	BulkTargets(ctx context.Context, usernames []string) (targets []BulkTarget, admins int, err error)
	// UpdateUsers writes all that are still as they were read, in one statement, if
	// the caller is still an ADMIN whose token is accepted. If no active ADMIN would
	// remain, it writes none of the changes that remove one. It writes the event of
	// each change with it.
	UpdateUsers(ctx context.Context, c request.Caller, writes []BulkWrite, now time.Time) (BulkOutcome, error)
}

// UpdateMany changes accounts for an ADMIN. It returns a result for each change, in
// their order: nil, or the refusal that a single call would have had. A refused change
// does not stop the others. The caller's own account comes last, so that the caller may
// do the rest. A change for which the time is too short is not made, and its result is
// Unavailable. bad has the fields of changes that could not be read, by their number.
//
// If nothing can be done at all, it returns an error instead.
func UpdateMany(ctx context.Context, req request.Request, db BulkUpdater, changes []BulkChange, bad map[int]fault.Fields) ([]error, error) {
	self, err := authorizeAdmin(ctx, req.Caller, db)
	if err != nil {
		return nil, err
	}
	b := bulk{req: req, db: db, changes: changes, results: make([]error, len(changes))}
	others, own := b.checked(bad, self.Username)
	batches := slices.Collect(slices.Chunk(others, bulkBatch))
	if len(own) > 0 {
		batches = append(batches, own)
	}
	for n, batch := range batches {
		left, err := b.run(ctx, batch)
		if err != nil && !b.hasWritten {
			return nil, err
		}
		if err != nil {
			slog.WarnContext(ctx, "a bulk change was not finished", "error", err)
			b.refuse(slices.Concat(left, slices.Concat(batches[n+1:]...)), err)
			break
		}
	}
	return b.results, nil
}

// bulk is a call of UpdateMany.
type bulk struct {
	req     request.Request
	db      BulkUpdater
	changes []BulkChange
	results []error

	hasWritten bool
}

// checked refuses the changes whose fields are not valid. It returns the numbers of the
// other changes, and separately the number of the change of the caller's own account.
func (b *bulk) checked(bad map[int]fault.Fields, self string) (others, own []int) {
	seen := map[string]bool{}
	for i, change := range b.changes {
		fields := fault.Fields{}.Merge(bad[i])
		if len(fields) == 0 {
			fields.Merge(change.Check())
		}
		name, _ := CanonicalUsername(change.Username)
		if name != "" && seen[name] {
			fields.Add("username", "is in the list already")
		}
		seen[name] = true
		b.results[i] = fields.Err()
		switch {
		case b.results[i] != nil:
		case name == self:
			own = append(own, i)
		default:
			others = append(others, i)
		}
	}
	return others, own
}

// refuse gives all of these changes the same refusal.
func (b *bulk) refuse(numbers []int, err error) {
	for _, i := range numbers {
		b.results[i] = err
	}
}
