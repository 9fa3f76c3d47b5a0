package user

import (
	"context"
	"time"

	"roster/shared/audit"
	"roster/shared/fault"
)

// run makes the changes of one batch. If accounts have changed since they were read, it
// reads these again and decides again. With an error it returns the numbers of the
// changes that were not made.
func (b *bulk) run(ctx context.Context, batch []int) (left []int, err error) {
	for range maxWrites {
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < bulkReserve {
			return batch, &fault.Error{Code: fault.Unavailable, Message: "There was no time for this one. Please send it again.", RetryAfter: time.Second}
		}
		writes, err := b.decide(ctx, batch)
		if err != nil || len(writes) == 0 {
			return batch, err
		}
		outcome, err := b.db.UpdateUsers(ctx, b.req.Caller, writes, b.req.At)
		switch {
		case err != nil:
			return batch, err
		case outcome.CallerRefused:
			return batch, fault.NotLoggedIn()
		}
		b.hasWritten = b.hasWritten || len(outcome.Written) > 0
		if batch = b.unwritten(batch, writes, outcome); len(batch) == 0 {
			return nil, nil
		}
	}
	b.refuse(batch, errChanging())
	return nil, nil
}

// decide returns the writes of a batch. It sets the results of the changes that it
// refuses, whose writes are only their events.
func (b *bulk) decide(ctx context.Context, batch []int) ([]BulkWrite, error) {
	names := make([]string, len(batch))
	for n, i := range batch {
		names[n], _ = CanonicalUsername(b.changes[i].Username)
	}
	targets, admins, err := b.db.BulkTargets(ctx, names)
	if err != nil {
		return nil, err
	}
	byName := make(map[string]BulkTarget, len(targets))
	for _, t := range targets {
		byName[t.Username] = t
	}
	var writes []BulkWrite
	for n, i := range batch {
		t, found := byName[names[n]]
		if !found {
			b.results[i] = errNotFound()
			continue
		}
		w := b.write(b.changes[i], t)
		remaining := admins + w.adminsMore()
		if remaining < admins && remaining < 1 {
			b.results[i] = errLastAdmin()
			writes = append(writes, b.refused(b.changes[i], t))
			continue
		}
		admins = remaining
		b.results[i] = nil
		writes = append(writes, w)
	}
	return writes, nil
}

// write returns what a change of a target writes, as a single call would.
func (b *bulk) write(change BulkChange, t BulkTarget) BulkWrite {
	if change.deletes() {
		event := audit.NewEvent(b.req, audit.ActionDelete)
		event.Target = t.UUID
		return BulkWrite{Target: t, Delete: true, Clear: countersOf(t.UUID), Event: event}
	}
	target := User{Role: t.Role, Active: t.Active}
	edit := change.edit().withRevocations(target)
	event := audit.NewEvent(b.req, edit.actions(target)...)
	event.Target, event.Detail = t.UUID, edit.detail()
	return BulkWrite{Target: t, Edit: edit, Event: event}
}

func (b *bulk) refused(change BulkChange, t BulkTarget) BulkWrite {
	action := audit.ActionUpdateFailed
	if change.deletes() {
		action = audit.ActionDeleteFailed
	}
	event := audit.NewEvent(b.req, action)
	event.Target = t.UUID
	return BulkWrite{Target: t, Refused: true, Event: event}
}

// adminsMore is how many more active ADMINs there are after the write: 1, 0 or -1.
func (w BulkWrite) adminsMore() int {
	before, after := w.Target, w.Target
	setIfGiven(&after.Role, w.Edit.Role)
	setIfGiven(&after.Active, w.Edit.Active)
	is := after.isActiveAdmin() && !w.Delete
	switch {
	case is && !before.isActiveAdmin():
		return 1
	case !is && before.isActiveAdmin():
		return -1
	}
	return 0
}

// RemovesAdmin reports whether the write takes an active ADMIN away.
func (w BulkWrite) RemovesAdmin() bool { return !w.Refused && w.adminsMore() < 0 }

// unwritten returns the numbers of the changes that were neither written nor refused.
func (b *bulk) unwritten(batch []int, writes []BulkWrite, outcome BulkOutcome) (again []int) {
	uuids := make(map[string]string, len(writes))
	for _, w := range writes {
		uuids[w.Target.Username] = w.Target.UUID
	}
	for _, i := range batch {
		name, _ := CanonicalUsername(b.changes[i].Username)
		if b.results[i] == nil && !outcome.Written[uuids[name]] {
			again = append(again, i)
		}
	}
	return again
}
