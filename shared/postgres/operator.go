package postgres

import (
	"context"

	"roster/shared/audit"
	"roster/shared/ratelimit"
	"roster/shared/user"
)

// operatorGuardCTE is guardCTE without a caller: for an operator, who has the
// database's password and no account. It keeps every rule about the target.
const operatorGuardCTE = `
with locked_users as materialized (
	select u.id, u.uuid, u.username, u.role, u.active, u.email from users u
	where ` + isTargetOrItsPeer + `
	order by u.id
	for update of u
), guard as (
	select true as caller_ok, ` + targetConditions + `
)`

const (
	sqlUpdateUserAsOperator statement = operatorGuardCTE + updateUser
	sqlDeleteUserAsOperator statement = operatorGuardCTE + deleteUser
)

// UpdateUserAsOperator makes a change if the guard holds. The guard has no caller.
func (db *DB) UpdateUserAsOperator(ctx context.Context, g user.Guard, e user.Edit, event audit.Event) (o user.Outcome, err error) {
	args := db.audited(event, append(targetArgs(g), editArgs(e)...))
	_, err = db.queryRow(ctx, query{"update a user for an operator", sqlUpdateUserAsOperator, args},
		&o.Done, &o.CallerRefused, &o.LastAdmin, &o.Taken.Username, &o.Taken.Email)
	return o, err
}

// DeleteUserAsOperator deletes an account, and the counters of these budgets, if the
// guard holds. The guard has no caller.
func (db *DB) DeleteUserAsOperator(ctx context.Context, g user.Guard, clear []ratelimit.Budget, event audit.Event) (o user.Outcome, err error) {
	args := append(db.audited(event, targetArgs(g)), argument{"counters", limitKeys(clear)})
	_, err = db.queryRow(ctx, query{"delete a user for an operator", sqlDeleteUserAsOperator, args}, &o.Done, &o.CallerRefused, &o.LastAdmin)
	return o, err
}

const sqlProfileByUsername statement = `select ` + profileColumns + ` from users where username = @username`

// ProfileByUsername returns the account with that canonical username and its metadata,
// or nil.
func (db *DB) ProfileByUsername(ctx context.Context, username string) (*user.User, error) {
	var u user.User
	found, err := db.queryRow(ctx, query{"find a profile", sqlProfileByUsername, named{{"username", username}}}, profileFields(&u)...)
	if err != nil || !found {
		return nil, err
	}
	return &u, nil
}

var _ user.OperatorStore = (*DB)(nil)
