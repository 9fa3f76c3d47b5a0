package postgres

// The statements behind GET /api/users. Every one reads the caller and the page, so
// that a call is one round trip.
//
// A page costs about the same in a table of any size and with any filter, because
// each statement has up to three ways to its rows, and every way ends after a fixed
// number of them:
//
//  1. The filters by themselves: an index that has only the ADMINs, only the
//     inactive accounts, only those with one state of the address, or those made in
//     a period. Where that finds at most maxCandidates accounts, they are all there
//     is, and the page is made of them.
//  2. The prefix by itself: the indexes on username, e-mail, first and last name.
//     The same holds.
//  3. Otherwise the filters let many accounts through, and the statement walks along
//     the index of the order and keeps what they let through. It is soon done, but
//     for filters that let through only accounts at the far end of the order. So it
//     stops after maxWalk accounts and says where, and the next page goes on there.
//
// PostgreSQL makes one plan for all arguments. It skips a way whose condition does
// not depend on the row ("One-Time Filter"). The limits are literals because a plan
// follows an index only if it knows that few rows are wanted.
const (
	maxCandidates = `1000`
	maxWalk       = `20000`
	maxPage       = `101` // user.MaxListPage, and one more, to know whether another page follows
)

// listedColumns are what scanListed scans, in that order: everything of an account
// but its password's hash.
const listedColumns = `id, uuid, username, first_name, last_name, email, email_status, role, active, token_version,
	created_at, updated_at, last_login_at, password_changed_at`

// listBegin has the caller. The row exists only while the session is alive.
const listBegin = `
with caller as materialized (
	select ` + listedColumns + `, role = 'ADMIN' and active and token_version = @caller_version as may_list
	from users u
	where uuid = @caller and coalesce((select ` + sessionIsAlive + ` from sessions s where s.id = @caller_session), false)
)`

// listSelect and listEnd are around the page. The caller comes first.
const (
	listSelect = `
select true as is_caller, true as matches, false as is_end, ` + listedColumns + `, `
	listFrom = ` as total from caller
union all
select false, matches, is_end, ` + listedColumns + `, null from (`
	listEnd = `
) as page order by is_caller desc, `
	listLimit = ` limit @rows::bigint + 1`
)

const mayList = `(select may_list from caller)`

// The orders of user.Sort.
const (
	byCreatedAt   = `created_at desc, id desc`
	byUsername    = `username`
	byLastLoginAt = `last_login_at desc nulls last, id desc`
)

// What follows the cursor in each order. Accounts that have never logged in follow
// all others, and have a range of their own in the index.
const (
	afterCreatedAt   = `(created_at, id) < (@after_at::timestamptz, @after_id::bigint)`
	afterUsername    = `username > @after_username::text collate "C"`
	afterLastLoginAt = `(last_login_at, id) < (@after_at::timestamptz, @after_id::bigint)`
	afterNeverLogin  = `last_login_at is null and id < @after_never_id::bigint`
)

// listFilter are all filters, for a row that one of the ways has found.
const listFilter = `
	(@role::text is null or role = @role) and (@active::boolean is null or active = @active)
	and (@email_status::text is null or email_status = @email_status)
	and created_at >= @created_after::timestamptz and created_at < @created_before::timestamptz
	and (@prefix::text is null or starts_with(username, ` + asciiPrefix + `) or starts_with(lower(email), ` + asciiPrefix + `)
		or starts_with(lower(first_name) collate "C", ` + namePrefix + `) or starts_with(lower(last_name) collate "C", ` + namePrefix + `))`

// The columns lower their letters each by its own collation, so the prefix does, too.
const (
	asciiPrefix = `lower(@prefix collate "C")`
	namePrefix  = `lower(@prefix) collate "C"`
)

// The ranges of the indexes that begin with the prefix. LIKE finds no index for an
// argument. The end is compared as a row because PostgreSQL would take both ends for
// a narrow range, read all of it and sort; so it takes it for a wide one, and
// follows the index.
const (
	usernameRange  = `username >= ` + asciiPrefix + ` and (username, id) < (` + asciiPrefix + lastLetter
	emailRange     = `lower(email) >= ` + asciiPrefix + ` and (lower(email), id) < (` + asciiPrefix + lastLetter
	firstNameRange = `lower(first_name) collate "C" >= ` + namePrefix + ` and (lower(first_name) collate "C", id) < (` + namePrefix + lastLetter
	lastNameRange  = `lower(last_name) collate "C" >= ` + namePrefix + ` and (lower(last_name) collate "C", id) < (` + namePrefix + lastLetter
	lastLetter     = ` || chr(1114111), 0)` // U+10FFFF
)

