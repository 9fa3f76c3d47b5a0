package directory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"roster/shared/audit"
	"roster/shared/fault"
)

// Importer stores accounts in bulk.
type Importer interface {
	// ImportBatch runs f in one transaction, which an error of f rolls back. It may
	// run f again if another transaction got in its way. Durable waits until the
	// transaction is on disk, and with it all before.
	ImportBatch(ctx context.Context, durable bool, f func(ImportTx) error) error
}

// ImportTx is the transaction of one batch. The accounts of a call differ in
// every key: id, UUID, username and e-mail.
type ImportTx interface {
	// CreateAccounts stores the accounts whose keys are all free, in one statement.
	// It returns the id of each, 0 if it was not stored. An id that an account has
	// is kept, and the database goes on counting after the highest. With allNew it
	// does not look what is taken first, and returns ErrTaken if anything is.
	CreateAccounts(ctx context.Context, accounts []Account, allNew bool) (ids []int64, err error)
	// AccountsWithKeys returns each account that has a key of one of these.
	AccountsWithKeys(ctx context.Context, accounts []Account) ([]Account, error)
	// LockAccounts locks accounts and returns them as they are now; with admins it
	// locks and returns every active ADMIN as well.
	LockAccounts(ctx context.Context, uuids []string, admins bool) ([]Account, error)
	// ActiveAdmins returns the UUIDs of the active ADMINs, and locks nothing.
	ActiveAdmins(ctx context.Context) (uuids []string, err error)
	// UpdateAccounts writes accounts that are locked, by their UUIDs.
	UpdateAccounts(ctx context.Context, accounts []Account) error
	RecordEvent(ctx context.Context, e audit.Event) error
	LogWriter
}

// ErrTaken means that a change of the same moment has taken a key, or that the
// database refuses a value. The batch is then stored row by row.
var ErrTaken = errors.New("the database refuses a row of the batch")

// Policy says what happens to a row whose account exists and differs from it.
type Policy string

// The policies.
const (
	PolicySkip   Policy = "skip"   // the account stays as it is
	PolicyUpdate Policy = "update" // the account gets the row's values
	PolicyFail   Policy = "fail"   // the import ends; so it does at a row that another account is in the way of
)

// ImportParts are the dependencies of Import, besides the store.
type ImportParts struct {
	Rules   Rules
	Hashes  PasswordHashes
	NewUUID func() string
}

// Options of an import. The zero value skips accounts that differ.
type Options struct {
	Policy Policy // "" is PolicySkip
	DryRun bool   // reads and reports, and writes nothing
	Now    time.Time
	// Refused is told of each refused row, and Progress of each batch.
	Refused  func(Refusal)
	Progress func(Report)
	// Stop is asked after each batch whether to end the run.
	Stop      func() bool
	BatchSize int // rows in a transaction; 0 is 500
}

// batchSize is how many rows one transaction stores.
const batchSize = 500

// Import stores the accounts of a source, in batches of 500, each in one
// transaction. The same source may be imported again: a row whose account is as
// the row says changes nothing. So after a run that was killed, run it again: the
// accounts are then those of one run.
//
// A row is refused, and reported with every bad member, when its values break the
// rules, or when another account has its username, e-mail address, UUID or id. The
// rows after it are imported, except that PolicyFail ends the import at a row that
// another account is in the way of.
//
// An account is found by the row's UUID; by the username if the row has none. With an
// error, the report is about the rows before it.
func Import(ctx context.Context, db Importer, parts ImportParts, rows Source, o Options) (Report, error) {
	if o.Policy == "" {
		o.Policy = PolicySkip
	}
	if o.BatchSize == 0 {
		o.BatchSize = batchSize
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	i := &importing{db: db, parts: parts, options: o, report: Report{Refusals: []Refusal{}, DryRun: o.DryRun}, touched: idSet{}, seen: newKeySet(), seenIDs: idSet{}}
	err := i.run(ctx, checked(ctx, parts, o.BatchSize, rows))
	return i.report, err
}

// Check names a bad option.
func (o Options) Check() fault.Fields {
	bad := fault.Fields{}
	bad.Add("policy", oneOf(string(o.Policy), string(PolicySkip), string(PolicyUpdate), string(PolicyFail)))
	return bad
}

// importing is a run of Import.
type importing struct {
	db      Importer
	parts   ImportParts
	options Options
	report  Report
	refused []Refusal // of the present batch

	touched idSet  // accounts that a row of this run was about
	seen    keySet // keys of accounts that a dry run would create
	seenIDs idSet  // and their ids

	admins map[string]bool // a dry run: the UUIDs of the active ADMINs that it leaves, once asked for

	durable  bool // the present batch must be on disk
	allNew   bool // the last batch had only new accounts, so the next one may have, too
	skipsLog bool // the database has an audit log of its own
}

// run stores one batch after the other. The next ones are read meanwhile.
func (i *importing) run(ctx context.Context, batches <-chan batch) error {
	for b := range batches {
		if b.err != nil {
			return b.err
		}
		// A crash of the server may lose batches that are not on disk yet, and the
		// import is then run again. A run that can be stopped waits for each batch,
		// because the next run begins after it.
		i.durable = b.next == 0 || i.options.Stop != nil
		if err := i.store(ctx, b); err != nil {
			return err
		}
		if i.options.Progress != nil {
			i.options.Progress(i.report)
		}
		if i.options.Stop != nil && i.options.Stop() && b.next > 0 {
			i.report.Next = b.next
			return nil
		}
	}
	return ctx.Err()
}

func (i *importing) store(ctx context.Context, b batch) error {
	defer i.reportRefused()
	i.report.Rows += b.rows
	for _, r := range b.refused {
		i.refuse(r)
	}
	if err := i.storeLog(ctx, b.log); err != nil {
		return err
	}
	return i.storeAccounts(ctx, b.candidates)
}

// storeAccounts stores candidates in one transaction. If the outcome of a row
// depends on another one's, it stores each on its own, so that a batch never
// means anything else than its rows one after the other.
func (i *importing) storeAccounts(ctx context.Context, candidates []candidate) error {
	if len(candidates) == 0 {
		return nil
	}
	a := newAttempt(i, candidates)
	err := i.db.ImportBatch(ctx, i.durable, func(tx ImportTx) error {
		a = newAttempt(i, candidates)
		return a.run(ctx, tx)
	})
	if a.allNew && errors.Is(err, ErrTaken) {
		i.allNew = false
		return i.storeAccounts(ctx, candidates)
	}
	if isOne := len(candidates) == 1; err != nil && (errors.Is(err, ErrTaken) || errors.Is(err, errOneByOne)) {
		if isOne {
			return i.refusedByDatabase(candidates[0], err)
		}
		for n := range candidates {
			if err := i.storeAccounts(ctx, candidates[n:n+1]); err != nil {
				return err
			}
		}
		return nil
	}
	if err != nil {
		return err
	}
	i.allNew = len(a.created) == len(candidates) && !i.options.DryRun
	i.count(a)
	return nil
}

func (i *importing) refusedByDatabase(c candidate, cause error) error {
	r := Refusal{Row: c.number, Username: c.record.Username, Fields: fault.Fields{"row": cause.Error()}}
	if i.options.Policy == PolicyFail {
		return r.stop()
	}
	i.refuse(r)
	return nil
}

// stop is the error that ends an import whose policy is PolicyFail.
func (r Refusal) stop() error {
	return &fault.Error{Code: fault.Conflict, Message: fmt.Sprintf("Row %d stops the import.", r.Row), Fields: r.Fields}
}
