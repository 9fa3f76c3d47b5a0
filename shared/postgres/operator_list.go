package postgres

import (
	"context"

	"roster/shared/user"
)

// The statements behind the list of an operator. They read along the index of the order,
// as GET /api/users does, without a caller and without a limit: an operator may wait for
// a filter that few accounts pass. A page has at most user.MaxListPage accounts, and one
// more that says whether another page follows.
const (
	operatorSelect = `
select false as is_caller, true as matches, false as is_end, ` + listedColumns + `, null::bigint as total from users where `
	operatorWhere = operatorSelect + listFilter + ` and `
	operatorLimit = ` limit ` + maxPage

	sqlOperatorListByCreatedAt   statement = operatorWhere + afterCreatedAt + ` order by ` + byCreatedAt + operatorLimit
	sqlOperatorListByUsername    statement = operatorWhere + afterUsername + ` order by ` + byUsername + operatorLimit
	sqlOperatorListByLastLoginAt statement = `
select is_caller, matches, is_end, ` + listedColumns + `, total from (` + operatorWhere + afterLastLoginAt + ` order by ` + byLastLoginAt + operatorLimit + `) as have
union all
select is_caller, matches, is_end, ` + listedColumns + `, total from (` + operatorWhere + afterNeverLogin + ` order by ` + byLastLoginAt + operatorLimit + `) as have_not
order by ` + byLastLoginAt + operatorLimit

	sqlOperatorLookUpUsername statement = operatorSelect + `username = @username`
	sqlOperatorLookUpEmail    statement = operatorSelect + `lower(email) = lower(@email collate "C")`
	sqlOperatorLookUpUUID     statement = operatorSelect + `uuid = @uuid`
	sqlOperatorLookUpID       statement = operatorSelect + `id = @id`
)

func operatorListStatement(q user.ListQuery) (statement, named) {
	switch {
	case q.Username != "":
		return sqlOperatorLookUpUsername, named{{"username", q.Username}}
	case q.Email != "":
		return sqlOperatorLookUpEmail, named{{"email", q.Email}}
	case q.UUID != "":
		return sqlOperatorLookUpUUID, named{{"uuid", q.UUID}}
	case q.ID != 0:
		return sqlOperatorLookUpID, named{{"id", q.ID}}
	}
	args := append(afterArgs(q), filterArgs(q)...)
	switch q.Sort {
	case user.SortUsername:
		return sqlOperatorListByUsername, args
	case user.SortLastLoginAt:
		return sqlOperatorListByLastLoginAt, args
	}
	return sqlOperatorListByCreatedAt, args
}

// UsersForOperator returns a page of accounts.
func (db *DB) UsersForOperator(ctx context.Context, q user.ListQuery) (page user.ListPage, err error) {
	sql, args := operatorListStatement(q)
	rows, err := collect(ctx, db, query{"list users for an operator", sql, args}, scanListed)
	if err != nil {
		return page, err
	}
	for i, row := range rows {
		if i == q.Limit {
			page.Next = cursorOf(q.Sort, page.Users[i-1].User)
			break
		}
		page.Users = append(page.Users, row.listed)
	}
	return page, nil
}
