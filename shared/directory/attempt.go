package directory

import (
	"context"
	"errors"
	"strings"

	"roster/shared/fault"
)

// errOneByOne means that the rows of a batch depend on each other.
var errOneByOne = errors.New("changed by another request at the same moment; run the import again")

// attempt is one try to store a batch. Its results count only if the transaction
// commits.
type attempt struct {
	*importing
	candidates []candidate

	created, unchanged, skipped []Account
	updated                     []change
	refused                     []Refusal
	new                         []Record // that a dry run would create
	taken                       idSet    // accounts that a row of this batch is about

	conflicts, renames int // rows that another account blocks; rows that change a username or e-mail address
}

// change is an account before and after its update.
type change struct {
	candidate
	before, after Account
}

func (c change) isRename() bool {
	return c.before.Username != c.after.Username || !strings.EqualFold(c.before.Email, c.after.Email)
}

func (c change) removesAdmin() bool { return c.before.isActiveAdmin() && !c.after.isActiveAdmin() }

// unproven refuses a row that has neither a UUID nor an id, and that would give somebody
// the rights of an ADMIN, or an ADMIN's account. A username does not prove whose account
// it is: anybody may have registered it, here or in the system that the file is from.
func (c change) unproven() fault.Fields {
	bad := fault.Fields{}
	before, after := c.before, c.after
	becomes := before.Role != roleAdmin && after.Role == roleAdmin
	isTaken := before.Role == roleAdmin && (before.Email != after.Email || before.PasswordHash != after.PasswordHash)
	if c.record.UUID == "" && c.record.ID == nil && (becomes || isTaken) {
		bad.Add("uuid", "must be given, or id, in a row that makes an account an ADMIN, or changes an ADMIN's e-mail address or password")
	}
	return bad
}

func newAttempt(i *importing, candidates []candidate) *attempt {
	return &attempt{importing: i, candidates: candidates, taken: idSet{}}
}

func (a *attempt) run(ctx context.Context, tx ImportTx) error {
	accounts := make([]Account, len(a.candidates))
	for n, c := range a.candidates {
		accounts[n] = c.create(a.parts.NewUUID(), a.options.Now)
	}
	left, accounts, err := a.create(ctx, tx, accounts)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		found, err := tx.AccountsWithKeys(ctx, accounts)
		if err != nil {
			return err
		}
		existing := indexOf(found)
		for n, c := range left {
			if err := a.compare(c, accounts[n], existing); err != nil {
				return err
			}
		}
	}
	if a.conflicts > 0 && a.renames > 0 && len(a.candidates) > 1 {
		return errOneByOne
	}
	if err := a.update(ctx, tx); err != nil {
		return err
	}
	if a.options.DryRun {
		return nil
	}
	return a.record(ctx, tx)
}

// create stores the accounts that are new, and returns the others. A dry run
// stores none.
func (a *attempt) create(ctx context.Context, tx ImportTx, accounts []Account) (left []candidate, rest []Account, err error) {
	if a.options.DryRun {
		return a.candidates, accounts, nil
	}
	ids, err := tx.CreateAccounts(ctx, accounts, a.allNew)
	if err != nil {
		return nil, nil, err
	}
	a.created = make([]Account, 0, len(accounts))
	for n, id := range ids {
		if id == 0 {
			left, rest = append(left, a.candidates[n]), append(rest, accounts[n])
			continue
		}
		accounts[n].ID = id
		a.taken.add(id)
		a.created = append(a.created, accounts[n])
	}
	return left, rest, nil
}

// compare decides what happens to a row that was not stored as a new account.
func (a *attempt) compare(c candidate, created Account, existing index) error {
	stored := existing.account(c.record)
	if stored == nil {
		return a.compareNew(c, created, existing)
	}
	if a.touched.has(stored.ID) || a.taken.has(stored.ID) {
		if a.taken.has(stored.ID) { // the earlier row may give up the username
			a.conflicts++
		}
		return a.conflict(c, fault.Fields{"row": "is about the same account as an earlier row"})
	}
	next, differs := c.update(*stored, a.options.Now)
	change := change{c, *stored, next}
	if change.isRename() {
		a.renames++
	}
	bad := a.inTheWay(c.record, stored, existing)
	if differs && a.options.Policy == PolicyUpdate {
		bad.Merge(change.unproven())
	}
	if len(bad) > 0 {
		return a.conflict(c, bad)
	}
	a.taken.add(stored.ID)
	switch {
	case !differs:
		a.unchanged = append(a.unchanged, *stored)
	case a.options.Policy == PolicySkip:
		a.skipped = append(a.skipped, *stored)
	case a.options.Policy == PolicyFail:
		return Refusal{Row: c.number, Fields: fault.Fields{"username": "belongs to an account that differs from the row"}}.stop()
	default:
		a.updated = append(a.updated, change)
	}
	return nil
}

// compareNew decides about a row whose account does not exist.
func (a *attempt) compareNew(c candidate, created Account, existing index) error {
	if bad := a.inTheWay(c.record, nil, existing); len(bad) > 0 {
		return a.conflict(c, bad)
	}
	if !a.options.DryRun { // the account that was in the way has just been deleted
		return errOneByOne
	}
	a.created = append(a.created, created)
	a.new = append(a.new, c.record)
	return nil
}

// inTheWay names the keys of the row that another account has. stored is the row's
// own account, nil if it is new.
func (a *attempt) inTheWay(r Record, stored *Account, existing index) fault.Fields {
	bad := fault.Fields{}
	isOther := func(other *Account) bool { return other != nil && (stored == nil || other.ID != stored.ID) }
	const taken, twice = "belongs to another account", "is another row's"
	if isOther(existing.byUsername[r.Username]) {
		bad.Add("username", taken)
	}
	email := lower(r.Email)
	if isOther(existing.byEmail[email]) {
		bad.Add("email", taken)
	}
	switch {
	case r.ID == nil:
	case stored != nil && stored.ID != *r.ID:
		bad.Add("id", "is not that of the account, whose id never changes")
	case isOther(existing.byID[*r.ID]):
		bad.Add("id", taken)
	}
	if a.seen.has(r.Username) {
		bad.Add("username", twice)
	}
	if a.seen.has(email) {
		bad.Add("email", twice)
	}
	if stored == nil && r.UUID != "" && a.seen.has(r.UUID) {
		bad.Add("uuid", twice)
	}
	if stored == nil && r.ID != nil && a.seenIDs.has(*r.ID) {
		bad.Add("id", twice)
	}
	return bad
}

// conflict refuses a row that another account blocks, or ends the import if the policy
// says so.
func (a *attempt) conflict(c candidate, bad fault.Fields) error {
	a.conflicts++
	r := Refusal{Row: c.number, Username: c.record.Username, Fields: bad}
	if a.options.Policy == PolicyFail {
		return r.stop()
	}
	a.refused = append(a.refused, r)
	return nil
}

// index finds accounts by each of their keys.
type index struct {
	byUUID, byUsername, byEmail map[string]*Account
	byID                        map[int64]*Account
}

func indexOf(accounts []Account) index {
	x := index{map[string]*Account{}, map[string]*Account{}, map[string]*Account{}, map[int64]*Account{}}
	for n := range accounts {
		a := &accounts[n]
		x.byUUID[a.UUID], x.byUsername[a.Username], x.byEmail[lower(a.Email)], x.byID[a.ID] = a, a, a, a
	}
	return x
}

// account returns the account that a row is about, or nil.
func (x index) account(r Record) *Account {
	if r.UUID != "" {
		return x.byUUID[r.UUID]
	}
	return x.byUsername[r.Username]
}
