package postgres

import "roster/shared/user"

// guardCTE begins a statement that changes an account. It locks the rows that
// the decision was based on, in the order of their ids so that two statements
// never wait for each other, and reads them once they are locked: the caller,
// the target and, where the change removes an active ADMIN, every other active
// ADMIN. Its arguments are guardArgs.
//
// The session of the caller is locked after them: a logout that the statement has
// waited for has deleted it, which a mere read would not show.
//
// The statement makes its change where the CTE guard says caller_ok, target_ok
// and, if it can remove an ADMIN, admin_remains.
const guardCTE = `
with locked_users as materialized (
	select u.id, u.uuid, u.username, u.role, u.active, u.email, u.token_version from users u
	where u.uuid = @caller or ` + isTargetOrItsPeer + `
	order by u.id
	for update of u
), caller_session as materialized (
	select s.id, s.user_id, s.version, s.idle_ends_at, s.ends_at
	from sessions s join locked_users u on s.user_id = u.id where s.id = @caller_session and u.uuid = @caller
	for key share of s
), guard as (
	select
		exists (select from locked_users where uuid = @caller and active and token_version = @caller_token_version
			and (role = 'ADMIN' or not @as_admin))
			and exists (select from caller_session s join locked_users u on ` + sessionIsAlive + `) as caller_ok,
		` + targetConditions + `
)`

// isTargetOrItsPeer is the condition for the rows of users u that decide whether the
// target may be changed.
const isTargetOrItsPeer = `u.uuid = @target or (@removes_admin and u.role = 'ADMIN' and u.active and exists (
		select from users t where t.uuid = @target and t.role = 'ADMIN' and t.active))`

// targetConditions are the columns of guard that say whether the target may be
// changed.
const targetConditions = `exists (select from locked_users where uuid = @target and username = @target_username
			and (@expected_role::text is null
				or (role = @expected_role and active = @expected_active and email = @expected_email))) as target_ok,
		not @removes_admin or not exists (select from locked_users where uuid = @target and role = 'ADMIN' and active)
			or exists (select from locked_users where uuid <> @target and role = 'ADMIN' and active) as admin_remains`

// guardArgs returns the arguments of guardCTE.
func guardArgs(g user.Guard) named {
	return append(named{
		{"caller", g.Caller.UUID},
		{"caller_session", g.Caller.Session},
		{"caller_token_version", g.Caller.TokenVersion},
		{"as_admin", g.AsAdmin},
	}, targetArgs(g)...)
}

// targetArgs returns the arguments of isTargetOrItsPeer and targetConditions.
func targetArgs(g user.Guard) named {
	var role, active, email any // null expects nothing
	if expected := g.ExpectedTarget; expected != nil {
		role, active, email = expected.Role, expected.Active, expected.Email
	}
	return named{
		{"target", g.TargetUUID},
		{"target_username", g.Username},
		{"removes_admin", g.RemovesAdmin},
		{"expected_role", role},
		{"expected_active", active},
		{"expected_email", email},
	}
}
