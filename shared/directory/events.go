package directory

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"roster/shared/audit"
)

// record writes what the batch changed to the audit log: one event with counts, and one
// for each new ADMIN and each updated account.
func (a *attempt) record(ctx context.Context, tx ImportTx) error {
	if len(a.created)+len(a.updated) == 0 {
		return nil
	}
	rows := fmt.Sprintf("%d-%d", a.candidates[0].number, a.candidates[len(a.candidates)-1].number)
	write := func(target string, detail map[string]string, changed ...audit.Action) error {
		detail["rows"] = rows
		actions := append([]audit.Action{audit.ActionImport}, changed...)
		return tx.RecordEvent(ctx, audit.Event{Actions: actions, At: a.options.Now, Target: target, Detail: detail})
	}
	for _, account := range a.created {
		if account.Role == roleAdmin {
			if err := write(account.UUID, map[string]string{"change": "created as ADMIN"}); err != nil {
				return err
			}
		}
	}
	for _, c := range a.updated {
		if err := write(c.before.UUID, c.detail(), c.actions()...); err != nil {
			return err
		}
	}
	detail := map[string]string{"created": strconv.Itoa(len(a.created)), "updated": strconv.Itoa(len(a.updated)), "policy": string(a.options.Policy)}
	if len(a.created) > 0 {
		byID := func(x, y Account) int { return int(min(1, max(-1, x.ID-y.ID))) }
		detail["ids"] = fmt.Sprintf("%d-%d", slices.MinFunc(a.created, byID).ID, slices.MaxFunc(a.created, byID).ID)
	}
	return write("", detail)
}

// actions returns the actions that PUT /api/user/{username} records for the same change,
// so that a query for one of them also finds imports.
func (c change) actions() (list []audit.Action) {
	add := func(changed bool, action audit.Action) {
		if changed {
			list = append(list, action)
		}
	}
	before, after := c.before, c.after
	add(before.Username != after.Username, audit.ActionUsernameChanged)
	add(before.Email != after.Email, audit.ActionEmailChanged)
	add(before.PasswordHash != after.PasswordHash, audit.ActionPasswordChanged)
	add(before.Role != after.Role, audit.ActionRoleChanged)
	add(before.Active != after.Active, audit.ActionActiveChanged)
	add(before.Metadata != after.Metadata || before.AppMetadata != after.AppMetadata, audit.ActionMetadataChanged)
	add(before.FirstName != after.FirstName || before.LastName != after.LastName, audit.ActionProfileChanged)
	return list
}

// detail has the new role and state. Names and addresses are left out, because they
// must disappear when the account is deleted.
func (c change) detail() map[string]string {
	detail := map[string]string{"change": "updated"}
	if c.before.Role != c.after.Role {
		detail["role"] = c.after.Role
	}
	if c.before.Active != c.after.Active {
		detail["active"] = strconv.FormatBool(c.after.Active)
	}
	return detail
}
