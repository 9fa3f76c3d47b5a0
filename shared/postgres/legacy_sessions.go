package postgres

import (
	"context"
	"crypto/rand"
	"time"

	"roster/shared/directory"
	"roster/shared/request"
)

// A legacy session is the session of access tokens that another service issued.
// Its generation is 0, which no refresh token has, and its hash is random, so it
// cannot be renewed. Everything else that ends a session ends it. So does what
// ends access tokens and keeps sessions, such as a demotion: it increments
// token_version, and a legacy session begins at 1.
const sqlCallerOfLegacyToken statement = `
select u.uuid, s.id, u.token_version from users u join sessions s on ` + sessionIsAlive + `
where u.id = @id and u.username = @username and u.active and u.token_version = 1 and s.generation = 0
order by s.ends_at desc limit 1`

// CallerOfLegacyToken returns the account with that id and that canonical
// username as a caller, in its legacy session, or false if it has none.
func (db *DB) CallerOfLegacyToken(ctx context.Context, id int64, username string) (c request.Caller, found bool, err error) {
	found, err = db.queryRow(ctx, query{"find the session of a legacy token", sqlCallerOfLegacyToken, named{
		{"id", id}, {"username", username},
	}}, &c.UUID, &c.Session, &c.TokenVersion)
	return c, found, err
}

// A session that somebody has ended must not begin again. So the account must be as it
// was imported, and the audit log must have neither an end of one of its sessions nor a
// deletion. (An account that was deleted and imported again has the same UUID.)
const sqlOpenLegacySessions statement = `
with opened_sessions as (
	insert into sessions (id, user_id, version, generation, hash, method, device_name, user_agent, address,
		created_at, last_used_at, idle_ends_at, ends_at)
	select gen_random_uuid(), u.id, u.token_version, 0, @hash, 'pwd', @device_name, '', '', @now, @now, @until, @until
	from unnest(@ids::bigint[], @usernames::text[], @hashes::text[]) as g (id, username, password_hash)
	join users u on u.id = g.id and u.username = g.username and u.password_hash = g.password_hash
	where u.active and u.token_version = 1 and u.last_login_at is null and u.password_changed_at is null
		and not exists (select from sessions s where s.user_id = u.id)
		and not exists (select from audit a where a.target = u.uuid and a.actions && '{logout,session_ended,delete}')
	returning 1
)
select count(*) from opened_sessions`

// legacyDevice is what the owner sees in the list of sessions.
const legacyDevice = "The service before Roster"

// OpenLegacySessions begins a legacy session for each account that is as it was
// imported. See directory.LegacySessions.
func (db *DB) OpenLegacySessions(ctx context.Context, accounts []directory.LegacyAccount, now, until time.Time) (opened int, err error) {
	ids, usernames, hashes := make([]int64, len(accounts)), make([]string, len(accounts)), make([]string, len(accounts))
	for i, a := range accounts {
		ids[i], usernames[i], hashes[i] = a.ID, a.Username, a.PasswordHash
	}
	var unknown [32]byte // the hash of no refresh token
	_, _ = rand.Read(unknown[:])
	_, err = db.queryRow(ctx, query{"open legacy sessions", sqlOpenLegacySessions, named{
		{"ids", ids}, {"usernames", usernames}, {"hashes", hashes}, {"hash", unknown[:]}, {"device_name", legacyDevice}, {"now", now}, {"until", until},
	}}, &opened)
	return opened, err
}
