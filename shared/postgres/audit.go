package postgres

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"time"

	"roster/shared/audit"

	"github.com/jackc/pgx/v5"
)

// chains is how many hash chains the audit log has. A row locks the head of its
// chain until its statement is done, so one chain would be a queue for all.
const chains = 16

// auditCTE ends the list of a statement's CTEs: it writes the event $1 for the
// account that the CTE about has found, once, or not at all where about is
// empty. Each row's hash covers the event, its number and the hash before, so
// that a row can be neither altered nor taken out unseen (VerifyAudit).
const auditCTE = `, event as (
	select coalesce(uuid, ($1::jsonb ->> 'target')::uuid) as target,
		($1::jsonb || jsonb_build_object('target', coalesce(uuid::text, $1::jsonb ->> 'target')))::text as body
	from about
), chained as (
	insert into audit_heads as h (chain, seq, digest, hash)
	select ($1::jsonb ->> 'chain')::smallint, 1, sha256(convert_to(body, 'UTF8')), sha256(int8send(1) || sha256(convert_to(body, 'UTF8')))
	from event
	on conflict (chain) do update set
		seq = h.seq + 1, digest = excluded.digest, hash = sha256(h.hash || int8send(h.seq + 1) || excluded.digest)
	returning chain, seq, hash
), audited as (
	insert into audit (chain, seq, at, actions, actor, target, event, hash)
	select chain, seq, ($1::jsonb ->> 'at')::timestamptz, array (select jsonb_array_elements_text($1::jsonb -> 'actions')),
		($1::jsonb ->> 'actor')::uuid, target, body, hash
	from chained, event
)`

// eventBody is an event as it is stored.
type eventBody struct {
	Chain     int               `json:"chain"`
	At        time.Time         `json:"at"`
	Actions   []audit.Action    `json:"actions"`
	Actor     string            `json:"actor,omitempty"`
	Target    string            `json:"target,omitempty"`
	Address   string            `json:"address,omitempty"`
	UserAgent string            `json:"user_agent,omitempty"`
	RequestID string            `json:"request_id,omitempty"`
	Detail    map[string]string `json:"detail,omitempty"`
}

// anyChain spreads the rows evenly.
func anyChain() int {
	var b [1]byte
	rand.Read(b[:])
	return int(b[0]) % chains
}

// eventArg is the parameter of auditCTE.
func eventArg(e audit.Event) (string, error) {
	body := eventBody{
		Chain: anyChain(), At: e.At.UTC().Truncate(time.Microsecond), Actions: e.Actions, Actor: e.Actor, Target: e.Target,
		UserAgent: e.From.UserAgent, RequestID: e.From.RequestID, Detail: e.Detail,
	}
	if e.From.Address.IsValid() {
		body.Address = e.From.Address.String()
	}
	b, err := json.Marshal(body)
	return string(b), err
}

const sqlAuditAlone = `
with about as (select null::uuid as uuid)` + auditCTE + `
select chain from chained`

// Audit writes an event that goes with no change, such as a failed login.
func (db *DB) Record(ctx context.Context, e audit.Event) error {
	var chain int
	_, err := db.audited(ctx, "audit", e, func(row pgx.Row) error { return row.Scan(&chain) }, sqlAuditAlone)
	return err
}

// audited is query for a statement that ends with auditCTE.
func (db *DB) audited(ctx context.Context, what string, e audit.Event, scan func(pgx.Row) error, sql string, args ...any) (found bool, err error) {
	event, err := eventArg(e)
	if err != nil {
		return false, err
	}
	return db.query(ctx, what, scan, sql, append([]any{event}, args...)...)
}
