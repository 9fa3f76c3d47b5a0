package flask

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/shared/directory"
)

// pageSize is how many accounts one statement reads.
const pageSize = 5000

// Accounts returns the accounts in the order of their ids. The number of a row is
// the account's id.
//
// An account without a role is a USER, as the service treated it. One whose
// active is null is not active: the service refused its logins. Times are UTC. The
// service did not record when a password was set, so nothing says so here.
func (d *Database) Accounts(ctx context.Context) directory.Source {
	return func(yield func(directory.Row, error) bool) {
		err := d.read(ctx, func(tx pgx.Tx) error {
			twins, err := d.findTwins(ctx, tx)
			if err != nil {
				return err
			}
			return d.eachAccount(ctx, tx, func(a account) bool { return yield(d.row(a, twins), nil) })
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(directory.Row{}, err)
		}
	}
}

// errStopped ends the transaction when nobody wants more rows.
var errStopped = errors.New("no more rows are wanted")

// account is a row of the table "user".
type account struct {
	id                                  int64
	username, firstName, lastName, hash string
	email, role                         string
	created, updated                    *time.Time
	active                              bool
}

// An infinite time, which PostgreSQL allows, is none.
const sqlAccounts = `
select id, coalesce(username, ''), coalesce(first_name, ''), coalesce(last_name, ''), coalesce(password_hash, ''), coalesce(email, ''),
	coalesce(role::text, 'USER'), case when isfinite(created_at) then created_at end, case when isfinite(updated_at) then updated_at end,
	coalesce(active, false)
from "user" where id > $1::bigint order by id limit $2`

func (d *Database) eachAccount(ctx context.Context, tx pgx.Tx, yield func(account) bool) error {
	for after := int64(-1 << 62); ; {
		rows, err := tx.Query(ctx, sqlAccounts, after, pageSize)
		if err != nil {
			return err
		}
		page, err := pgx.CollectRows(rows, scanAccount)
		if err != nil {
			return err
		}
		for _, a := range page {
			if !yield(a) {
				return errStopped
			}
			after = a.id
		}
		if len(page) < pageSize {
			return nil
		}
	}
}

func scanAccount(row pgx.CollectableRow) (a account, err error) {
	err = row.Scan(&a.id, &a.username, &a.firstName, &a.lastName, &a.hash, &a.email, &a.role, &a.created, &a.updated, &a.active)
	return a, err
}

const twinReason = "is that of the account with id %d but for upper and lower case"

func (d *Database) row(a account, twins map[int64]twin) directory.Row {
	r := directory.Record{
		ID: &a.id, UUID: uuidOf(a), Username: a.username, FirstName: a.firstName, LastName: a.lastName, Email: a.email,
		Role: a.role, Active: &a.active, PasswordHash: a.hash, CreatedAt: a.created, UpdatedAt: a.updated,
	}
	problems := map[string]string{}
	twin := twins[a.id]
	if name, renamed := d.renames[a.username]; renamed {
		r.Username = name
	} else if twin.ofName != 0 {
		problems["username"] = fmt.Sprintf(twinReason, twin.ofName)
	}
	if twin.ofEmail != 0 {
		problems["email"] = fmt.Sprintf(twinReason, twin.ofEmail)
	}
	return directory.Row{Number: int(a.id), Record: r, Problems: problems}
}

// uuidOf returns a UUID (RFC 9562 §5.8) that is the same at each run, so that an
// account is found again after either side has renamed it.
func uuidOf(a account) string {
	var created int64
	if a.created != nil {
		created = a.created.UnixMicro()
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "an account of the Flask service, %d, %d", a.id, created))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// twin is an account whose username or e-mail address differs only in case from that of
// an account with a lower id. The account with the lower id keeps it.
type twin struct{ ofName, ofEmail int64 } // ids, 0 for none

const sqlTwins = `
with folded as (
	select id, case when username = any ($1) then '' else lower(btrim(username)) end as name, lower(btrim(email)) as address from "user"
), first_ids as (
	select id, min(id) over (partition by name) as of_name, min(id) over (partition by address) as of_address, name, address from folded
)
select id, case when name <> '' and of_name < id then of_name else 0 end, case when address <> '' and of_address < id then of_address else 0 end
from first_ids where name <> '' and of_name < id or address <> '' and of_address < id`

// findTwins leaves out usernames that are renamed.
func (d *Database) findTwins(ctx context.Context, tx pgx.Tx) (map[int64]twin, error) {
	rows, err := tx.Query(ctx, sqlTwins, slices.AppendSeq([]string{}, maps.Keys(d.renames)))
	if err != nil {
		return nil, err
	}
	twins := map[int64]twin{}
	var id int64
	var t twin
	_, err = pgx.ForEachRow(rows, []any{&id, &t.ofName, &t.ofEmail}, func() error {
		twins[id] = t
		return nil
	})
	return twins, err
}
