package postgres

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"roster/shared/audit"
	"roster/shared/request"
)

// chains is how many hash chains the audit log has. An entry locks the head of
// its chain until its statement is done, so with one chain every change would
// wait for every other.
const chains = 16

// auditCTE ends the CTEs of a statement. It writes an event to the audit log. Its
// arguments come from audited.
//
// The statement defines the CTE subject before it, with one column, uuid: the
// account that the event is about, such as
//
//	subject as (select uuid from updated_user)
//
// Without a row in subject nothing has happened, and nothing is written. With a
// null uuid the target of the event is the one that the event names itself. An event
// that names its target is stored as it is, because PostgreSQL takes longer to read
// and write JSON than for the rest.
//
// Each hash covers the event, its number and the hash before it, so that a row
// can be neither altered nor removed unseen (VerifyAudit).
const auditCTE = `, event_text as (
	select coalesce(uuid, @event_target::uuid) as target,
		case when uuid is null or uuid = @event_target::uuid then @event::text
			else (@event::text::jsonb || jsonb_build_object('target', uuid::text))::text end as body
	from subject
), chain_head as (
	insert into audit_heads as h (chain, seq, digest, hash)
	select @event_chain::smallint, 1, sha256(convert_to(body, 'UTF8')), sha256(int8send(1) || sha256(convert_to(body, 'UTF8')))
	from event_text
	on conflict (chain) do update set
		seq = h.seq + 1, digest = excluded.digest, hash = sha256(h.hash || int8send(h.seq + 1) || excluded.digest)
	returning chain, seq, hash
), audit_row as (
	insert into audit (chain, seq, at, actions, actor, target, event, hash)
	select chain, seq, @event_at::timestamptz, @event_actions::text[], @event_actor::uuid, target, body, hash
	from chain_head, event_text
)`

// audited adds an event to the arguments of a statement that ends with auditCTE.
func (db *DB) audited(e audit.Event, args named) named {
	body := newEventBody(e, randomChain())
	return append(args, named{
		{"event", db.eventText(body)},
		{"event_chain", body.Chain},
		{"event_at", body.At},
		{"event_actions", actionTexts(e)},
		{"event_actor", orNull(e.Actor)},
		{"event_target", orNull(e.Target)},
	}...)
}

// newEventBody returns an event for a chain, without a MAC.
func newEventBody(e audit.Event, chain int) eventBody {
	return eventBody{
		ID: rand.Text(), Chain: chain, At: e.At.UTC().Truncate(time.Microsecond), Actions: e.Actions, Actor: e.Actor, Target: e.Target,
		Address: request.AddressText(e.Client.Address), UserAgent: e.Client.UserAgent, RequestID: e.Client.RequestID, Detail: e.Detail,
	}
}

// eventText returns an event as it is stored, with its MAC if there is a key.
func (db *DB) eventText(body eventBody) string {
	if len(db.auditKey) > 0 {
		body.MAC = body.mac(db.auditKey)
	}
	text, err := json.Marshal(body)
	if err != nil { // cannot happen: it has texts and numbers
		panic(err)
	}
	return string(text)
}

func actionTexts(e audit.Event) []string {
	actions := make([]string, len(e.Actions))
	for i, a := range e.Actions {
		actions[i] = string(a)
	}
	return actions
}

// eventBody is an event as it is stored.
type eventBody struct {
	ID        string            `json:"id,omitempty"` // random, so that no entry can be there twice
	Chain     int               `json:"chain"`
	At        time.Time         `json:"at"`
	Actions   []audit.Action    `json:"actions"`
	Actor     string            `json:"actor,omitempty"`
	Target    string            `json:"target,omitempty"`
	Address   string            `json:"address,omitempty"`
	UserAgent string            `json:"user_agent,omitempty"`
	RequestID string            `json:"request_id,omitempty"`
	Detail    map[string]string `json:"detail,omitempty"`

	// Erased is the SHA-256 of the event as it was written, in hexadecimal, where
	// the rest of it has been erased. Trimmed marks the beginning of a chain whose
	// earlier rows were removed. See prune_audit.go.
	Erased  string `json:"erased,omitempty"`
	Trimmed bool   `json:"trimmed,omitempty"`

	// MAC is the HMAC-SHA-256 of the event as the function sent it, in
	// hexadecimal. Somebody who has only the database cannot compute it.
	MAC string `json:"mac,omitempty"`
}

func (b eventBody) mac(key []byte) string {
	b.MAC, b.Trimmed = "", false // which come later
	text, err := json.Marshal(b)
	if err != nil { // cannot happen: it has texts and numbers
		panic(err)
	}
	h := hmac.New(sha256.New, key)
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil))
}

// hasMAC reports whether the event is as a function sent it. Where the function
// did not know the target, the statement has filled it in, and the MAC does not
// cover it.
func (b eventBody) hasMAC(key []byte) bool {
	withoutTarget := b
	withoutTarget.Target = ""
	return hmac.Equal([]byte(b.MAC), []byte(b.mac(key))) || hmac.Equal([]byte(b.MAC), []byte(withoutTarget.mac(key)))
}

// randomChain spreads the rows evenly.
func randomChain() int {
	var b [1]byte
	rand.Read(b[:])
	return int(b[0]) % chains
}

const sqlRecord statement = `
with subject as (select null::uuid as uuid)` + auditCTE + `
select from chain_head`

// Record writes an event that belongs to no change, such as a failed login.
func (db *DB) Record(ctx context.Context, e audit.Event) error {
	return db.exec(ctx, query{"record an event", sqlRecord, db.audited(e, nil)})
}
