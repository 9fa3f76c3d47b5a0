package postgres

import (
	"context"

	"roster/shared/audit"
	"roster/shared/ratelimit"
	"roster/shared/user"
)

const sqlDeleteUser statement = guardCTE + deleteUser

// deleteUser ends a statement that begins with a guard.
const deleteUser = `, deleted_user as (
	delete from users u using guard g
	where u.uuid = @target and g.caller_ok and g.target_ok and g.admin_remains
	returning u.uuid
), deleted_limits as (
	delete from limits where exists (select from deleted_user) and ` + isGivenCounter + `
), subject as (
	select uuid from deleted_user
)` + auditCTE + `
select exists (select from deleted_user), not caller_ok, target_ok and not admin_remains from guard`

// DeleteUser deletes an account if the guard holds. Its sessions, devices and reset
// tokens go with it, and the counters of these budgets.
func (db *DB) DeleteUser(ctx context.Context, g user.Guard, clear []ratelimit.Budget, event audit.Event) (o user.Outcome, err error) {
	args := append(db.audited(event, guardArgs(g)), argument{"counters", limitKeys(clear)})
	_, err = db.queryRow(ctx, query{"delete a user", sqlDeleteUser, args}, &o.Done, &o.CallerRefused, &o.LastAdmin)
	return o, err
}