const (
	enough       = ` limit ` + maxCandidates + ` + 1`
	allFound     = `count(*) <= ` + maxCandidates
	byCreation   = ` order by ` + byCreatedAt + enough + `)`
	columnsWhere = `(select ` + listedColumns + ` from users where `
)

// foundByFilter is the first way. The argument @source says which filter.
const foundByFilter = `, found_by_filter as materialized (
	select ` + listedColumns + ` from (
		` + columnsWhere + `@source::text = 'admins' and role = 'ADMIN'` + byCreation + `
		union all ` + columnsWhere + `@source = 'inactive' and not active` + byCreation + `
		union all ` + columnsWhere + `@source = 'email_status' and email_status <> 'ok' and email_status = @email_status` + byCreation + `
		union all ` + columnsWhere + `@source = 'created' and created_at >= @created_after and (created_at, id) < (@created_before, 0)` + byCreation + `
	) as found where ` + mayList + enough + `
)`

// foundByPrefix is the second way. An account that several ranges have comes once
// for each; "place" says for which.
const foundByPrefix = `, found_by_prefix as materialized (
	select place, ` + listedColumns + ` from (
		select 1 as place, ` + listedColumns + ` from ` + columnsWhere + usernameRange + ` order by username` + enough + `) as named
		union all select 2, ` + listedColumns + ` from ` + columnsWhere + emailRange + ` order by lower(email)` + enough + `) as named
		union all select 3, ` + listedColumns + ` from ` + columnsWhere + firstNameRange + ` order by lower(first_name) collate "C"` + enough + `) as named
		union all select 4, ` + listedColumns + ` from ` + columnsWhere + lastNameRange + ` order by lower(last_name) collate "C"` + enough + `) as named
	) as found where `

const onlyOnce = `(place = 1 or not (` + usernameRange + `) and (place = 2 or not (` + emailRange + `) and (place = 3 or not (` + firstNameRange + `))))`

// The row of found says which way has found all; candidates are the rows that it
// found.
const (
	searchByFilter = foundByFilter + `, found as materialized (
	select @source is not null and (select ` + allFound + ` from found_by_filter) as by_filter, false as by_prefix
), candidates as (
	select ` + listedColumns + ` from found_by_filter where (select by_filter from found)
)`
	searchByPrefix = foundByPrefix + mayList + enough + `
), found as materialized (
	select false as by_filter, (select ` + allFound + ` from found_by_prefix) as by_prefix
), candidates as (
	select ` + listedColumns + ` from found_by_prefix where (select by_prefix from found) and ` + onlyOnce + `
)`
	searchByBoth = foundByFilter + `, first_found as materialized (
	select (select ` + allFound + ` from found_by_filter) as by_filter
)` + foundByPrefix + mayList + ` and not (select by_filter from first_found)` + enough + `
), found as materialized (
	select by_filter, not by_filter and (select ` + allFound + ` from found_by_prefix) as by_prefix from first_found
), candidates as (
	select ` + listedColumns + ` from found_by_filter where (select by_filter from found)
	union all select ` + listedColumns + ` from found_by_prefix where (select by_prefix from found) and ` + onlyOnce + `
)`
)

const allFoundByEither = `(select by_filter or by_prefix from found)`

// The third way, which begins after the cursor of its order.
const (
	walkSelect = ` union all (select matches, place = ` + maxWalk + ` as is_end, ` + listedColumns + ` from (
		select ` + listedColumns + `, ` + listFilter + ` as matches, row_number() over (order by `
	walkFrom  = `) as place from users where ` + mayList + ` and not ` + allFoundByEither + ` and `
	walkLimit = ` limit ` + maxWalk + `
	) as walked where matches or place = ` + maxWalk + ` limit ` + maxPage + `)`
)

const candidatesWhere = `(select true as matches, false as is_end, ` + listedColumns + ` from candidates where ` + listFilter + ` and `

