package directory

import (
	"context"
	"slices"

	"roster/shared/fault"
)

// update writes the changed accounts. It locks them first and decides again,
// because another request may have changed one since it was read.
func (a *attempt) update(ctx context.Context, tx ImportTx) error {
	if len(a.updated) == 0 {
		return nil
	}
	removesAdmin := slices.ContainsFunc(a.updated, change.removesAdmin)
	admins, err := a.lock(ctx, tx, removesAdmin)
	if err != nil {
		return err
	}
	var accounts []Account
	kept := a.updated[:0]
	for _, c := range a.updated {
		if c.removesAdmin() && admins[c.before.UUID] {
			if len(admins) == 1 {
				if err := a.conflict(c.candidate, fault.Fields{"role": "is that of the last active ADMIN, who stays one"}); err != nil {
					return err
				}
				continue
			}
			delete(admins, c.before.UUID)
		}
		kept, accounts = append(kept, c), append(accounts, c.after)
	}
	a.updated = kept
	if a.options.DryRun || len(accounts) == 0 {
		return nil
	}
	return tx.UpdateAccounts(ctx, accounts)
}

// lock locks the accounts to be changed. If the batch may remove an active ADMIN, it
// also returns the UUIDs of all active ADMINs. A dry run locks nothing.
func (a *attempt) lock(ctx context.Context, tx ImportTx, removesAdmin bool) (admins map[string]bool, err error) {
	uuids := make([]string, len(a.updated))
	for n, c := range a.updated {
		uuids[n] = c.before.UUID
	}
	if a.options.DryRun {
		return a.adminsInDryRun(ctx, tx, removesAdmin)
	}
	locked, err := tx.LockAccounts(ctx, uuids, removesAdmin)
	if err != nil {
		return nil, err
	}
	admins, now := map[string]bool{}, indexOf(locked)
	for _, account := range locked {
		if account.isActiveAdmin() {
			admins[account.UUID] = true
		}
	}
	for n, c := range a.updated {
		stored := now.byUUID[c.before.UUID]
		if stored == nil || stored.Username != c.before.Username || stored.Email != c.before.Email {
			return nil, errOneByOne
		}
		after, _ := c.update(*stored, a.options.Now)
		a.updated[n].before, a.updated[n].after = *stored, after
		if len(a.updated[n].unproven()) > 0 {
			return nil, errOneByOne
		}
	}
	return admins, nil
}

// adminsInDryRun returns the active ADMINs that a dry run has left so far.
func (a *attempt) adminsInDryRun(ctx context.Context, tx ImportTx, removesAdmin bool) (map[string]bool, error) {
	if !removesAdmin || a.importing.admins != nil {
		return a.importing.admins, nil
	}
	uuids, err := tx.ActiveAdmins(ctx)
	admins := map[string]bool{}
	for _, uuid := range uuids {
		admins[uuid] = true
	}
	a.importing.admins = admins
	return admins, err
}

// count adds a batch that is stored to the report.
func (i *importing) count(a *attempt) {
	i.report.Created += len(a.created)
	i.report.Updated += len(a.updated)
	i.report.Unchanged += len(a.unchanged)
	i.report.Skipped += len(a.skipped)
	for _, r := range a.refused {
		i.refuse(r)
	}
	if i.options.DryRun {
		for _, r := range a.new {
			i.takeKeys(r)
		}
		for _, c := range a.updated {
			for _, key := range []string{c.after.Username, lower(c.after.Email)} {
				if key != c.before.Username && key != lower(c.before.Email) {
					i.seen.add(key)
				}
			}
		}
	}
	for id, word := range a.taken {
		i.touched[id] |= word
	}
}

// takeKeys remembers the keys of an account that a dry run would create.
func (i *importing) takeKeys(r Record) {
	i.seen.add(r.Username)
	i.seen.add(lower(r.Email))
	if r.UUID != "" {
		i.seen.add(r.UUID)
	}
	if r.ID != nil {
		i.seenIDs.add(*r.ID)
	}
}