// The page of a search, in each order.
const (
	searchedByCreatedAt = candidatesWhere + afterCreatedAt + ` order by ` + byCreatedAt + ` limit ` + maxPage + `)` +
		walkSelect + byCreatedAt + walkFrom + afterCreatedAt + ` and created_at >= @created_after order by ` + byCreatedAt + walkLimit
	searchedByUsername = candidatesWhere + afterUsername + ` order by ` + byUsername + ` limit ` + maxPage + `)` +
		walkSelect + byUsername + walkFrom + afterUsername + ` order by ` + byUsername + walkLimit
	searchedByLastLoginAt = candidatesWhere + `(` + afterLastLoginAt + ` or ` + afterNeverLogin + `) order by ` + byLastLoginAt + ` limit ` + maxPage + `)` +
		walkSelect + byLastLoginAt + walkFrom + afterLastLoginAt + ` order by ` + byLastLoginAt + walkLimit +
		walkSelect + byLastLoginAt + walkFrom + afterNeverLogin + ` order by ` + byLastLoginAt + walkLimit
)

// The page without a filter, in each order.
const (
	allWhere       = `(select true as matches, false as is_end, ` + listedColumns + ` from users where ` + mayList + ` and `
	allByCreatedAt = allWhere + afterCreatedAt + ` order by ` + byCreatedAt + ` limit ` + maxPage + `)`
	allByUsername  = allWhere + afterUsername + ` order by ` + byUsername + ` limit ` + maxPage + `)`
	allByLastLogin = allWhere + afterLastLoginAt + ` order by ` + byLastLoginAt + ` limit ` + maxPage + `)
	union all ` + allWhere + afterNeverLogin + ` order by ` + byLastLoginAt + ` limit ` + maxPage + `)`
)

// How many accounts there are: counted where they are few, and otherwise what the
// last ANALYZE has counted. A search is counted only where a way has found all.
const (
	totalOfAll = `case when @count::boolean and may_list then (
	select case when n <= 1000 then n else greatest(n, c.reltuples::bigint) end
	from (select count(*) as n from (select id from users order by id limit 1001) as few) as counted, pg_class c where c.oid = 'users'::regclass) end`
	totalOfSearch = `case when @count::boolean and may_list and ` + allFoundByEither + ` then (select count(*) from candidates where ` + listFilter + `) end`
)

const listSearch = listSelect + totalOfSearch + listFrom

const (
	sqlListByCreatedAt   statement = listBegin + listSelect + totalOfAll + listFrom + allByCreatedAt + listEnd + byCreatedAt + listLimit
	sqlListByUsername    statement = listBegin + listSelect + totalOfAll + listFrom + allByUsername + listEnd + byUsername + listLimit
	sqlListByLastLoginAt statement = listBegin + listSelect + totalOfAll + listFrom + allByLastLogin + listEnd + byLastLoginAt + listLimit

	sqlFilterByCreatedAt   statement = listBegin + searchByFilter + listSearch + searchedByCreatedAt + listEnd + byCreatedAt + listLimit
	sqlFilterByUsername    statement = listBegin + searchByFilter + listSearch + searchedByUsername + listEnd + byUsername + listLimit
	sqlFilterByLastLoginAt statement = listBegin + searchByFilter + listSearch + searchedByLastLoginAt + listEnd + byLastLoginAt + listLimit

	sqlPrefixByCreatedAt   statement = listBegin + searchByPrefix + listSearch + searchedByCreatedAt + listEnd + byCreatedAt + listLimit
	sqlPrefixByUsername    statement = listBegin + searchByPrefix + listSearch + searchedByUsername + listEnd + byUsername + listLimit
	sqlPrefixByLastLoginAt statement = listBegin + searchByPrefix + listSearch + searchedByLastLoginAt + listEnd + byLastLoginAt + listLimit

	sqlBothByCreatedAt   statement = listBegin + searchByBoth + listSearch + searchedByCreatedAt + listEnd + byCreatedAt + listLimit
	sqlBothByUsername    statement = listBegin + searchByBoth + listSearch + searchedByUsername + listEnd + byUsername + listLimit
	sqlBothByLastLoginAt statement = listBegin + searchByBoth + listSearch + searchedByLastLoginAt + listEnd + byLastLoginAt + listLimit
)

// One account, by what names it.
const (
	lookUpSelect = listSelect + `null::bigint` + listFrom + `select true as matches, false as is_end, ` + listedColumns + `
	from users where ` + mayList + ` and `
	lookUpEnd = listEnd + `id`

	sqlLookUpUsername statement = listBegin + lookUpSelect + `username = @username` + lookUpEnd
	sqlLookUpEmail    statement = listBegin + lookUpSelect + `lower(email) = lower(@email collate "C")` + lookUpEnd
	sqlLookUpUUID     statement = listBegin + lookUpSelect + `uuid = @uuid` + lookUpEnd
	sqlLookUpID       statement = listBegin + lookUpSelect + `id = @id` + lookUpEnd
)
